"""Who signed and deployed what: from a real job to a real deployment."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealgate.errors import Invalid
from sealgate.services.audit.job_events import STATUS_CHANGE
from sealgate.services.audit.notes import Notes, Publication, note_judgement, note_resource, taking_notes
from sealgate.services.audit.who import Deed, Subjects, find_deeds, subjects_of, subjects_of_package
from sealgate.store.audit_chain import list_events_after
from sealgate.store.jobs import Job
from tests.support.audit import TrailHouse, a_call, a_judgement, an_artifact
from tests.support.signer import SCOPE
from tests.support.signing import SigningHouse

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:app"
PROFILE = "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/app"
JOB_ID = "11111111-2222-4333-8444-555555555555"
JOB = f"arn:aws:signer:eu-west-1:111122223333:/signing-jobs/{JOB_ID}"
SHA256 = "ab" * 32
JUDGED = a_judgement()


def deeds(trail: TrailHouse, subjects: Subjects) -> list[str]:
    return [each.what for each in find_deeds(trail.db, subjects)]


def asked(question: str) -> Subjects:
    return subjects_of(question, account=SCOPE.account, region=SCOPE.region)


@pytest.fixture
def told(trail: TrailHouse) -> TrailHouse:
    """A signing and a refused deployment, among other things."""
    notes = Notes(resources=[JOB])
    trail.add(
        a_call(event_name="StartSigningJob", read_only=False, resources=(PROFILE, *notes.resources)),
        a_call(event_name="GetSigningProfile"),
        a_call(event_name="PutSigningProfile", read_only=False, resources=(f"{PROFILE}lication",)),
        a_call(
            event_name="UpdateFunctionCode20150331v2",
            read_only=False,
            error_code="CodeVerificationFailedException",
            resources=(FUNCTION,),
            sealgate=Notes(judgement=JUDGED).sealgate(),
        ),
    )
    return trail


SIGNING, DEPLOYING = "StartSigningJob", "UpdateFunctionCode20150331v2"


@pytest.mark.parametrize("question", [JOB_ID, JOB, "app", PROFILE])
def test_a_job_and_a_profile_tell_of_signing_and_deploying(told: TrailHouse, question: str) -> None:
    assert deeds(told, asked(question)) == [SIGNING, DEPLOYING]


def test_a_function_and_a_package_tell_of_deploying(told: TrailHouse) -> None:
    assert deeds(told, asked(FUNCTION)) == [DEPLOYING]
    assert deeds(told, subjects_of_package(SHA256, None)) == [DEPLOYING]
    assert deeds(told, subjects_of_package("cd" * 32, None)) == []
    assert deeds(told, subjects_of_package("cd" * 32, JOB)) == [SIGNING, DEPLOYING]


LAYER = "arn:aws:lambda:eu-west-1:111122223333:layer:library"
LAYER_SHA256 = "cd" * 32


@pytest.fixture
def layered(trail: TrailHouse) -> TrailHouse:
    """A layer that was published, and a function that took it."""
    publication = Publication(
        layer_version_arn=f"{LAYER}:1", package_sha256=LAYER_SHA256, profile_version_arn=None, job_arn=None
    )
    artifact = an_artifact(layer_version_arn=f"{LAYER}:1", package_sha256=LAYER_SHA256, job_arn=None)
    judged = Notes(judgement=a_judgement(artifact)).sealgate()
    trail.add(
        a_call(
            event_name="PublishLayerVersion20181031",
            read_only=False,
            resources=(LAYER,),
            sealgate=Notes(publication=publication).sealgate(),
        ),
        a_call(event_name="PublishLayerVersion20181031", read_only=False, resources=(f"{LAYER}-other",)),
        a_call(event_name=CONFIGURING, read_only=False, resources=(FUNCTION,), sealgate=judged),
    )
    return trail


CONFIGURING = "UpdateFunctionConfiguration20150331v2"


@pytest.mark.parametrize("question", ["library", LAYER])
def test_a_layer_tells_who_published_it_and_which_functions_took_it(layered: TrailHouse, question: str) -> None:
    published, taken = find_deeds(layered.db, asked(question))
    assert (published.what, taken.what) == ("PublishLayerVersion20181031", CONFIGURING)
    assert published.details["layer"] == f"{LAYER}:1"
    assert published.details["package"] == LAYER_SHA256
    assert taken.details["function"] == FUNCTION
    assert taken.checks == (("publisher", "failed", f"{LAYER}:1: another one"),)


def test_a_layer_version_and_its_package_tell_the_same(layered: TrailHouse) -> None:
    both = ["PublishLayerVersion20181031", CONFIGURING]
    assert deeds(layered, asked(f"{LAYER}:1")) == deeds(layered, subjects_of_package(LAYER_SHA256, None)) == both
    assert deeds(layered, asked(FUNCTION)) == [CONFIGURING]


def test_an_answer_says_who_when_from_where_and_why(told: TrailHouse) -> None:
    (deed,) = find_deeds(told.db, asked(FUNCTION))
    assert deed == Deed(
        when="2026-11-24T09:25:49Z",
        what=DEPLOYING,
        who=SCOPE.caller_arn,
        where="192.0.2.7",
        outcome="CodeVerificationFailedException",
        details={
            "package": SHA256,
            "function": FUNCTION,
            "config": "arn:config",
            "verdict": "DENY",
            "signed by": f"{PROFILE}/AbCdEf0123",
            "in job": JOB,
        },
        checks=(("publisher", "failed", "another one"),),
        event_id=deed.event_id,
    )


@pytest.mark.parametrize("question", ["", "no/such/file.zip", "arn:nonsense", "x" * 141])
def test_what_names_nothing_is_refused(question: str) -> None:
    with pytest.raises(Invalid):
        asked(question)


def test_notes_are_taken_around_a_call_and_only_there() -> None:
    note_resource("arn:lost")
    note_judgement(JUDGED)
    with taking_notes() as notes:
        assert notes == Notes()
        note_resource(JOB)
        note_judgement(JUDGED)
    note_resource("arn:lost")
    assert notes == Notes(resources=[JOB], judgement=JUDGED)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SigningHouse]:
    house = SigningHouse(tmp_path)
    yield house
    house.close()


def statuses(house: SigningHouse, job: Job) -> list[str]:
    found = find_deeds(house.db, Subjects(names=(job.arn,)))
    assert {each.what for each in found} == {STATUS_CHANGE}
    return [each.outcome for each in found]


def test_a_job_that_succeeds_leaves_its_two_status_changes(house: SigningHouse) -> None:
    assert statuses(house, house.sign()) == ["InProgress", "Succeeded"]


def test_a_job_that_fails_leaves_its_two_status_changes(house: SigningHouse) -> None:
    assert statuses(house, house.sign(b"no archive")) == ["InProgress", "Failed"]


def test_a_status_change_has_the_shape_of_eventbridge(house: SigningHouse) -> None:
    job = house.sign()
    with house.db.read() as tx:
        *_, (_, text) = list_events_after(tx, 0, limit=100)
    said = json.loads(text)
    assert said == {
        "version": "0",
        "id": said["id"],
        "detail-type": "Signer Job Status Change",
        "source": "aws.signer",
        "account": SCOPE.account,
        "time": "2026-11-24T09:25:49Z",
        "region": SCOPE.region,
        "resources": [job.arn],
        "detail": {
            "job_id": job.job_id,
            "source": {"bucketName": "packages", "key": "app.zip", "version": job.source_version},
            "destination": {"bucketName": "signed-packages", "key": f"out/{job.job_id}.zip"},
            "platform": "AWSLambda-SHA384-ECDSA",
            "status": "Succeeded",
        },
    }


def test_a_worker_is_woken_when_the_job_is_durable(house: SigningHouse) -> None:
    with house.db.unit():
        before = house.worker._bell.rings
        house.signing.start(SCOPE, house.ask())
        assert house.worker._bell.rings == before
    assert house.worker._bell.rings == before + 1


def test_starting_a_job_notes_it_for_the_event_of_the_call(house: SigningHouse) -> None:
    with taking_notes() as notes:
        job = house.signing.start(SCOPE, house.ask())
    assert notes.resources == [job.arn]

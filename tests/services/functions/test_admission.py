"""The table of facts: check by policy by outcome, with what is answered, stored and written down."""

import dataclasses
import hashlib
import json
import logging
import re
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from sealgate.arn import parse_arn
from sealgate.errors import SealgateError
from sealgate.package.rules import MAX_EXPANDED
from sealgate.services.functions.errors import (
    NotProperlySigned,
    PackageUnreadable,
    PublisherNotAccepted,
    UnzippedTooLarge,
)
from sealgate.services.functions.states import FunctionState
from sealgate.store.database import Tx
from sealgate.store.decisions import DecisionRecord
from sealgate.store.profiles import profiles
from tests.support import authority
from tests.support.authority import aws_recipe, trust
from tests.support.deployment import SCOPE, DeploymentHouse, Signed, zip_of
from tests.support.functions import a_scope

ELSEWHERE = a_scope(account="444455556666", region="us-east-1")
PUBLISHER_ELSEWHERE = "arn:aws:signer:us-east-1:444455556666:/signing-profiles/other/AAAAAAAAAA"
OTHER_PUBLISHER = "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/other/AAAAAAAAAA"
CHANGED = zip_of({"app.py": b"def handler(event, context):\n    return 'changed'\n"})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[DeploymentHouse]:
    house = DeploymentHouse(tmp_path)
    yield house
    house.close()


def signed(house: DeploymentHouse) -> bytes:
    return house.sign().data


def unsigned(_: DeploymentHouse) -> bytes:
    return CHANGED


def body_altered(house: DeploymentHouse) -> bytes:
    data = house.sign(zip_of(method=zipfile.ZIP_STORED)).data
    return data.replace(b"return event", b"return evenT")


def renamed(house: DeploymentHouse) -> bytes:
    return house.sign().data.replace(b"app.py", b"apq.py")


def cut_short(house: DeploymentHouse) -> bytes:
    return house.sign().data[:-1]


def last_bit_of_signature_flipped(house: DeploymentHouse) -> bytes:
    data = bytearray(house.sign().data)
    data[data.index(b"-----END PKCS7") - 8] ^= 1
    return bytes(data)


def by_another_publisher(house: DeploymentHouse) -> bytes:
    return house.sign(profile_version_arn=OTHER_PUBLISHER).data


def unvouched(house: DeploymentHouse) -> bytes:
    return house.sign(is_recorded=False).data


def vouched_with_another_time(house: DeploymentHouse) -> bytes:
    made = house.sign()
    house.clock.advance(seconds=1)
    house.sign()
    forged = house.sign(is_recorded=False, job_id=made.job.job_id)
    return forged.data


def expired(house: DeploymentHouse) -> bytes:
    data = house.sign().data
    house.clock.advance(days=1)
    return data


def job_revoked(house: DeploymentHouse) -> bytes:
    made = house.sign()
    house.revocation.revoke_signature(SCOPE, made.job.job_id, reason="withdrawn")
    return made.data


def profile_revoked_before(house: DeploymentHouse) -> bytes:
    data = house.sign().data
    house.revocation.revoke_profile(
        SCOPE, "app", version=house.profile.version, reason="lost", effective_from=house.clock() - timedelta(days=1)
    )
    return data


def profile_revoked_afterwards(house: DeploymentHouse) -> bytes:
    data = house.sign().data
    house.clock.advance(seconds=5)
    house.revocation.revoke_profile(
        SCOPE, "app", version=house.profile.version, reason="lost", effective_from=house.clock()
    )
    return data


def expired_and_revoked(house: DeploymentHouse) -> bytes:
    data = job_revoked(house)
    house.clock.advance(days=1)
    return data


Maker = Callable[[DeploymentHouse], bytes]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A package, the outcome, the first check that failed, and whether what is let in shows who signed it."""

    maker: Maker
    outcome: str
    kind: str | None
    shows: bool


# Package, outcome under Enforce and under Warn, first check that failed, whether its signature is shown where let in.
TABLE: list[tuple[Maker, str, str, str | None, bool]] = [
    (signed, "ALLOW", "ALLOW", None, True),
    (unsigned, "DENY", "WARN", "MISMATCH", False),
    (body_altered, "DENY", "DENY", "INTEGRITY", False),
    (renamed, "DENY", "DENY", "INTEGRITY", False),
    (cut_short, "DENY", "DENY", "INTEGRITY", False),
    (last_bit_of_signature_flipped, "DENY", "DENY", "INTEGRITY", False),
    (unvouched, "DENY", "DENY", "INTEGRITY", False),
    (vouched_with_another_time, "DENY", "DENY", "INTEGRITY", False),
    (by_another_publisher, "DENY", "WARN", "MISMATCH", True),
    (expired, "DENY", "WARN", "EXPIRED", True),
    (job_revoked, "DENY", "WARN", "REVOKED", True),
    (profile_revoked_before, "DENY", "WARN", "REVOKED", True),
    (profile_revoked_afterwards, "ALLOW", "ALLOW", None, True),
    (expired_and_revoked, "DENY", "WARN", "EXPIRED", True),
]
ROWS = [
    pytest.param(
        Row(maker=maker, outcome=outcome, kind=kind, shows=shows), policy, id=f"{maker.__name__} under {policy}"
    )
    for maker, enforce, warn, kind, shows in TABLE
    for policy, outcome in (("Enforce", enforce), ("Warn", warn))
]


def attempt(call: Callable[[], object]) -> SealgateError | None:
    try:
        call()
    except SealgateError as error:
        return error
    return None


def check_answer(error: SealgateError | None, row: Row, subject: str) -> None:
    if row.outcome != "DENY":
        assert error is None
        return
    assert isinstance(error, NotProperlySigned if row.kind == "INTEGRITY" else PublisherNotAccepted)
    assert error.message.endswith(f" Check the provided signature for {subject}.")


@pytest.mark.parametrize(("row", "policy"), ROWS)
def test_an_update_is_judged(house: DeploymentHouse, row: Row, policy: str) -> None:
    house.create(config_arn=house.make_config("Warn"))
    house.configs.attach(SCOPE, "app", house.make_config(policy))
    before = house.get()
    data = row.maker(house)
    check_answer(attempt(lambda: house.update(data)), row, before.arn)
    after = house.get()
    if row.outcome == "DENY":
        assert after == before
    else:
        assert after.code_sha256 == hashlib.sha256(data).hexdigest()
        assert (after.profile_version_arn is not None) is (after.job_arn is not None) is row.shows
    decision = house.decisions()[-1]
    assert (decision.operation, decision.outcome, decision.kind) == ("UpdateFunctionCode", row.outcome, row.kind)
    assert decision.package_sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(("row", "policy"), ROWS)
def test_a_creation_is_judged(house: DeploymentHouse, row: Row, policy: str) -> None:
    data = row.maker(house)
    error = attempt(lambda: house.create(data, config_arn=house.make_config(policy)))
    check_answer(error, row, "app")
    found = [each.function for each in house.functions.list_functions(SCOPE, marker=None, limit=None).items]
    assert len(found) == (row.outcome != "DENY")
    assert all((function.profile_version_arn is not None) is row.shows for function in found)
    assert house.decisions()[-1].outcome == row.outcome


@pytest.mark.parametrize(("row", "policy"), ROWS)
def test_a_dry_run_is_judged_and_stores_nothing(house: DeploymentHouse, row: Row, policy: str) -> None:
    house.create()
    house.configs.attach(SCOPE, "app", house.make_config(policy))
    before = house.get()
    data = row.maker(house)
    states: list[FunctionState] = []
    error = attempt(lambda: states.append(house.update(data, dry_run=True, revision_id="any")))
    check_answer(error, row, before.arn)
    assert house.get() == before
    assert not house.blobs.path(hashlib.sha256(data).hexdigest()).exists()
    assert house.decisions()[-1].dry_run
    for state in states:
        assert state.function.code_sha256 == hashlib.sha256(data).hexdigest()
        assert (state.function.job_arn is not None) is row.shows


def signed_elsewhere(house: DeploymentHouse) -> Signed:
    """Sign under a profile of another account and region of the same server."""
    return house.sign(account=ELSEWHERE.account, region=ELSEWHERE.region, profile_version_arn=PUBLISHER_ELSEWHERE)


def test_a_publisher_of_another_account_and_region_is_let_in_where_its_arn_is_allowed(house: DeploymentHouse) -> None:
    made = signed_elsewhere(house)
    function = house.create(made.data, config_arn=house.make_config("Enforce", PUBLISHER_ELSEWHERE)).function
    assert (function.profile_version_arn, function.job_arn) == (PUBLISHER_ELSEWHERE, made.job.arn)
    with pytest.raises(PublisherNotAccepted):
        house.create(made.data, name="strict", config_arn=house.make_config("Enforce"))


def test_a_revocation_holds_in_every_account_and_region(house: DeploymentHouse) -> None:
    made = signed_elsewhere(house)
    house.revocation.revoke_signature(ELSEWHERE, made.job.job_id, reason="withdrawn")
    with pytest.raises(PublisherNotAccepted):
        house.create(made.data, config_arn=house.make_config("Enforce", PUBLISHER_ELSEWHERE))
    assert house.decisions()[-1].kind == "REVOKED"


def test_without_a_config_a_signature_shows_and_a_broken_one_does_not(house: DeploymentHouse) -> None:
    made = house.sign()
    assert house.create(made.data).function.job_arn == made.job.arn
    house.update(renamed(house))
    assert (house.get().profile_version_arn, house.get().job_arn) == (None, None)
    assert [(each.outcome, each.config_arn) for each in house.decisions()] == [("ALLOW", None)] * 2


def test_a_config_matters_from_the_next_deployment_on(house: DeploymentHouse) -> None:
    house.create()
    config = house.make_config("Enforce", OTHER_PUBLISHER)
    house.configs.attach(SCOPE, "app", config)
    assert house.get().code_sha256
    with pytest.raises(PublisherNotAccepted):
        house.update(house.sign().data)
    house.configs.update(SCOPE, config, publishers=[house.profile.version_arn], policy=None, description=None)
    house.update(house.sign().data)
    house.configs.update(SCOPE, config, publishers=[OTHER_PUBLISHER], policy=None, description=None)
    assert house.get().job_arn is not None


@pytest.mark.parametrize("policy", [None, "Enforce", "Warn"])
def test_what_is_no_archive_and_carries_no_signature_cannot_be_unzipped(
    house: DeploymentHouse, policy: str | None
) -> None:
    config = policy and house.make_config(policy)
    for data in (b"", b"no archive", zip_of()[:-1], zip_of() + b"\0", damaged_body()):
        with pytest.raises(
            PackageUnreadable,
            match=r"^Could not unzip uploaded file\. Please check your file, then try to upload again\. Reason: ",
        ):
            house.create(data, config_arn=config)
    assert {(each.outcome, each.kind) for each in house.decisions()} == {("DENY", "INTEGRITY")}
    assert {tuple(statuses(each)) for each in house.decisions()} == {
        (
            ("integrity", "failed"),
            ("expiry", "not checked"),
            ("publisher", "not checked"),
            ("revocation", "not checked"),
        )
    }


def statuses(decision: DecisionRecord) -> list[tuple[str, str]]:
    return [(each["check"], each["status"]) for each in map(json.loads, decision.findings.split("\n"))]


def damaged_body() -> bytes:
    return zip_of(method=zipfile.ZIP_STORED).replace(b"return event", b"return evenT")


def test_a_malformed_archive_with_a_signature_is_a_broken_signature_where_one_is_demanded(
    house: DeploymentHouse,
) -> None:
    data = b"prefix" + house.sign().data
    with pytest.raises(NotProperlySigned):
        house.create(data, config_arn=house.make_config("Warn"))
    with pytest.raises(PackageUnreadable):
        house.create(data)


def test_contents_that_are_too_large_are_refused_whoever_signed(house: DeploymentHouse) -> None:
    bomb = claiming_size(MAX_EXPANDED // 4 + 1, files=4)
    with pytest.raises(UnzippedTooLarge, match=r"^Unzipped size must be smaller than 262144000 bytes$"):
        house.create(bomb)


def claiming_size(size: int, *, files: int) -> bytes:
    """Make an archive whose entries say that each expands to `size` bytes."""
    body = hashlib.shake_128().digest(size // 1000)
    data = bytearray(zip_of({f"{number}.bin": body for number in range(files)}))
    for mark, place in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        for found in re.finditer(re.escape(mark), bytes(data)):
            struct.pack_into("<I", data, found.start() + place, size)
    return bytes(data)


def test_every_check_is_written_down(house: DeploymentHouse) -> None:
    config = house.make_config("Enforce", OTHER_PUBLISHER)
    made = house.sign()
    with pytest.raises(PublisherNotAccepted):
        house.create(made.data, config_arn=config)
    (decision,) = house.decisions()
    assert statuses(decision) == [
        ("integrity", "passed"),
        ("expiry", "passed"),
        ("publisher", "failed"),
        ("revocation", "passed"),
    ]
    assert (decision.config_arn, decision.function, decision.caller_arn) == (config, "app", SCOPE.caller_arn)
    assert decision.decided_at == house.clock()
    whole = json.loads(decision.findings.split("\n")[0])["detail"]
    assert whole.endswith(f": made by {made.job.arn}, under the root {house.roots.roots[0].name!r}")


@pytest.mark.parametrize(
    ("policy", "word"),
    [
        ("Enforce", "admission DENY: arn:aws:lambda:eu-west-1:111122223333:function:app, CreateFunction: "),
        ("Warn", "admission WARN: "),
    ],
)
def test_a_warning_or_refusal_is_logged_with_function_check_and_detail(
    house: DeploymentHouse, caplog: pytest.LogCaptureFixture, policy: str, word: str
) -> None:
    attempt(lambda: house.create(CHANGED, config_arn=house.make_config(policy)))
    ((_, level, text),) = caplog.record_tuples
    assert level == logging.WARNING
    assert text.startswith(word)
    assert text.endswith(': {"check": "publisher", "status": "failed", "detail": "the package carries no signature"}')


def test_a_refusal_is_logged_once_its_record_is_durable(
    house: DeploymentHouse, caplog: pytest.LogCaptureFixture
) -> None:
    config = house.make_config()
    with house.db.unit():
        attempt(lambda: house.create(CHANGED, config_arn=config))
        assert caplog.record_tuples == []
    assert len(caplog.record_tuples) == len(house.decisions()) == 1


def test_a_refusal_whose_record_could_not_be_written_is_not_logged(
    house: DeploymentHouse, caplog: pytest.LogCaptureFixture
) -> None:
    config = house.make_config()

    def fail(_: Tx) -> NoReturn:
        raise OSError("the disk is full")

    def refuse() -> None:
        with house.db.unit() as unit:
            unit.before_commit(fail)
            attempt(lambda: house.create(CHANGED, config_arn=config))

    with pytest.raises(OSError, match="full"):
        refuse()
    assert (caplog.record_tuples, house.decisions()) == ([], [])


def test_what_is_let_in_without_a_doubt_is_not_logged(house: DeploymentHouse, caplog: pytest.LogCaptureFixture) -> None:
    house.create(house.sign().data, config_arn=house.make_config())
    assert caplog.record_tuples == []


class TestAwsFormat:
    """A package in AWS's own format, from a foreign authority whose root was imported."""

    FILES: Mapping[str, bytes] = {"app.py": b"pass\n" * 50, "data.txt": b"data"}

    @pytest.fixture
    def house(self, tmp_path: Path) -> Iterator[DeploymentHouse]:
        house = DeploymentHouse(tmp_path, imported=trust(authority.aws_root()).roots)
        house.clock.now = authority.NOW + timedelta(hours=1)
        yield house
        house.close()

    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_compression_does_not_matter_and_no_job_must_vouch(self, house: DeploymentHouse, method: int) -> None:
        function = house.create(
            aws_signed(self.FILES, self.FILES, method=method), config_arn=house.make_config("Enforce", authority.ARN)
        ).function
        assert (function.profile_version_arn, function.job_arn) == (authority.ARN, authority.JOB_ARN)
        assert statuses(house.decisions()[-1])[-1] == ("revocation", "not checked")

    def test_an_imported_root_does_not_speak_for_a_profile_of_this_server(self, house: DeploymentHouse) -> None:
        arn = parse_arn(authority.ARN)
        _, _, name, version = arn.resource.split("/")
        own = dataclasses.replace(house.profile, account=arn.account, region=arn.region, name=name, version=version)
        with house.db.write() as tx:
            profiles.insert(tx, own)
        assert own.version_arn == authority.ARN
        with pytest.raises(NotProperlySigned):
            house.create(aws_signed(self.FILES, self.FILES), config_arn=house.make_config("Warn", authority.ARN))

    @pytest.mark.parametrize(
        "shipped",
        [
            {**FILES, "data.txt": b"DATA"},
            {"data.txt": FILES["data.txt"], "app.py": FILES["app.py"]},
            {"app.py": FILES["app.py"], "date.txt": FILES["data.txt"]},
        ],
        ids=["tampered", "reordered", "renamed"],
    )
    def test_names_bodies_and_order_do(self, house: DeploymentHouse, shipped: Mapping[str, bytes]) -> None:
        with pytest.raises(NotProperlySigned):
            house.create(aws_signed(self.FILES, shipped), config_arn=house.make_config("Warn", authority.ARN))


@pytest.mark.parametrize("policy", ["Enforce", "Warn"])
def test_a_signature_under_a_root_that_is_not_trusted_is_none_whatever_the_policy(
    house: DeploymentHouse, policy: str
) -> None:
    house.clock.now = authority.NOW + timedelta(hours=1)
    data = aws_signed(TestAwsFormat.FILES, TestAwsFormat.FILES)
    with pytest.raises(NotProperlySigned):
        house.create(data, config_arn=house.make_config(policy, authority.ARN))
    assert house.create(data).function.job_arn is None


def aws_signed(
    signed_files: Mapping[str, bytes], shipped: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """Make an archive of files with AWS's signature over files that may be others."""
    stream = b"".join(name.encode() + body for name, body in signed_files.items()) + b"META_INF/"
    block = aws_recipe(content_digest=hashlib.sha384(stream).digest()).build()
    return zip_of({**shipped, "META_INF/": b"", "META_INF/aws_signer_signature_v1.0.SF": block}, method=method)

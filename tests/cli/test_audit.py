"""`sealgate audit`: verifying, keeping, exporting and questioning a trail."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import delete, update

from sealgate.services.audit.notes import Notes
from sealgate.store.audit import events_table
from sealgate.store.audit_chain import chain_table, seals_table
from sealgate.store.database import Database
from sealgate.store.folder import DataFolder
from sealgate.store.opening import open_database, sqlite_url
from tests.support.audit import PROFILE, TrailHouse, a_call, a_judgement, an_artifact
from tests.support.authority import JOB_ARN
from tests.support.command_line import Told, dispatch_sealgate
from tests.support.sealed import new_authority, sign_bytes, zip_of
from tests.support.server import running_server
from tests.support.signer import SCOPE

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:app"
SIGN, DEPLOY = "StartSigningJob", "UpdateFunctionCode20150331v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A data folder with a trail of four events, the first three sealed, and a signed package beside it."""

    folder: Path
    db: Database

    def audit(self, *arguments: str | Path) -> Told:
        data = () if "--trust" in arguments else ("--data", "data")
        return dispatch_sealgate("audit", *arguments, *data, folder=self.folder)


JUDGED = a_judgement(an_artifact(job_arn=JOB_ARN, findings=(("publisher", "failed", "\x1b[31manother one"),)))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What each test gets a copy of."""
    folder = tmp_path_factory.mktemp("template")
    data = DataFolder(folder / "data")
    data.create()
    trail = TrailHouse(folder, database=open_database(sqlite_url(data.database)))
    root = trail.authority.root_certificate.public_bytes(Encoding.PEM)
    data.root_certificate.write_bytes(root)
    (folder / "root.pem").write_bytes(root)
    (folder / "signed.zip").write_bytes(sign_bytes(zip_of({"a": b"x"}), trail.authority)[0])
    trail.add(
        a_call(),
        a_call(event_name=SIGN, read_only=False, resources=(PROFILE, JOB_ARN)),
        a_call(
            event_name=DEPLOY,
            read_only=False,
            error_code="CodeVerificationFailedException",
            sealgate=Notes(judgement=JUDGED).sealgate(),
        ),
    )
    trail.settle()
    trail.add(a_call())
    trail.sequencer.place_all()
    trail.close()
    return folder


@pytest.fixture
def place(template: Path, tmp_path: Path) -> Iterator[Place]:
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    db = Database(sqlite_url(DataFolder(tmp_path / "data").database))
    yield Place(folder=tmp_path, db=db)
    db.close()


def alter(place: Place, number: int) -> None:
    with place.db.write() as tx:
        tx.execute(update(events_table).where(events_table.c.number == number).values(text="{}"))


def test_a_whole_trail_is_told_with_its_head(place: Place) -> None:
    told = place.audit("verify")
    assert told.returncode == 0
    head = place.audit("head").stdout.strip()
    assert told.stdout == (
        "data: whole\n\n"
        "  events       4\n"
        f"  head         {head}\n"
        "  sealed       up to event 3, at 2026-11-24T09:25:49Z\n"
        "  NOT SEALED   1 events at the end\n"
        "  NOT CHECKED  whether the end was cut off: give --head\n"
    )


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_first_altered_event_is_named(place: Place, number: int) -> None:
    alter(place, number)
    told = place.audit("verify")
    assert told.returncode == 1
    assert told.stdout == f"data: NOT whole\n\n  event {number} was altered: its text has another hash\n"


def test_an_exported_trail_is_verified_without_the_server(place: Place) -> None:
    assert place.audit("export", "--out", "trail.jsonl").returncode == 0
    assert place.audit("export").stdout == (place.folder / "trail.jsonl").read_text()
    told = place.audit("verify", "trail.jsonl", "--trust", "root.pem", "--json")
    assert told.returncode == 0
    said = json.loads(told.stdout)
    assert (said["whole"], said["events"], said["sealedUpTo"], said["seals"]) == (True, 4, 3, 1)
    assert place.audit("verify", "trail.jsonl").returncode == 0


def test_an_altered_line_of_an_exported_trail_is_named(place: Place) -> None:
    place.audit("export", "--out", "trail.jsonl")
    lines = (place.folder / "trail.jsonl").read_text().splitlines(keepends=True)
    for number, line in enumerate(lines[1:], 1):
        (place.folder / "cut.jsonl").write_text("".join(each for each in lines if each is not line))
        told = place.audit("verify", "cut.jsonl", "--trust", "root.pem", "--json")
        if number in (1, 2, 3):
            assert told.returncode == 1
            assert json.loads(told.stdout)["position"] == number
        (place.folder / "cut.jsonl").write_text("".join(lines).replace(line, line.replace("192.0.2.7", "192.0.2.8")))
        altered = place.audit("verify", "cut.jsonl", "--trust", "root.pem")
        assert altered.returncode == (0 if '"head":' in line else 1), line


def test_a_trail_under_another_root_is_refused(place: Place) -> None:
    place.audit("export", "--out", "trail.jsonl")
    (place.folder / "other.pem").write_bytes(new_authority().root_certificate.public_bytes(Encoding.PEM))
    told = place.audit("verify", "trail.jsonl", "--trust", "other.pem")
    assert told.returncode == 1
    assert "not trusted" in told.stdout


def test_a_head_kept_elsewhere_shows_that_the_end_was_cut_off(place: Place) -> None:
    (place.folder / "heads.txt").write_text("0:00\n" + place.audit("head").stdout)
    kept = place.audit("head").stdout.strip()
    assert "event 4 of the head given is in it" in place.audit("verify", "--head", "heads.txt").stdout
    with place.db.write() as tx:
        tx.execute(delete(events_table).where(events_table.c.number > 2))
        tx.execute(delete(chain_table).where(chain_table.c.position > 2))
        tx.execute(delete(seals_table))
    assert place.audit("verify").returncode == 0
    for head in ("heads.txt", kept):
        told = place.audit("verify", "--head", head)
        assert told.returncode == 1
        assert "was cut off: it ends at event 2" in told.stdout


def test_the_head_of_an_empty_trail_is_its_genesis(tmp_path: Path, place: Place) -> None:
    with place.db.write() as tx:
        for table in (seals_table, chain_table, events_table):
            tx.execute(delete(table))
    head = place.audit("head").stdout.strip()
    assert head.startswith("0:")
    assert place.audit("verify", "--head", head).returncode == 0
    assert tmp_path == place.folder


@pytest.mark.parametrize("question", ["signed.zip", JOB_ARN, PROFILE])
def test_who_signed_and_deployed_is_told(place: Place, question: str) -> None:
    told = place.audit("who", question)
    assert told.returncode == 0
    assert told.stdout.startswith(f"{question}: 2 events\n")
    lines = (f"2026-11-24T09:25:49Z  {SIGN}: granted", f"  by         {SCOPE.caller_arn}", "  from       192.0.2.7")
    assert "".join(f"  {line}\n" for line in lines) in told.stdout
    assert f"{DEPLOY}: CodeVerificationFailedException\n" in told.stdout
    assert "    publisher  failed: \\x1b[31manother one\n" in told.stdout


def test_names_are_those_of_an_account_and_region(place: Place) -> None:
    where = ("--account", SCOPE.account, "--region", SCOPE.region)
    assert place.audit("who", "app", *where).stdout.startswith("app: 2 events\n")
    assert place.audit("who", "app").stdout == "app: no events\n"
    (deed,) = json.loads(place.audit("who", FUNCTION, "--json").stdout)
    assert deed["what"] == DEPLOY
    assert deed["details"]["verdict"] == "DENY"


def test_a_file_without_a_signature_of_this_server_is_known_by_its_content(place: Place) -> None:
    (place.folder / "other.zip").write_bytes(sign_bytes(zip_of({"a": b"x"}))[0])
    told = place.audit("who", "other.zip")
    assert told.stdout == "other.zip: no events\n"
    assert "no signature of this server verifies on other.zip" in told.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        (),
        ("verify", "absent.jsonl"),
        ("verify", "signed.zip"),
        ("verify", "--head", "nonsense"),
        ("verify", "--head", "signed.zip"),
        ("verify", "--trust", "signed.zip"),
        ("who",),
        ("who", "no/such.zip"),
        ("export", "--out", "absent/trail.jsonl"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_with_status_two(place: Place, arguments: tuple[str, ...]) -> None:
    told = place.audit(*arguments)
    assert (told.returncode, told.stdout) == (2, "")
    assert "sealgate: error: " in told.stderr


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    for part in (("verify",), ("head",), ("export",), ("who", "x")):
        told = dispatch_sealgate("audit", *part, "--data", "nowhere", folder=tmp_path)
        assert told.returncode == 2
        assert "is no data folder" in told.stderr


def test_a_server_seals_its_trail_when_it_stops(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        server.client("signer").put_signing_profile(profileName="app", platformId="AWSLambda-SHA384-ECDSA")
        s3 = server.client("s3")
        s3.create_bucket(Bucket="packages")
        s3.put_bucket_versioning(Bucket="packages", VersioningConfiguration={"Status": "Enabled"})
        put = s3.put_object(Bucket="packages", Key="app.zip", Body=zip_of({"a": b"x"}))
        signer = server.client("signer")
        job = signer.start_signing_job(
            profileName="app",
            source={"s3": {"bucketName": "packages", "key": "app.zip", "version": put["VersionId"]}},
            destination={"s3": {"bucketName": "packages", "prefix": "signed/"}},
        )["jobId"]
        signer.get_waiter("successful_signing_job").wait(jobId=job, WaiterConfig={"Delay": 1})
    told = dispatch_sealgate("audit", "verify", "--data", "data", "--json", folder=tmp_path)
    said = json.loads(told.stdout)
    assert told.returncode == 0
    assert said["events"] == said["sealedUpTo"] > 1
    who = dispatch_sealgate("audit", "who", job, "--data", "data", "--json", folder=tmp_path)
    outcomes = [deed["outcome"] for deed in json.loads(who.stdout) if deed["what"].startswith("Signer Job")]
    assert outcomes == ["InProgress", "Succeeded"]

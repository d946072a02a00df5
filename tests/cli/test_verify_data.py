"""`sealgate verify --data`: the roots, the job records and the revocations of a data folder."""

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from sealgate.arn import parse_arn
from sealgate.package.seal import encode_seal
from sealgate.store.database import Database
from sealgate.store.folder import DataFolder
from sealgate.store.jobs import Job, jobs
from sealgate.store.profiles import Profile, profiles
from sealgate.values import replace
from tests.support.authority import ARN, JOB_ARN, NOW
from tests.support.command_line import dispatch_sealgate
from tests.support.database import make_schema
from tests.support.sealed import EXPIRY, new_authority, shared_authority, sign_bytes, zip_of
from tests.support.signer import a_job

PACKAGE = zip_of({"app.py": b"def handler(event, context):\n    return 1\n"})
SIGNED, SAID = sign_bytes(PACKAGE)
JOB = a_job(
    account=parse_arn(JOB_ARN).account,
    region=parse_arn(JOB_ARN).region,
    job_id=JOB_ARN.rpartition("/")[2],
    profile_version_arn=ARN,
    signing_time=NOW,
    expires_at=EXPIRY,
    seal=encode_seal(SAID.seal).hex(),
)

PROFILE = Profile(
    account=JOB.account,
    region=JOB.region,
    name=ARN.split("/")[2],
    version=ARN.split("/")[3],
    platform_id=JOB.platform_id,
    validity_value=1,
    validity_type="DAYS",
    status="Active",
    tags={},
    created_at=NOW,
)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    (folder.authority / "root.pem").write_bytes(shared_authority().root_certificate.public_bytes(Encoding.PEM))
    (tmp_path / "signed.zip").write_bytes(SIGNED)
    return folder


def record(data: DataFolder, *records: Job, profiled: bool = False) -> None:
    database = Database(f"sqlite:///{data.database}")
    make_schema(database)
    with database.write() as tx:
        for job in records:
            jobs.insert(tx, job)
        if profiled:
            profiles.insert(tx, PROFILE)
    database.close()


def verify(data: DataFolder, *arguments: str | Path, at: datetime = NOW) -> tuple[int, str]:
    told = dispatch_sealgate(
        "verify", "signed.zip", "--data", "data", "--at", at.isoformat(), *arguments, folder=data.path.parent
    )
    return told.returncode, told.stdout + told.stderr


def test_a_signature_that_a_job_vouches_for_is_acceptable_and_known_not_to_be_revoked(data: DataFolder) -> None:
    record(data, JOB)

    status, told = verify(data, "--require-revocation")

    assert status == 0
    assert "  ok           revocation " in told
    assert "  ok           record      the job's record vouches for this signature and its time" in told
    assert "  trusted as   Sealgate authority (authority root)" in told


def test_a_good_signature_that_no_job_made_is_refused(data: DataFolder) -> None:
    record(data)

    status, told = verify(data)

    assert status == 1
    assert "  FAILED       record      no signing job of this data folder made this signature" in told


def test_a_revoked_signature_is_refused_with_the_reason(data: DataFolder) -> None:
    record(data, replace(JOB, revoked_at=NOW, revocation_reason="the machine was broken into"))

    status, told = verify(data)

    assert status == 1
    assert "  FAILED       revocation " in told
    assert "the machine was broken into" in told


def test_an_imported_root_does_not_speak_for_the_folder_s_own_profiles(data: DataFolder) -> None:
    record(data, JOB, profiled=True)
    stranger = new_authority()
    (data.roots / "stranger.pem").write_bytes(stranger.root_certificate.public_bytes(Encoding.PEM))
    (data.path.parent / "signed.zip").write_bytes(sign_bytes(PACKAGE, stranger)[0])

    status, told = verify(data)

    assert status == 1
    assert "  FAILED       record      no signing job of this data folder made this signature" in told


def test_a_root_that_the_operator_imported_is_trusted_and_its_revocations_are_not_known(data: DataFolder) -> None:
    record(data)
    stranger = new_authority()
    (data.roots / "stranger.pem").write_bytes(stranger.root_certificate.public_bytes(Encoding.PEM))
    (data.path.parent / "signed.zip").write_bytes(sign_bytes(PACKAGE, stranger)[0])

    status, told = verify(data)

    assert status == 0
    assert "  trusted as   stranger.pem (imported root)" in told
    assert "  NOT CHECKED  revocation  what is given is another authority's" in told
    assert "  record " not in told


def test_a_data_folder_of_a_newer_release_is_not_judged_by(data: DataFolder) -> None:
    record(data, JOB)
    with sqlite3.connect(data.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    status, told = verify(data)

    assert status == 2
    assert "its schema is '9999'" in told


def test_a_data_folder_whose_database_is_elsewhere_is_told(data: DataFolder) -> None:
    status, told = verify(data)

    assert status == 2
    assert "holds no database" in told

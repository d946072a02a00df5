import dataclasses
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from sealgate.errors import Invalid
from sealgate.store.database import Database
from sealgate.store.jobs import Job, jobs
from sealgate.store.offline import OfflineRecords
from sealgate.store.profiles import Profile, profiles
from sealgate.trust.assessment import Signature
from sealgate.values import replace
from tests.support.database import make_database
from tests.support.signer import NOW, SEAL, a_job, a_signature

NOBODY = 65534
JOB = a_job()
SIGNATURE = a_signature(JOB)
PROFILE = Profile(
    account=JOB.account,
    region=JOB.region,
    name=JOB.profile_name,
    version=JOB.profile_version,
    platform_id=JOB.platform_id,
    validity_value=1,
    validity_type="DAYS",
    status="Active",
    tags={},
    created_at=NOW,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = make_database(tmp_path)
    yield database
    database.close()


def fill(database: Database, job: Job = JOB, profile: Profile = PROFILE) -> None:
    with database.write() as tx:
        jobs.insert(tx, job)
        profiles.insert(tx, profile)


def open_records(tmp_path: Path) -> OfflineRecords:
    return OfflineRecords(tmp_path / "test.db")


def test_a_succeeded_job_vouches_for_its_own_signature(database: Database, tmp_path: Path) -> None:
    fill(database)

    with open_records(tmp_path) as records:
        assert records.is_vouched(SIGNATURE)


@pytest.mark.parametrize(
    "signature",
    [
        a_signature(JOB, job_arn=JOB.arn.replace("11111111-1111", "22222222-1111")),
        a_signature(JOB, job_arn=JOB.arn.replace("arn:aws:", "arn:aws-cn:")),
        a_signature(JOB, job_arn=JOB.arn.replace(":signer:", ":lambda:")),
        a_signature(JOB, job_arn=JOB.arn.replace(JOB.account, "000000000000")),
        a_signature(JOB, job_arn=JOB.arn.replace(JOB.region, "eu-west-2")),
        a_signature(JOB, job_arn="no ARN"),
        a_signature(JOB, profile_version_arn=JOB.profile_version_arn.replace("AAAAAAAAAA", "BBBBBBBBBB")),
        a_signature(JOB, signing_time=SIGNATURE.signing_time + timedelta(seconds=1)),
        a_signature(JOB, expires_at=SIGNATURE.expires_at + timedelta(seconds=1)),
        a_signature(JOB, seal=replace(SEAL, contents_root=b"x" * 48)),
        a_signature(JOB, seal=None),
    ],
    ids=[
        "other job",
        "other partition",
        "other service",
        "other account",
        "other region",
        "no ARN",
        "other publisher",
        "other signing time",
        "other expiry",
        "other seal",
        "no seal",
    ],
)
def test_no_job_vouches_for_a_signature_that_differs(database: Database, tmp_path: Path, signature: Signature) -> None:
    fill(database)

    with open_records(tmp_path) as records:
        assert not records.is_vouched(signature)


@pytest.mark.parametrize("status", ["InProgress", "Failed"])
def test_a_job_that_has_not_succeeded_vouches_for_nothing(database: Database, tmp_path: Path, status: str) -> None:
    fill(database, job=a_job(status=status))

    with open_records(tmp_path) as records:
        assert not records.is_vouched(SIGNATURE)


def test_the_folder_s_own_profile_versions_are_known(database: Database, tmp_path: Path) -> None:
    fill(database)

    with open_records(tmp_path) as records:
        assert records.has_profile_version(JOB.profile_version_arn)
        assert not records.has_profile_version(JOB.profile_version_arn.replace("AAAAAAAAAA", "BBBBBBBBBB"))


def test_nothing_is_revoked_at_first(database: Database, tmp_path: Path) -> None:
    fill(database)

    with open_records(tmp_path) as records:
        assert records.find_revocation(SIGNATURE) is None


def test_a_revoked_job_is_found_with_its_reason(database: Database, tmp_path: Path) -> None:
    fill(database, job=a_job(revoked_at=NOW, revoked_by="arn:aws:iam::111122223333:root", revocation_reason="stolen"))

    with open_records(tmp_path) as records:
        found = records.find_revocation(SIGNATURE)

    assert found is not None
    assert (found.subject, found.arn, found.revoked_at, found.reason) == ("job", JOB.arn, NOW, "stolen")


@pytest.mark.parametrize(("seconds", "is_revoked"), [(-1, True), (0, False), (1, False)])
def test_a_revoked_profile_version_revokes_what_was_signed_strictly_after(
    database: Database, tmp_path: Path, seconds: int, *, is_revoked: bool
) -> None:
    effective_from = SIGNATURE.signing_time + timedelta(seconds=seconds)
    revoked = dataclasses.replace(
        PROFILE,
        status="Revoked",
        revocation_effective_from=effective_from,
        revoked_at=NOW,
        revocation_reason="the key leaked",
    )
    fill(database, profile=revoked)

    with open_records(tmp_path) as records:
        found = records.find_revocation(SIGNATURE)

    assert (found is not None) == is_revoked
    if found is not None:
        assert (found.subject, found.effective_from, found.reason) == (
            "profile version",
            effective_from,
            "the key leaked",
        )


def test_a_running_server_s_writes_are_seen_and_nothing_is_written(database: Database, tmp_path: Path) -> None:
    fill(database)
    log = tmp_path / "test.db-wal"
    before = log.read_bytes()

    with open_records(tmp_path) as records:
        assert records.is_vouched(SIGNATURE)

    assert before
    assert log.read_bytes() == before


@contextmanager
def reading_only(folder: Path) -> Iterator[None]:
    """Be a user who may read a folder and not write to it."""
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.fixture
def foreign_folder() -> Iterator[Path]:
    """A folder that another user can reach: pytest's own cannot be entered by others."""
    with tempfile.TemporaryDirectory() as name:
        database = make_database(Path(name))
        fill(database)
        database.close()
        yield Path(name)


def test_a_folder_that_cannot_be_written_is_read_where_no_server_runs(foreign_folder: Path) -> None:
    with reading_only(foreign_folder), open_records(foreign_folder) as records:
        assert records.is_vouched(SIGNATURE)


def test_a_folder_that_cannot_be_written_is_not_believed_while_its_log_is_not_read(foreign_folder: Path) -> None:
    (foreign_folder / "test.db-wal").write_bytes(b"a revocation may be here")

    with reading_only(foreign_folder), pytest.raises(Invalid, match="not readable as a database of this release"):
        open_records(foreign_folder)


def test_a_missing_database_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="is it a data folder"):
        open_records(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100], ids=["empty", "foreign"])
def test_a_file_that_is_no_database_of_ours_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "test.db").write_bytes(content)

    with pytest.raises(Invalid, match="not readable as a database of this release"):
        open_records(tmp_path)


def test_a_database_of_another_shape_is_told(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "test.db") as connection:
        connection.execute("CREATE TABLE jobs (account TEXT)")
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
    connection.close()

    with open_records(tmp_path) as records, pytest.raises(Invalid, match="not readable as a database of this release"):
        records.is_vouched(SIGNATURE)

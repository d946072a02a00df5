"""What a data folder knows about signatures, read without a server: its job records and its revocations.

For the offline verifier, which loads neither SQLAlchemy nor a driver: this module reads the SQLite file with the
standard library alone, and only reads. The columns are those of `store/jobs.py`, `store/profiles.py`,
`store/authorities.py` and `store/configs.py`; a test makes a database through those and reads it here. A server may be
running meanwhile.

Trust: whoever can write to the folder can take a revocation back. What is read is the state of one moment.
"""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from sealgate.arn import parse_arn, partition_of
from sealgate.errors import Invalid
from sealgate.package.seal import encode_seal
from sealgate.trust.assessment import Signature
from sealgate.trust.revocation import Revocation, is_after, issuers_of
from sealgate.values import value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BUSY_SECONDS = 5.0
_JOB = re.compile(r"/signing-jobs/([^/]+)")
_PROFILE_VERSION = re.compile(r"/signing-profiles/([^/]+)/([^/]+)")
_CONFIG = re.compile(r"code-signing-config:([^:]+)")

_MIGRATIONS = Path(__file__).parent / "migrations" / "versions"
_FIRST_WITH_ISSUING_CAS = "0006"
_FIND_CONFIG = "SELECT publishers, policy FROM code_signing_configs WHERE account = ? AND region = ? AND config_id = ?"
_FIND_SCHEMA = "SELECT version_num FROM alembic_version"
_FIND_JOB = """\
SELECT status, profile_version_arn, seal, signing_time, expires_at, revoked_at, revocation_reason
FROM jobs WHERE account = ? AND region = ? AND job_id = ?"""
_FIND_PROFILE = "SELECT 1 FROM profiles WHERE account = ? AND region = ? AND name = ? AND version = ?"
_FIND_REVOKED_ISSUING_CA = "SELECT name, revoked_at, effective_from, reason FROM revoked_issuing_cas WHERE identity = ?"
_FIND_REVOKED_PROFILE = """\
SELECT revocation_effective_from, revoked_at, revocation_reason
FROM profiles WHERE account = ? AND region = ? AND name = ? AND version = ? AND status = 'Revoked'"""


@value
class RecordedConfig:
    """What a code signing config demands, as it is recorded.

    Attributes:
        publishers: Profile version ARNs.
        policy: `Warn` or `Enforce`.
    """

    publishers: tuple[str, ...]
    policy: str


class OfflineRecords:
    """The records of one data folder's authority. Close it after use, or use it as a context manager.

    Knows about signatures of that authority only: about others it answers as if it had never heard of them.
    """

    def __init__(self, database: Path) -> None:
        """Open the SQLite file of a data folder.

        Raises:
            Invalid: There is no such file, or it cannot be read as a Sealgate database, or a newer release wrote it.
        """
        self._database = database
        self._connection = _open(database)
        try:
            schema = _read_schema(database, self._connection)
        except Invalid:
            self._connection.close()
            raise
        self._knows_issuing_cas = schema >= _FIRST_WITH_ISSUING_CAS

    def is_vouched(self, signature: Signature) -> bool:
        """Tell whether a Succeeded job made exactly this signature: same job, publisher, seal and times."""
        if signature.seal is None:
            return False
        claims = (
            "Succeeded",
            signature.profile_version_arn,
            encode_seal(signature.seal).hex(),
            _microseconds(signature.signing_time),
            _microseconds(signature.expires_at),
        )
        row = self._find(_FIND_JOB, signature.job_arn, _JOB)
        return row is not None and row[: len(claims)] == claims

    def has_profile_version(self, arn: str) -> bool:
        """Tell whether a profile version is one of this data folder's, of whatever account and region."""
        return self._find(_FIND_PROFILE, arn, _PROFILE_VERSION) is not None

    def find_config(self, arn: str) -> RecordedConfig | None:
        """Answer the code signing config of an ARN, of whatever account and region, or None."""
        import json  # noqa: PLC0415 - `sealgate verify`, which is waited for, asks for no config

        row = self._find(_FIND_CONFIG, arn, _CONFIG, service="lambda")
        return None if row is None else RecordedConfig(publishers=tuple(json.loads(row[0])), policy=row[1])

    def find_revocation(self, signature: Signature) -> Revocation | None:
        """Answer why this signature is not trusted any more, or None.

        Its job may be revoked, or its profile version from a moment before the signing time on, or an issuing CA that
        it depends on, while no record of its job vouches for it.
        """
        job = self._find(_FIND_JOB, signature.job_arn, _JOB)
        if job is not None and job[5] is not None:
            return Revocation(
                subject="job",
                arn=signature.job_arn,
                revoked_at=_moment(job[5]),
                effective_from=None,
                reason=job[6] or "",
            )
        profile = self._find(_FIND_REVOKED_PROFILE, signature.profile_version_arn, _PROFILE_VERSION)
        if profile is not None and is_after(_moment(profile[0]), signature):
            return Revocation(
                subject="profile version",
                arn=signature.profile_version_arn,
                revoked_at=_moment(profile[1]),
                effective_from=_moment(profile[0]),
                reason=profile[2] or "",
            )
        return self._find_revoked_issuing_ca(signature)

    def _find_revoked_issuing_ca(self, signature: Signature) -> Revocation | None:
        for identity in issuers_of(signature) if self._knows_issuing_cas else ():
            row = self._ask(_FIND_REVOKED_ISSUING_CA, (identity,))
            if row is None:
                continue
            effective_from = None if row[2] is None else _moment(row[2])
            is_doubted = effective_from is not None and is_after(effective_from, signature)
            if is_doubted or not self.is_vouched(signature):
                return Revocation(
                    subject="issuing CA",
                    arn=row[0],
                    revoked_at=_moment(row[1]),
                    effective_from=effective_from,
                    reason=row[3],
                )
        return None

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find(
        self, statement: str, arn: str, resource: re.Pattern[str], *, service: str = "signer"
    ) -> tuple[Any, ...] | None:
        try:
            parsed = parse_arn(arn)
        except Invalid:
            return None
        match = resource.fullmatch(parsed.resource)
        if match is None or (parsed.service, parsed.partition) != (service, partition_of(parsed.region)):
            return None
        return self._ask(statement, (parsed.account, parsed.region, *match.groups()))

    def _ask(self, statement: str, values: tuple[str, ...]) -> tuple[Any, ...] | None:
        try:
            cursor = self._connection.execute(statement, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
        except sqlite3.Error as error:
            raise _unreadable(self._database, error) from error
        return row


def _open(database: Path) -> sqlite3.Connection:
    if not database.is_file():
        raise Invalid(f"{database.parent} holds no database: is it a data folder, and is its database SQLite")
    try:
        connection = _connect(database, "mode=ro")
    except sqlite3.Error as error:
        # A folder that this user may not write to lacks the index of the write-ahead log where no server is running.
        # Without that log the file is all there is, and may be read alone; with it, revocations might be overlooked.
        log = database.with_name(f"{database.name}-wal")
        if log.exists() and log.stat().st_size > 0:
            raise _unreadable(database, error) from error
        try:
            connection = _connect(database, "immutable=1")
        except sqlite3.Error:
            raise _unreadable(database, error) from error
    return connection


def _connect(database: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(database.absolute()))}?{mode}", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
    )
    try:
        # One transaction holds one state of the database for all questions. It also finds out whether this is one.
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM (SELECT 1 FROM jobs LIMIT 1)").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _read_schema(database: Path, connection: sqlite3.Connection) -> str:
    """Answer the schema's number; refuse a newer one: it may keep revocations where this release does not look."""
    known = max(path.name.partition("_")[0] for path in _MIGRATIONS.glob("[0-9]*.py"))
    try:
        row = connection.execute(_FIND_SCHEMA).fetchone()
    except sqlite3.Error as error:
        raise _unreadable(database, error) from error
    if row is None or row[0] > known:
        found = "none" if row is None else repr(row[0])
        raise Invalid(f"{database}: not of this release: its schema is {found}, and this one knows {known!r}")
    return str(row[0])


def _unreadable(database: Path, error: sqlite3.Error) -> Invalid:
    return Invalid(f"{database}: not readable as a database of this release: {error}")


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)

"""Signing jobs, as callers see them: ask for one, look at it, list them.

A job is a durable row. `start` answers as soon as the row has reached the disk; a `SigningWorker`, of this server or of
another on the same database, does the work (`sealgate.services.signing.worker`).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sealgate.clock import Clock
from sealgate.errors import Conflict, Invalid, NotFound, SealgateError
from sealgate.services.audit.job_events import record_status
from sealgate.services.audit.notes import note_resource
from sealgate.services.objects.errors import IsDeleteMarker, WrongRegion
from sealgate.services.objects.service import ObjectService
from sealgate.services.paging import ListTokens, Page, invalid_token
from sealgate.services.scope import Scope
from sealgate.store import jobs as store
from sealgate.store import profiles as profile_store
from sealgate.store.database import Database, Tx
from sealgate.store.jobs import Job, JobFilter
from sealgate.store.profiles import Profile

_JOB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MAX_TOKEN = 2048
_MAX_KEY_BYTES = 1024
"""The longest object key (Amazon S3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What shall be signed, and where the signed package shall go.

    Attributes:
        source_version: The version id; `null` names the one version of an object that was never versioned.
        destination_prefix: What the signed object's key begins with; nothing is put between it and the job's id.
        client_request_token: The caller's own name for this request: asked again, it is answered, not done, again.
    """

    profile_name: str
    source_bucket: str
    source_key: str
    source_version: str
    destination_bucket: str
    destination_prefix: str = ""
    client_request_token: str


def new_job_id() -> str:
    """Draw the id of a job."""
    return str(uuid.uuid4())


def signed_key(prefix: str, job_id: str) -> str:
    """Name the signed object.

    AWS appends `.zip` where the source's key ends so; what it does otherwise is not known. Here it always does, since
    what comes out is always a ZIP archive.
    """
    return f"{prefix}{job_id}.zip"


class SigningService:
    """The use cases of signing jobs.

    Args:
        db: Where jobs are.
        objects: Where packages are read from and written to.
        clock: The time.
        wake: Called when a job was accepted durably, so that a worker of this server looks at once.
        await_end: Waits a little for the end of a job of this id.
    """

    def __init__(
        self,
        *,
        db: Database,
        objects: ObjectService,
        clock: Clock,
        wake: Callable[[], None],
        await_end: Callable[[str], None],
    ) -> None:
        self._db = db
        self._objects = objects
        self._clock = clock
        self._wake = wake
        self._await_end = await_end

    def start(self, scope: Scope, new: NewJob, *, owner: str | None = None, job_id: str | None = None) -> Job:
        """Accept a job, or answer the one that this token has made.

        What is in the package is not looked at yet; where it is, and where the result goes, is. The content of the
        source version is what will be signed, even if the version is deleted meanwhile. The rights of who calls are
        the door's business.

        Args:
            scope: Whose call it is.
            new: What shall be signed, by which profile.
            owner: The account of the profile, which will own the job; None: the caller's.
            job_id: As `new_job_id` draws it, where the caller needs it before; None: one is drawn here.

        Raises:
            NotFound: There is no such profile.
            Invalid: The source or the destination cannot be used, or the token was used for something else.
            Conflict: The profile is not Active.
        """
        owner = owner or scope.account
        _check_request(new)
        with self._db.read() as tx:
            accepted = _find_accepted(tx, scope, new, owner)
            if accepted is not None:
                return accepted
            _get_active_profile(tx, scope, new.profile_name, owner)
        source_sha256 = self._check_places(scope, new)
        with self._db.write() as tx:
            accepted = _find_accepted(tx, scope, new, owner)
            if accepted is not None:
                return accepted
            profile = _get_active_profile(tx, scope, new.profile_name, owner)
            job_id = job_id or new_job_id()
            job = _make_job(scope, new, profile, job_id=job_id, source_sha256=source_sha256, now=self._clock())
            store.jobs.insert(tx, job)
            record_status(tx, job, at=job.created_at)
        self._db.after_commit(self._wake)
        note_resource(job.arn)
        return job

    def get(self, scope: Scope, job_id: str) -> Job:
        """Answer a job that the caller's account owns or has asked for.

        Raises:
            NotFound: There is no such job.
        """
        with self._db.read() as tx:
            job = find_job(tx, region=scope.region, account=scope.account, job_id=job_id)
            job = job or store.find_invoked_job(tx, invoker=scope.account, region=scope.region, job_id=job_id)
        if job is None:
            raise job_not_found(job_id)
        return job

    def watch(self, scope: Scope, job_id: str) -> Job:
        """Answer a job as `get` does; one that is under way as it is a little later, if it ends so soon."""
        job = self.get(scope, job_id)
        if job.status == "InProgress":
            self._await_end(job.job_id)
            job = self.get(scope, job_id)
        return job

    def list(self, scope: Scope, where: JobFilter, *, limit: int, token: str | None) -> Page[Job]:
        """Answer the jobs that the caller's account owns or has asked for, newest first, a page at a time.

        Raises:
            Invalid: The token is none of this list's.
        """
        tokens = ListTokens("jobs", scope.account, scope.region, where)
        before = None if token is None else _parse_position(tokens.parse(token, parts=2))
        with self._db.read() as tx:
            found = store.list_jobs(
                tx, account=scope.account, region=scope.region, where=where, before=before, limit=limit + 1
            )
        items = tuple(found[:limit])
        return Page(items=items, next_token=tokens.encode(*_position(items[-1])) if len(found) > limit else None)

    def _check_places(self, scope: Scope, new: NewJob) -> str:
        """Look whether source and destination can be used; answer the source's blob."""
        place = f"Source object s3://{new.source_bucket}/{new.source_key} (version {new.source_version})"
        with _named(place):
            if not self._objects.is_versioned(scope, new.source_bucket):
                raise Invalid(f"bucket {new.source_bucket} is not versioned", reason="BucketNotVersioned")
            source = self._objects.get_version(scope, new.source_bucket, new.source_key, new.source_version)
        with _named(f"Destination bucket {new.destination_bucket}"):
            self._objects.buckets.get(scope, new.destination_bucket)
        return source.blob


def find_job(tx: Tx, *, account: str, region: str, job_id: str) -> Job | None:
    """Answer a job of an account, or None."""
    if not _JOB_ID.fullmatch(job_id):
        return None
    return store.jobs.find(tx, account=account, region=region, job_id=job_id)


def job_not_found(job_id: str) -> NotFound:
    """Word the absence of a job."""
    return NotFound(f"Signing job with id {job_id} does not exist.", reason="JobNotFound")


@contextmanager
def _named(place: str) -> Iterator[None]:
    """Say which of the two places is at fault; to the signer's caller it is a bad request, whatever it is to S3."""
    try:
        yield
    except WrongRegion as error:
        raise Invalid(f"{place}: the bucket is in another region, {error.region}") from error
    except IsDeleteMarker as error:
        raise Invalid(f"{place}: the version is a delete marker and has no content") from error
    except SealgateError as error:
        raise Invalid(f"{place}: {error.message}", reason=error.reason) from error


def _check_request(new: NewJob) -> None:
    token = new.client_request_token
    if not 1 <= len(token) <= _MAX_TOKEN or not token.isprintable():
        raise Invalid(f"clientRequestToken must be 1 to {_MAX_TOKEN} printable characters")
    if len(signed_key(new.destination_prefix, new_job_id()).encode()) > _MAX_KEY_BYTES:
        raise Invalid(f"Destination prefix is too long: the signed object's key would exceed {_MAX_KEY_BYTES} bytes")


def _find_accepted(tx: Tx, scope: Scope, new: NewJob, owner: str) -> Job | None:
    """Answer the job that this very request has made already, or None."""
    job = store.find_job_by_token(tx, invoker=scope.account, region=scope.region, token=new.client_request_token)
    if job is not None and (job.account, _request_of(job)) != (owner, new):
        raise Invalid(
            f"clientRequestToken {new.client_request_token} was used before, with other parameters",
            reason="IdempotentParameterMismatch",
        )
    return job


def _request_of(job: Job) -> NewJob:
    return NewJob(
        profile_name=job.profile_name,
        source_bucket=job.source_bucket,
        source_key=job.source_key,
        source_version=job.source_version,
        destination_bucket=job.destination_bucket,
        destination_prefix=job.destination_prefix,
        client_request_token=job.client_request_token,
    )


def _get_active_profile(tx: Tx, scope: Scope, name: str, owner: str) -> Profile:
    profile = profile_store.profiles.find(tx, account=owner, region=scope.region, name=name)
    if profile is None:
        # AWS words this differently here than elsewhere: lower case, no full stop.
        raise NotFound(f"profile with name {name} does not exist", reason="ProfileNotFound")
    if profile.status != "Active":
        raise Conflict(
            f"Cannot start a signing job with a profile in {profile.status} state", reason="ProfileNotActive"
        )
    return profile


def _make_job(scope: Scope, new: NewJob, profile: Profile, *, job_id: str, source_sha256: str, now: datetime) -> Job:
    return Job(
        account=profile.account,
        region=profile.region,
        job_id=job_id,
        client_request_token=new.client_request_token,
        source_bucket=new.source_bucket,
        source_key=new.source_key,
        source_version=new.source_version,
        source_sha256=source_sha256,
        destination_bucket=new.destination_bucket,
        destination_prefix=new.destination_prefix,
        profile_name=profile.name,
        profile_version=profile.version,
        profile_version_arn=profile.version_arn,
        platform_id=profile.platform_id,
        invoker_account=scope.account,
        requested_by=scope.caller_arn,
        created_at=now,
    )


def _position(job: Job) -> tuple[str, str]:
    return job.created_at.isoformat(), job.job_id


def _parse_position(key: tuple[str, ...]) -> tuple[datetime, str]:
    moment, job_id = key
    try:
        created_at = datetime.fromisoformat(moment)
    except ValueError:
        created_at = None
    if created_at is None or created_at.tzinfo is None:
        raise invalid_token()
    return created_at, job_id

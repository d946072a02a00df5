"""Doing one signing job: read, sign, verify, write, and say how it ended."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sealgate.clock import Clock
from sealgate.errors import NotFound, PackageError, SealgateError
from sealgate.package.seal import encode_seal
from sealgate.package.source import FileSource
from sealgate.services.audit.job_events import record_status
from sealgate.services.metrics.meter import UNWATCHED, Meter
from sealgate.services.objects.buckets import get_bucket_anywhere
from sealgate.services.objects.service import ObjectService
from sealgate.services.scope import Scope
from sealgate.services.signing.service import signed_key
from sealgate.services.signing.validity import Validity
from sealgate.store import jobs as store
from sealgate.store import profiles as profile_store
from sealgate.store.authorities import revoked_issuing_cas
from sealgate.store.blobs import BlobStore
from sealgate.store.database import Database, Tx
from sealgate.store.jobs import Job
from sealgate.store.objects import ObjectVersion
from sealgate.store.profiles import Profile
from sealgate.trust.assessment import Signature
from sealgate.trust.authority import Authority
from sealgate.trust.keys import KeyUnavailable
from sealgate.trust.revocation import issuers_of
from sealgate.trust.roots import TrustRoots
from sealgate.trust.sign import SignatureClaims, sign_package
from sealgate.trust.verify import verify_package

log = logging.getLogger(__name__)

SUCCEEDED = "Signing Succeeded"
INTERNAL_ERROR = "Internal error"
NO_AUTHORITY = "The server's authority cannot sign at present; its operator has to make a new issuing CA"
_PIECE = 1 << 20


class JobRefused(SealgateError):
    """Why a job ends Failed, in words for its owner; what else goes wrong is the server's fault and told to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBlob:
    """A signed package that lies in the blob store, what its signature states, and the issuing CA of its signer."""

    sha256: str
    md5: str
    size: int
    claims: SignatureClaims
    seal: str
    issuing_ca: str


class JobRunner:
    """Runs claimed jobs, one at a time, on any thread.

    A job ends in one write transaction: the signed object's version and the job's Succeeded row appear together, or
    neither does. A job that another worker has ended, or taken over, meanwhile is left alone. The profile must be
    Active when the job is taken up and when it ends, so that nothing is signed once its end was acknowledged; the
    issuing CA must not be revoked when it ends.
    """

    def __init__(
        self,
        *,
        db: Database,
        objects: ObjectService,
        blobs: BlobStore,
        authority: Authority,
        roots: TrustRoots,
        clock: Clock,
        meter: Meter = UNWATCHED,
    ) -> None:
        self._db = db
        self._objects = objects
        self._blobs = blobs
        self._authority = authority
        self._roots = roots
        self._clock = clock
        self._meter = meter

    def run(self, job: Job) -> None:
        """Bring a job to its end; whatever goes wrong with the package or the places is told in its `status_reason`.

        Raises:
            Exception: The end could not be written down: the database is gone. The lease will run out.
        """
        try:
            with self._db.read() as tx:
                claims = self._claims(job, _get_active_profile(tx, job))
            self._succeed(job, self._sign(job, claims))
        except JobRefused as refusal:
            log.info("signing job %s failed: %s", job.arn, refusal.message)
            self._fail(job, refusal.message)
        except KeyUnavailable as error:
            log.error("signing job %s failed: %s", job.arn, error.message)  # noqa: TRY400 - no defect, but no authority
            self._fail(job, NO_AUTHORITY)
        except Exception:
            log.exception("signing job %s failed by a defect", job.arn)
            self._fail(job, INTERNAL_ERROR)

    def give_up(self, job: Job) -> None:
        """Fail a job that was taken up too often: it may be what ends the workers."""
        log.error("signing job %s was taken up %d times and never ended", job.arn, job.attempts)
        self._fail(job, INTERNAL_ERROR)

    def _claims(self, job: Job, profile: Profile) -> SignatureClaims:
        validity = Validity(value=profile.validity_value, unit=profile.validity_type)
        claims = SignatureClaims(
            signing_time=self._clock().replace(microsecond=0),
            expires_at=validity.end(job.created_at),
            job_arn=job.arn,
            profile_version_arn=job.profile_version_arn,
        )
        if claims.expires_at <= claims.signing_time:
            raise JobRefused("The job waited so long that its signature would have expired before it was made")
        return claims

    def _sign(self, job: Job, claims: SignatureClaims) -> SignedBlob:
        identity = self._authority.leaf_for(job.profile_version_arn)
        with self._open_source(job) as source, self._blobs.stage() as staging:
            try:
                signed = sign_package(source, identity=identity, claims=claims, target_fd=staging.fileno())
            except PackageError as error:
                raise JobRefused(error.message) from error
            seal = encode_seal(signed.seal)
            signature = self._verify_output(staging.fileno(), claims, seal)
            sha256, md5 = _hash_file(staging.fileno())
            self._blobs.keep(staging, sha256)
        (issuing_ca,) = issuers_of(signature)
        return SignedBlob(
            sha256=sha256, md5=md5, size=signed.size, claims=claims, seal=seal.hex(), issuing_ca=issuing_ca
        )

    def _open_source(self, job: Job) -> FileSource:
        try:
            return self._blobs.open(job.source_sha256)
        except NotFound as error:
            raise JobRefused("The source object's content is gone") from error

    def _verify_output(self, descriptor: int, claims: SignatureClaims, seal: bytes) -> Signature:
        """Verify what was written as anyone else would, so that nothing is called signed that is not."""
        try:
            signature = verify_package(FileSource(descriptor), roots=self._roots, at=claims.signing_time).signature
        except SealgateError as error:
            raise RuntimeError(f"the signed package does not verify: {error.message}") from error
        if signature is None or signature.seal is None or encode_seal(signature.seal) != seal:
            raise RuntimeError("the signed package verifies, but not with the seal that was made")
        return signature

    def _succeed(self, job: Job, signed: SignedBlob) -> None:
        with self._db.write() as tx:
            if not _is_ours(tx, job):
                return
            _get_active_profile(tx, job)
            if revoked_issuing_cas.find(tx, identity=signed.issuing_ca) is not None:
                raise JobRefused("The issuing CA was revoked while the package was signed; start another job")
            version = self._add_version(tx, job, signed)
            ended = replace(
                _ended(job, self._clock()),
                status="Succeeded",
                status_reason=SUCCEEDED,
                signing_time=signed.claims.signing_time,
                expires_at=signed.claims.expires_at,
                seal=signed.seal,
                signed_key=version.key,
                signed_version=version.version_id,
                signed_sha256=signed.sha256,
                issuing_ca=signed.issuing_ca,
            )
            self._end(tx, ended)

    def _add_version(self, tx: Tx, job: Job, signed: SignedBlob) -> ObjectVersion:
        try:
            # Who asked was let into the bucket of then: one of the same name may be somebody else's.
            if get_bucket_anywhere(tx, job.destination_bucket).created_at > job.created_at:
                raise JobRefused("it was deleted and made anew")
            return self._objects.add_version(
                tx,
                Scope(account=job.account, region=job.region, caller_arn=job.requested_by),
                job.destination_bucket,
                signed_key(job.destination_prefix, job.job_id),
                blob=signed.sha256,
                size=signed.size,
                md5=signed.md5,
                content_type="application/zip",
            )
        except SealgateError as error:
            raise JobRefused(f"Destination bucket {job.destination_bucket}: {error.message}") from error

    def _fail(self, job: Job, reason: str) -> None:
        with self._db.write() as tx:
            if _is_ours(tx, job):
                self._end(tx, replace(_ended(job, self._clock()), status="Failed", status_reason=reason))

    def _end(self, tx: Tx, ended: Job) -> None:
        store.jobs.replace(tx, ended)
        assert ended.completed_at is not None
        record_status(tx, ended, at=ended.completed_at)
        seconds = (ended.completed_at - ended.created_at).total_seconds()
        self._db.after_commit(partial(self._meter.time_job, status=ended.status, seconds=seconds))


def _ended(job: Job, now: datetime) -> Job:
    return replace(job, completed_at=now, lease_owner=None, lease_until=None)


def _is_ours(tx: Tx, job: Job) -> bool:
    """Tell whether a job is still to be ended, and by this worker."""
    found = store.jobs.find(tx, account=job.account, region=job.region, job_id=job.job_id)
    return found is not None and (found.status, found.lease_owner) == ("InProgress", job.lease_owner)


def _get_active_profile(tx: Tx, job: Job) -> Profile:
    profile = profile_store.profiles.find(tx, account=job.account, region=job.region, name=job.profile_name)
    if profile is None or profile.status != "Active":
        raise JobRefused(f"Signing profile {job.profile_name} is no longer Active")
    return profile


def _hash_file(descriptor: int) -> tuple[str, str]:
    """Answer a file's SHA-256 and MD5, in hexadecimal."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    offset = 0
    while piece := os.pread(descriptor, _PIECE, offset):
        sha256.update(piece)
        md5.update(piece)
        offset += len(piece)
    return sha256.hexdigest(), md5.hexdigest()

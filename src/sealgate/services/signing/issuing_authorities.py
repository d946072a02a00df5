"""Issuing CAs that were compromised: what falls with one, and what stands because a job vouches for it.

Whoever stole an issuing CA's key signs in any profile's name, at any time that they claim. So nothing under a revoked
issuing CA is trusted but the signatures that a Succeeded job's record names: the record was written here, when this
server signed. Where the records themselves are doubted from a moment on, those of later signatures count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sealgate.clock import Clock
from sealgate.errors import Conflict, Invalid
from sealgate.store import authorities as store
from sealgate.store.authorities import RevokedIssuingCa
from sealgate.store.database import Database, Tx
from sealgate.store.functions import Function, list_signed_functions
from sealgate.store.jobs import Job
from sealgate.store.layers import LayerVersion, list_signed_layer_versions
from sealgate.trust.assessment import Signature
from sealgate.trust.revocation import RevokedAuthority, issuers_of, make_voucher

_DIGITS = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallout:
    """What becomes of the signatures under an issuing CA when it is revoked.

    Attributes:
        standing: The jobs whose signatures stand.
        falling: Those whose signatures fall, and which were not revoked before.
        functions: The functions, and their versions, whose code carries a signature that falls.
        layers: The layer versions whose package carries one; those too that were deleted, since functions keep them.
    """

    standing: Sequence[Job]
    falling: Sequence[Job]
    functions: Sequence[Function]
    layers: Sequence[LayerVersion]

    @property
    def profile_versions(self) -> Sequence[str]:
        """The ARNs of the profile versions in whose name the falling signatures were made."""
        return sorted({job.profile_version_arn for job in self.falling})


class IssuingAuthorities:
    """The use cases of an operator who keeps, or has lost, an issuing CA's key. Certificates are named by content."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def count_signatures(self) -> Mapping[str | None, int]:
        """Answer how many signatures each has vouched for; under None those of which it is not recorded."""
        with self._db.read() as tx:
            return store.count_signatures(tx)

    def list_revoked(self) -> Sequence[RevokedIssuingCa]:
        """Answer the revoked ones."""
        with self._db.read() as tx:
            return store.list_revoked_issuing_cas(tx)

    def foresee(self, identity: str, *, effective_from: datetime | None) -> Fallout:
        """Answer what would become of the signatures under one; jobs of which it is not recorded count as under it."""
        with self._db.read() as tx:
            jobs = store.list_jobs_under(tx, identity)
            functions, layers = list_signed_functions(tx), list_signed_layer_versions(tx)
        standing = [job for job in jobs if _is_standing(job, effective_from)]
        falling = [job for job in jobs if not _is_standing(job, effective_from) and job.revoked_at is None]
        fallen = {job.arn for job in falling}
        return Fallout(
            standing=standing,
            falling=falling,
            functions=[function for function in functions if function.job_arn in fallen],
            layers=[version for version in layers if version.job_arn in fallen],
        )

    def revoke(self, identity: str, *, name: str, effective_from: datetime | None, reason: str) -> None:
        """Revoke one, for good. Said again, it can only move the moment back; when and why stay as they were.

        Args:
            identity: The certificate's.
            name: Its subject.
            effective_from: From when on jobs' records are doubted; None: never.
            reason: Why.

        Raises:
            Invalid: The moment lies in the future.
            Conflict: Records are doubted from an earlier moment on.
        """
        now = self._clock()
        if effective_from is not None and effective_from > now:
            raise Invalid(f"{effective_from.isoformat()} must not be in the future")
        with self._db.write() as tx:
            found = store.revoked_issuing_cas.find(tx, identity=identity)
            if found is not None:
                store.revoked_issuing_cas.replace(tx, _narrowed(found, effective_from))
                return
            revoked = RevokedIssuingCa(
                identity=identity, name=name, revoked_at=now, effective_from=effective_from, reason=reason
            )
            store.revoked_issuing_cas.insert(tx, revoked)


def find_revoked(tx: Tx, signature: Signature, job: Job | None) -> tuple[RevokedAuthority, ...]:
    """Answer the revoked issuing CAs that a signature depends on, each with what the signature's job vouches for."""
    rows = (store.revoked_issuing_cas.find(tx, identity=identity) for identity in issuers_of(signature))
    jobs = [job] if job is not None and job.status == "Succeeded" else []
    return tuple(_as_revoked(row, jobs) for row in rows if row is not None)


def list_revoked(tx: Tx) -> tuple[RevokedAuthority, ...]:
    """Answer every revoked issuing CA, with all that stands under it."""
    return tuple(
        _as_revoked(row, store.list_jobs_under(tx, row.identity)) for row in store.list_revoked_issuing_cas(tx)
    )


def is_revoked_certificate(tx: Tx, name: str) -> bool:
    """Tell whether GetRevocationStatus's name of a certificate is that of a revoked issuing CA, or of one it issued."""
    halves = {name[:_DIGITS].lower(), name[_DIGITS:].lower()}
    return any(store.revoked_issuing_cas.find(tx, identity=half) is not None for half in halves)


def _as_revoked(row: RevokedIssuingCa, jobs: Iterable[Job]) -> RevokedAuthority:
    return RevokedAuthority(
        identity=row.identity,
        name=row.name,
        effective_from=row.effective_from,
        revoked_at=row.revoked_at,
        reason=row.reason,
        standing=frozenset(_voucher(job) for job in jobs if _is_standing(job, row.effective_from)),
    )


def _is_standing(job: Job, effective_from: datetime | None) -> bool:
    assert job.signing_time is not None
    return effective_from is None or job.signing_time <= effective_from


def _voucher(job: Job) -> str:
    assert job.seal is not None
    assert job.signing_time is not None
    assert job.expires_at is not None
    return make_voucher(
        job_arn=job.arn,
        profile_version_arn=job.profile_version_arn,
        seal=bytes.fromhex(job.seal),
        signing_time=job.signing_time,
        expires_at=job.expires_at,
    )


def _narrowed(found: RevokedIssuingCa, effective_from: datetime | None) -> RevokedIssuingCa:
    if found.effective_from is not None and (effective_from is None or effective_from > found.effective_from):
        raise Conflict(
            f"{found.name} is revoked with records doubted from {found.effective_from.isoformat()} on;"
            " that can only be moved to an earlier time"
        )
    return replace(found, effective_from=effective_from)

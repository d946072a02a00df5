"""What was revoked: AWS Signer's rules, who knows of it, and the signed list that carries it to where no server is.

A revoked job's signature is not trusted any more; a revoked profile version's signatures are not trusted if they were
made strictly after the revocation's effective time, and stay good if made before or at it.

A list's document is JSON with two members: `list`, the exact text that was signed (itself JSON, in one canonical
form), and `signature`, its signature block, made by a leaf of the authority with this one purpose.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from sealgate.errors import IntegrityError, Invalid
from sealgate.trust.assessment import Signature
from sealgate.trust.roots import TrustRoots
from sealgate.trust.statements import StatementSigner, verify_statement
from sealgate.x509.profile import REVOCATION_LIST

_TYPE = "sealgate-revocation-list-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Why a signature is not trusted any more.

    Attributes:
        subject: `job` or `profile version`.
        arn: Which.
        revoked_at: When it was revoked.
        effective_from: For a profile version: signatures made after this moment are revoked.
        reason: Why, in the words of who revoked it.
    """

    subject: str
    arn: str
    revoked_at: datetime
    effective_from: datetime | None
    reason: str


class RevocationKnowledge(Protocol):
    """Somebody who knows what was revoked."""

    def find_revocation(self, signature: Signature) -> Revocation | None:
        """Answer what revokes a signature, or None if nothing known does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedJob:
    """A revoked signature."""

    arn: str
    revoked_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedProfileVersion:
    """A revoked profile version; `effective_from` is the moment after which its signatures are revoked."""

    arn: str
    effective_from: datetime
    revoked_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """All that one authority revoked.

    Attributes:
        jobs: The revoked jobs.
        profile_versions: The revoked profile versions.
        issued_at: When the list was made, in UTC and whole seconds.
        next_update: When a newer one should be had, in UTC and whole seconds.
    """

    jobs: tuple[RevokedJob, ...]
    profile_versions: tuple[RevokedProfileVersion, ...]
    issued_at: datetime
    next_update: datetime

    def find_revocation(self, signature: Signature) -> Revocation | None:
        """Answer what revokes a signature of the authority that the list is from, or None."""
        for job in self.jobs:
            if job.arn == signature.job_arn:
                return Revocation(
                    subject="job", arn=job.arn, revoked_at=job.revoked_at, effective_from=None, reason=job.reason
                )
        for version in self.profile_versions:
            if version.arn == signature.profile_version_arn and is_after(version.effective_from, signature):
                return Revocation(
                    subject="profile version",
                    arn=version.arn,
                    revoked_at=version.revoked_at,
                    effective_from=version.effective_from,
                    reason=version.reason,
                )
        return None


def is_after(effective_from: datetime, signature: Signature) -> bool:
    """Say whether a signature was made strictly after a profile version's revocation took effect."""
    return effective_from < signature.signing_time


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedRevocations:
    """A revocation list whose signature was verified.

    Attributes:
        revocations: The list.
        root_sha256: The fingerprint of the root that its signer's path ends at.
        is_stale: A newer list should have been had.
    """

    revocations: RevocationList
    root_sha256: str
    is_stale: bool

    def covers(self, signature: Signature) -> bool:
        """Say whether the list speaks of this signature: both are from the same authority."""
        return signature.chain[-1].sha256 == self.root_sha256

    def find_revocation(self, signature: Signature) -> Revocation | None:
        """Answer what revokes a signature, or None if nothing known does; an authority revokes only its own."""
        return self.revocations.find_revocation(signature) if self.covers(signature) else None


def encode_revocation_list(revocations: RevocationList, authority: StatementSigner) -> bytes:
    """Write a signed list's document.

    Raises:
        Invalid: The times of issue and next update are not in whole seconds.
    """
    if revocations.issued_at.microsecond or revocations.next_update.microsecond:
        raise Invalid("a revocation list is issued and updated in whole seconds")
    text = _encode_text(revocations)
    block = authority.sign_statement(text, kind=REVOCATION_LIST, signing_time=revocations.issued_at)
    return json.dumps({"list": text.decode(), "signature": block.decode()}, indent=1).encode() + b"\n"


def parse_revocation_list(document: bytes, *, roots: TrustRoots, at: datetime) -> TrustedRevocations:
    """Read a signed list's document and verify it.

    Args:
        document: What `encode_revocation_list` made.
        roots: What is trusted.
        at: The present.

    Raises:
        IntegrityError: It is no such document, or is forged, or not from a trusted authority, or from the future.
    """
    outer = _load_json(document)
    if set(outer) != {"list", "signature"}:
        raise _malformed("it does not have a list and its signature")
    text, block = _parse_ascii(outer["list"]), _parse_ascii(outer["signature"])
    verified = verify_statement(text, block, kind=REVOCATION_LIST, roots=roots, at=at)
    revocations = _parse_text(text)
    if revocations.issued_at != verified.signing_time:
        raise _malformed("it was not signed when it says that it was issued")
    return TrustedRevocations(
        revocations=revocations, root_sha256=verified.root_sha256, is_stale=at > revocations.next_update
    )


def _encode_text(revocations: RevocationList) -> bytes:
    value = {
        "type": _TYPE,
        "issuedAt": revocations.issued_at.isoformat(),
        "nextUpdate": revocations.next_update.isoformat(),
        "jobs": [
            {"arn": job.arn, "revokedAt": job.revoked_at.isoformat(), "reason": job.reason} for job in revocations.jobs
        ],
        "profileVersions": [
            {
                "arn": version.arn,
                "effectiveFrom": version.effective_from.isoformat(),
                "revokedAt": version.revoked_at.isoformat(),
                "reason": version.reason,
            }
            for version in revocations.profile_versions
        ],
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _parse_text(text: bytes) -> RevocationList:
    """Read a list's text, which its signature vouches for; a newer type is refused, not guessed at."""
    value = _load_json(text)
    if value.get("type") != _TYPE:
        raise _malformed(f"its type is not {_TYPE}")
    try:
        revocations = RevocationList(
            jobs=tuple(_parse_job(job) for job in value["jobs"]),
            profile_versions=tuple(_parse_version(version) for version in value["profileVersions"]),
            issued_at=_parse_moment(value["issuedAt"]),
            next_update=_parse_moment(value["nextUpdate"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed("a member is missing or has another type") from error
    if _encode_text(revocations) != text:
        raise _malformed("it is not in its canonical form")
    return revocations


def _parse_job(value: Mapping[str, Any]) -> RevokedJob:
    return RevokedJob(
        arn=_parse_string(value["arn"]),
        revoked_at=_parse_moment(value["revokedAt"]),
        reason=_parse_string(value["reason"]),
    )


def _parse_version(value: Mapping[str, Any]) -> RevokedProfileVersion:
    return RevokedProfileVersion(
        arn=_parse_string(value["arn"]),
        effective_from=_parse_moment(value["effectiveFrom"]),
        revoked_at=_parse_moment(value["revokedAt"]),
        reason=_parse_string(value["reason"]),
    )


def _parse_ascii(value: object) -> bytes:
    if not (isinstance(value, str) and value.isascii()):
        raise _malformed("the list or its signature is not plain text")
    return value.encode()


def _parse_string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("must be text")
    return value


def _parse_moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_parse_string(value))
    if moment.tzinfo is not UTC:
        raise ValueError("must be in UTC")
    return moment


def _load_json(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _malformed("it is not JSON") from error
    if not isinstance(value, dict):
        raise _malformed("it is not a JSON object")
    return value


def _malformed(rule: str) -> IntegrityError:
    return IntegrityError(f"the revocation list cannot be read: {rule}", reason="MalformedRevocationList")

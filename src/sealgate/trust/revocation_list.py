"""The signed list of what was revoked, for where no server is.

Its document is JSON with two members: `list`, the exact text that was signed (itself JSON, in one canonical form), and
`signature`, its signature block, made by a leaf of the authority with this one purpose.

A list that revokes issuing CAs is of type 2, any other of type 1: a verifier that knows only type 1 refuses what it
would not understand, and goes on reading what it does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sealgate.errors import IntegrityError, Invalid
from sealgate.trust.revocation import (
    RevocationList,
    RevokedAuthority,
    RevokedJob,
    RevokedProfileVersion,
    TrustedRevocations,
)
from sealgate.trust.roots import TrustRoots
from sealgate.trust.statements import StatementSigner, verify_statement
from sealgate.x509.profile import REVOCATION_LIST

_TYPE = "sealgate-revocation-list-1"
_TYPE_WITH_AUTHORITIES = "sealgate-revocation-list-2"
_DIGEST_DIGITS = 96


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
        IntegrityError: It is no such document, or is forged, or not from a trusted authority, or from the future, or
            signed under an issuing CA that it revokes itself.
    """
    outer = _load_json(document)
    if set(outer) != {"list", "signature"}:
        raise _malformed("it does not have a list and its signature")
    text, block = _parse_ascii(outer["list"]), _parse_ascii(outer["signature"])
    verified = verify_statement(text, block, kind=REVOCATION_LIST, roots=roots, at=at)
    revocations = _parse_text(text)
    if revocations.issued_at != verified.signing_time:
        raise _malformed("it was not signed when it says that it was issued")
    if not verified.issuers.isdisjoint(authority.identity for authority in revocations.authorities):
        raise IntegrityError("the revocation list was signed under an issuing CA that it revokes", reason="SelfRevoked")
    return TrustedRevocations(
        revocations=revocations, root_sha256=verified.root_sha256, is_stale=at > revocations.next_update
    )


def _encode_text(revocations: RevocationList) -> bytes:
    value: dict[str, Any] = {
        "type": _TYPE_WITH_AUTHORITIES if revocations.authorities else _TYPE,
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
    if revocations.authorities:
        value["issuingAuthorities"] = [_encode_authority(authority) for authority in revocations.authorities]
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _encode_authority(authority: RevokedAuthority) -> Mapping[str, Any]:
    effective_from = authority.effective_from
    return {
        "tbsSha384": authority.identity,
        "name": authority.name,
        "effectiveFrom": None if effective_from is None else effective_from.isoformat(),
        "revokedAt": authority.revoked_at.isoformat(),
        "reason": authority.reason,
        "standing": sorted(authority.standing),
    }


def _parse_text(text: bytes) -> RevocationList:
    """Read a list's text, which its signature vouches for; a newer type is refused, not guessed at."""
    value = _load_json(text)
    if value.get("type") not in (_TYPE, _TYPE_WITH_AUTHORITIES):
        raise _malformed(f"its type is neither {_TYPE} nor {_TYPE_WITH_AUTHORITIES}")
    try:
        revocations = RevocationList(
            jobs=tuple(_parse_job(job) for job in value["jobs"]),
            profile_versions=tuple(_parse_version(version) for version in value["profileVersions"]),
            authorities=_parse_authorities(value),
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


def _parse_authorities(value: Mapping[str, Any]) -> tuple[RevokedAuthority, ...]:
    if value["type"] == _TYPE:
        return ()
    return tuple(_parse_authority(authority) for authority in value["issuingAuthorities"])


def _parse_authority(value: Mapping[str, Any]) -> RevokedAuthority:
    effective_from = value["effectiveFrom"]
    return RevokedAuthority(
        identity=_parse_digest(value["tbsSha384"]),
        name=_parse_string(value["name"]),
        effective_from=None if effective_from is None else _parse_moment(effective_from),
        revoked_at=_parse_moment(value["revokedAt"]),
        reason=_parse_string(value["reason"]),
        standing=frozenset(_parse_digests(value["standing"])),
    )


def _parse_digests(value: object) -> Iterable[str]:
    if not isinstance(value, list):
        raise TypeError("must be a list")
    return (_parse_digest(each) for each in value)


def _parse_digest(value: object) -> str:
    text = _parse_string(value)
    if len(text) != _DIGEST_DIGITS or bytes.fromhex(text).hex() != text:
        raise ValueError("must be a SHA-384 hash")
    return text


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

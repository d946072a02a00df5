"""AWS Signature Version 4: who signed a request, and that it is the request they signed.

The steps are those of the IAM User Guide, "Create a signed AWS API request":

1. Take the claim out of the Authorization header or the X-Amz query parameters (`parse_claim`).
2. Check its form, scope and time, and that it covers `host` and every `x-amz-` header (`check_claim`).
3. Build the canonical request from what was received (`canonical_request`).
4. Derive the signing key, sign, and compare in constant time (`verify_signature`).

Nothing else of the request may be believed before step 4. The payload enters step 3 as a hash; that the body has
that hash is checked by who reads the body.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from sealgate.aws import faults
from sealgate.aws.request import Request

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
CLOCK_SKEW = timedelta(minutes=15)
MAX_LIFETIME_SECONDS = 604_800
"""A week (S3 API reference, X-Amz-Expires)."""

TIMESTAMP = "%Y%m%dT%H%M%SZ"
"""How SigV4 writes a moment, for `format`."""

_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_USUAL_HEADER = re.compile(
    rf"{ALGORITHM} Credential=([^/,=\s]+)/(\d{{8}})/([^/,=\s]+)/([^/,=\s]+)/{TERMINATOR}, ?SignedHeaders=([^,=\s]+), ?",
    re.ASCII,
)
"""As clients write it, up to the signature: the same in all calls of a day that one client makes of one kind."""
_USUAL_LENGTH = 512
_KEPT_HEADERS = 1024
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]{1,16}){1,3}-[0-9]{1,2}")
_LIFETIME = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_SAFE = "-_.~"
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.~-]*")
"""A path in which nothing is encoded."""
_KEPT_KEYS = 1024
_KEPT_MOMENTS = 64
_EARLY, _LATE = -CLOCK_SKEW, CLOCK_SKEW
_QUERY_PARAMETERS = ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature")
_BLANKS = " \t"
_SPACES = re.compile(" {2,}")


class CredentialScope(NamedTuple):
    """What a derived key is good for: one day, one region, one service."""

    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


class Claim(NamedTuple):
    """What a request says of its own signature; nothing of it is verified yet.

    Attributes:
        timestamp: When it was signed, as written (`20260102T030405Z`).
        signed_at: The same as a moment; aware, UTC.
        signed_headers: Lower-case names, in the order written.
        lifetime: Seconds for which a presigned link works; None for a signature in the Authorization header.
    """

    access_key_id: str
    scope: CredentialScope
    timestamp: str
    signed_at: datetime
    signed_headers: tuple[str, ...]
    signature: str
    lifetime: int | None

    @property
    def is_presigned(self) -> bool:
        """Whether the signature stands in the query."""
        return self.lifetime is not None


def parse_claim(request: Request) -> Claim | None:
    """Step 1: take the claim out of a request; None when it is not signed at all.

    Raises:
        MalformedSignature, MalformedPresignature: There is a signature, of no form that we know.
    """
    header = request.headers.get("authorization")
    presigned = request.find_query("X-Amz-Algorithm")
    if header is not None and presigned is not None:
        raise faults.MalformedSignature("Only one auth mechanism allowed")
    if header is not None:
        return _parse_header(header, request.headers.get("x-amz-date"))
    return None if presigned is None else _parse_presigned(request, presigned)


def _parse_header(header: str, timestamp: str | None) -> Claim:
    start, _, signature = header.rpartition("Signature=")
    usual = _parse_usual(start) if len(start) <= _USUAL_LENGTH else None
    if usual is not None and timestamp is not None and _SIGNATURE.fullmatch(signature):
        key_id, scope, signed_headers = usual
        signed_at = _find_moment(timestamp)
        if signed_at is not None and scope.date == timestamp[:8]:
            return Claim(key_id, scope, timestamp, signed_at, signed_headers, signature, lifetime=None)
    return _parse_any_header(header, timestamp)


@lru_cache(maxsize=_KEPT_HEADERS)
def _parse_usual(start: str) -> tuple[str, CredentialScope, tuple[str, ...]] | None:
    """Read a header up to its signature: the key's id, the scope and the signed headers; None where it is unusual."""
    usual = _USUAL_HEADER.fullmatch(start)
    if usual is None:
        return None
    key_id, date, region, service, signed_headers = usual.groups()
    return key_id, CredentialScope(date, region, service), tuple(signed_headers.split(";"))


def _parse_any_header(header: str, timestamp: str | None) -> Claim:
    """Read a header part by part, to say what is wrong with it, or where it is unusual but right."""
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        raise faults.UnsupportedSignature
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    for name in ("Credential", "Signature", "SignedHeaders"):
        if not fields.get(name):
            raise faults.MalformedSignature(f"Authorization header requires '{name}' parameter.")
    if timestamp is None:
        raise faults.MalformedSignature("Authorization header requires existence of a 'X-Amz-Date' header.")
    return _claim(
        faults.MalformedSignature,
        credential=fields["Credential"],
        timestamp=timestamp,
        signed_headers=fields["SignedHeaders"],
        signature=fields["Signature"],
        lifetime=None,
    )


def _parse_presigned(request: Request, algorithm: str) -> Claim:
    if algorithm != ALGORITHM:
        raise faults.MalformedPresignature(f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    given = [[value for each, value in request.query if each == name] for name in _QUERY_PARAMETERS]
    if any(len(values) != 1 for values in given):
        raise faults.MalformedPresignature(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
    credential, timestamp, lifetime, signed_headers, signature = (values[0] for values in given)
    return _claim(
        faults.MalformedPresignature,
        credential=credential,
        timestamp=timestamp,
        signed_headers=signed_headers,
        signature=signature,
        lifetime=_parse_lifetime(lifetime),
    )


def _parse_lifetime(text: str) -> int:
    if not _LIFETIME.fullmatch(text):
        raise faults.MalformedPresignature("X-Amz-Expires should be a number")
    seconds = int(text)
    if seconds < 0:
        raise faults.MalformedPresignature("X-Amz-Expires must be non-negative")
    if seconds > MAX_LIFETIME_SECONDS:
        raise faults.MalformedPresignature(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            f"{MAX_LIFETIME_SECONDS} seconds"
        )
    return seconds


def _claim(
    fault: type[faults.MalformedSignature | faults.MalformedPresignature],
    *,
    credential: str,
    timestamp: str,
    signed_headers: str,
    signature: str,
    lifetime: int | None,
) -> Claim:
    key_id, *scope = credential.split("/")
    if len(scope) != 4 or scope[3] != TERMINATOR or not key_id:  # noqa: PLR2004 - date, region, service, terminator
        raise fault(f"Credential must be of the form <access-key>/<date>/<region>/<service>/{TERMINATOR}.")
    signed_at = _find_moment(timestamp)
    if signed_at is None:
        raise fault("Date must be in ISO-8601 'basic format', yyyyMMdd'T'HHmmss'Z'.")
    if scope[0] != timestamp[:8]:
        raise fault(f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: {timestamp[:8]}.")
    if not _SIGNATURE.fullmatch(signature):
        raise fault("Signature must be 64 lower-case hexadecimal digits.")
    return Claim(
        access_key_id=key_id,
        scope=CredentialScope(date=scope[0], region=scope[1], service=scope[2]),
        timestamp=timestamp,
        signed_at=signed_at,
        signed_headers=tuple(signed_headers.split(";")),
        signature=signature,
        lifetime=lifetime,
    )


@lru_cache(maxsize=_KEPT_MOMENTS)
def _find_moment(timestamp: str) -> datetime | None:
    try:
        return datetime.fromisoformat(timestamp) if _TIMESTAMP.fullmatch(timestamp) else None
    except ValueError:
        return None


def check_claim(claim: Claim, request: Request, *, now: datetime) -> None:
    """Step 2: refuse a claim that could not be accepted whatever its signature.

    Raises:
        WrongScope: The region is none.
        SignatureExpired, LinkExpired: Signed too long ago, or in the future.
        HeadersNotSigned: `host` or an `x-amz-` header is not covered, so it could have been added on the way.
    """
    if not _REGION.fullmatch(claim.scope.region):
        raise faults.WrongScope(f"Credential should be scoped to a valid region, not '{claim.scope.region}'.")
    _check_time(claim, now)
    covered = set(claim.signed_headers)
    loose = [name for name in request.headers if name.startswith("x-amz-") and name not in covered]
    if "host" not in covered:
        loose.append("host")
    if loose:
        raise faults.HeadersNotSigned(sorted(loose))


def _check_time(claim: Claim, now: datetime) -> None:
    age = now - claim.signed_at
    if age < _EARLY:
        raise faults.SignatureExpired(
            f"Signature not yet current: {claim.timestamp} is still later than {now + CLOCK_SKEW:{TIMESTAMP}} "
            f"({now:{TIMESTAMP}} + 15 min.)"
        )
    if claim.lifetime is not None:
        if age > timedelta(seconds=claim.lifetime):
            raise faults.LinkExpired
    elif age > _LATE:
        raise faults.SignatureExpired(
            f"Signature expired: {claim.timestamp} is now earlier than {now - CLOCK_SKEW:{TIMESTAMP}} "
            f"({now:{TIMESTAMP}} - 15 min.)"
        )


def canonical_request(request: Request, claim: Claim, payload_hash: str) -> bytes:
    """Step 3: write a request in the one form that both sides sign.

    Raises:
        SignatureMismatch: A header that the signature covers was not received.
    """
    try:
        lines = "\n".join([f"{name}:{request.headers[name].strip(_BLANKS)}" for name in claim.signed_headers])
    except KeyError as error:
        raise faults.SignatureMismatch from error
    if "  " in lines:
        lines = _SPACES.sub(" ", lines)
    path, query = canonical_path(request.raw_path, claim.scope.service), canonical_query(request.query)
    signed = ";".join(claim.signed_headers)
    return f"{request.method}\n{path}\n{query}\n{lines}\n\n{signed}\n{payload_hash}".encode("latin-1")


def canonical_path(raw_path: str, service: str) -> str:
    """Write a path as it is signed: S3's as it is sent, all others' encoded once more."""
    return raw_path if service == "s3" or _PLAIN_PATH.fullmatch(raw_path) else quote(raw_path, safe="/" + _SAFE)


def canonical_query(query: tuple[tuple[str, str], ...]) -> str:
    """Write query parameters as they are signed: encoded, then sorted, without the signature itself."""
    if not query:
        return ""
    pairs = [(quote(name, safe=_SAFE), quote(value, safe=_SAFE)) for name, value in query if name != "X-Amz-Signature"]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


class SigningKeys:
    """Derives signing keys, and remembers them: one serves a whole day. Bounded; forgets everything when full."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, CredentialScope], bytes] = {}

    def derive(self, secret: str, scope: CredentialScope) -> bytes:
        """Answer the key of a secret for one scope."""
        key = self._kept.get((secret, scope))
        if key is None:
            if len(self._kept) >= _KEPT_KEYS:
                self._kept.clear()
            key = self._kept[secret, scope] = derive_key(secret, scope)
        return key


def derive_key(secret: str, scope: CredentialScope) -> bytes:
    """Derive the signing key of a secret for one scope."""
    key = ("AWS4" + secret).encode()
    for part in (scope.date, scope.region, scope.service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def sign(key: bytes, *, timestamp: str, scope: CredentialScope, canonical: bytes) -> str:
    """Sign a canonical request; 64 hexadecimal digits."""
    text = f"{ALGORITHM}\n{timestamp}\n{scope!s}\n{hashlib.sha256(canonical).hexdigest()}"
    return hmac.digest(key, text.encode("latin-1"), "sha256").hex()


def verify_signature(claim: Claim, *, key: bytes, canonical: bytes) -> None:
    """Step 4: sign what was received, and compare.

    Raises:
        SignatureMismatch: It is not what was signed, or not with this key.
    """
    expected = sign(key, timestamp=claim.timestamp, scope=claim.scope, canonical=canonical)
    if not hmac.compare_digest(expected, claim.signature):
        raise faults.SignatureMismatch

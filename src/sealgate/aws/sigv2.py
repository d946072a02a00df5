"""S3 links of AWS Signature Version 2, which `aws s3 presign` and boto3 still make unless they are told otherwise.

1. Take the claim out of the query, in a form that can be signed in one way only (`find_link`).
2. Check its time (`check_link`).
3. Build the string to sign from what was received (`string_to_sign`).
4. Sign, compare in constant time, and only then look at what is asked for (`verify_link`).

Nothing else of that version is accepted, the Authorization header neither. It covers less than version 4, so less is
allowed: GET, HEAD and PUT of one object, and no query parameter that it leaves open. Host and body are not covered;
they are not on AWS either. Every `x-amz-` header is, whether it was sent as a header or stands in the query.

Source: Amazon S3 developer guide, "Signing and authenticating REST requests (AWS signature version 2)", "Query string
request authentication alternative". Codes and texts are those that S3 answers.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sealgate.aws import faults
from sealgate.aws.endpoints import in_path_style
from sealgate.aws.request import SIGNATURE_QUERY, Request, decode_component
from sealgate.aws.sigv4 import CLOCK_SKEW

METHODS = frozenset({"GET", "HEAD", "PUT"})

MAX_LIFETIME = timedelta(days=7)
"""How far ahead a link may expire.

AWS knows no bound for this version. Here it is version 4's, so that asking for the older one is no way to a link that
outlives every other: `aws s3 presign` offers no more than a week either.
"""

_OWN = ("AWSAccessKeyId", "Expires", "Signature")
_REPEATED = frozenset({"content-md5", "content-type"})
"""Headers that botocore repeats in the query; what counts, on AWS too, is the header that was sent."""

_VALUED = frozenset(
    {
        "partNumber",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "uploadId",
        "versionId",
    }
)
"""Sub-resources that are signed with their value, and may be asked for."""

_NAMED = frozenset(
    {
        "acl",
        "attributes",
        "legal-hold",
        "restore",
        "retention",
        "select",
        "select-type",
        "tagging",
        "torrent",
        "uploads",
    }
)
"""Sub-resources of an object that are signed too, so that one that was added on the way is a broken signature."""

_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
_AMAZON = "x-amz-"
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link says of its own signature; nothing of it is verified yet.

    Attributes:
        bucket: Whose object it is for.
        expires: Until when it works, as written: seconds since 1970.
        signature: In base64.
    """

    access_key_id: str
    bucket: str
    expires: str
    signature: str


def find_link(request: Request) -> Link | None:
    """Step 1: take the claim out of a link; None when the request is no link of this version.

    Raises:
        MalformedLink: A parameter is missing, given twice, or could be signed as if it were another.
        UnsupportedSignature: It is not for an object.
    """
    values = dict(request.query)
    if "AWSAccessKeyId" not in values and "Signature" not in values:
        return None
    bucket, _, key = in_path_style(request).raw_path.removeprefix("/").partition("/")
    if not key:
        raise faults.UnsupportedSignature
    if not all(map(values.get, _OWN)):
        raise faults.MalformedLink(
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        )
    _check_form(request.query)
    access_key_id, expires, signature = (values[name] for name in _OWN)
    if not _SECONDS.fullmatch(expires):
        raise faults.MalformedLink(f"Invalid date (should be seconds since epoch): {expires}")
    return Link(access_key_id=access_key_id, bucket=decode_component(bucket), expires=expires, signature=signature)


def _check_form(query: tuple[tuple[str, str], ...]) -> None:
    """Refuse parameters whose signed form would be that of other ones too: the string to sign escapes nothing."""
    names = [name.lower() for name, _ in query]
    if len(set(names)) != len(names):
        raise faults.MalformedLink("Query-string authentication requires that no parameter is given twice")
    for name, value in query:
        if _is_amazons(name) and not _HEADER_NAME.fullmatch(name.lower()):  # the colon of another header's line
            raise faults.MalformedLink("A parameter is not the name of a header")
        if _CONTROL.search(value):  # the end of one header's line and another header
            raise faults.MalformedLink(f"The parameter {name} has control characters")
        inside = {part.partition("=")[0] for part in value.split("&")[1:]}
        if name in _VALUED and not inside.isdisjoint(_VALUED | _NAMED):  # `a=1%26versionId=2` and `a=1&versionId=2`
            raise faults.MalformedLink(f"The parameter {name} holds another parameter")


def _is_amazons(name: str) -> bool:
    return name.lower().startswith(_AMAZON)


def without_link(request: Request) -> Request:
    """Answer a link's request without the parameters that are only about its signature; any other as it is."""
    if request.find_query("AWSAccessKeyId") is None:
        return request
    return request._replace(query=tuple(pair for pair in request.query if pair[0] not in {*_OWN, *_REPEATED}))


def check_link(link: Link, *, now: datetime) -> None:
    """Step 2: refuse a link that could not be accepted whatever its signature.

    Raises:
        LinkExpired: It works no more.
        MalformedLink: It would work for longer than `MAX_LIFETIME`, and a skew of clocks.
    """
    left = int(link.expires) - now.timestamp()
    if left < 0:
        raise faults.LinkExpired
    if left > (MAX_LIFETIME + CLOCK_SKEW).total_seconds():
        raise faults.MalformedLink("Expires must be at most a week (604800 seconds) from now")


def string_to_sign(link: Link, request: Request) -> bytes:
    """Step 3: write a link's request in the one form that both sides sign.

    Headers and the path are the bytes that were sent, parameters are decoded.
    """
    parameters = {name.lower(): value.encode() for name, value in request.query if _is_amazons(name)}
    headers = {name: _sent(value.strip(" \t")) for name, value in request.headers.items()}
    amazon = {**parameters, **{name: value for name, value in headers.items() if name.startswith(_AMAZON)}}
    lines = (
        request.method.encode(),
        headers.get("content-md5", b""),
        headers.get("content-type", b""),
        link.expires.encode(),
        *(name.encode() + b":" + value for name, value in sorted(amazon.items())),
        _resource(request),
    )
    return b"\n".join(lines)


def _resource(request: Request) -> bytes:
    named = ((name, value) for name, value in sorted(request.query) if name in _VALUED | _NAMED)
    parts = [name if name in _NAMED and not value else f"{name}={value}" for name, value in named]
    return _sent(in_path_style(request).raw_path) + ("?" * bool(parts) + "&".join(parts)).encode()


def _sent(text: str) -> bytes:
    return text.encode("latin-1")


def verify_link(link: Link, request: Request, *, secret: str) -> None:
    """Step 4: sign what was received, and compare.

    Raises:
        SignatureMismatch: It is not what was signed, or not with this secret.
        UnsupportedSignature: It is, and asks for what this version does not cover.
    """
    expected = base64.b64encode(hmac.digest(secret.encode(), string_to_sign(link, request), "sha1"))
    if not hmac.compare_digest(expected, link.signature.encode()):
        raise faults.SignatureMismatch
    if request.method not in METHODS or not all(_is_covered(name) for name, _ in request.query):
        raise faults.UnsupportedSignature


def _is_covered(name: str) -> bool:
    if name in SIGNATURE_QUERY:
        return False
    return name in _OWN or name in _REPEATED or name in _VALUED or _is_amazons(name)

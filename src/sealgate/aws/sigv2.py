"""S3 links of AWS Signature Version 2, which `aws s3 presign` and boto3 still make unless they are told otherwise.

Nothing else of that version is accepted. It covers less than version 4, so less is allowed: only GET, HEAD and PUT of
one object, and no query parameter that it leaves open. The host and the body are not covered; they are not on AWS.

Source: Amazon S3 user guide, "Signing and authenticating REST requests (AWS signature version 2)".
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sealgate.aws import faults
from sealgate.aws.endpoints import in_path_style
from sealgate.aws.request import Request

METHODS = frozenset({"GET", "HEAD", "PUT"})

_OWN = ("AWSAccessKeyId", "Expires", "Signature")
_REPEATED = frozenset({"content-md5", "content-type"})
"""Headers that the link repeats in its query; what counts is the header that was sent."""

_COVERED = frozenset(
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
_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link says of its own signature; nothing of it is verified yet.

    Attributes:
        expires: Until when it works, as written: seconds since 1970.
        signature: In base64.
    """

    access_key_id: str
    expires: str
    signature: str


def find_link(request: Request) -> Link | None:
    """Take the claim out of a link; None when the request is no link of this version.

    Raises:
        MalformedPresignature: A parameter is missing, given twice, or of another form.
        UnsupportedSignature: Something is asked for that this version does not cover.
    """
    if request.find_query(_OWN[0]) is None:
        return None
    given = [[value for each, value in request.query if each == name] for name in _OWN]
    if any(len(values) != 1 for values in given) or not _SECONDS.fullmatch(given[1][0]):
        raise faults.MalformedPresignature(
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        )
    key = in_path_style(request).raw_path.removeprefix("/").partition("/")[2]
    open_parameters = [
        name
        for name, _ in request.query
        if name not in _COVERED and name not in _OWN and name not in _REPEATED and not name.startswith("x-amz-")
    ]
    if "authorization" in request.headers or request.method not in METHODS or not key or open_parameters:
        raise faults.UnsupportedSignature
    access_key_id, expires, signature = (values[0] for values in given)
    return Link(access_key_id=access_key_id, expires=expires, signature=signature)


def without_link(request: Request) -> Request:
    """Answer a link's request without the parameters that are only about its signature; any other as it is."""
    if request.find_query(_OWN[0]) is None:
        return request
    return replace(request, query=tuple(pair for pair in request.query if pair[0] not in {*_OWN, *_REPEATED}))


def check_time(link: Link, *, now: datetime) -> None:
    """Refuse a link after its time.

    Raises:
        LinkExpired: It works no more.
    """
    if now.astimezone(UTC).timestamp() > int(link.expires):
        raise faults.LinkExpired


def verify_link(link: Link, request: Request, *, secret: str) -> None:
    """Sign what was received, and compare.

    Raises:
        SignatureMismatch: It is not what was signed, or not with this secret.
        UnknownSessionToken: A session token was sent.
    """
    meant = in_path_style(without_link(request).hoisted())
    if "x-amz-security-token" in meant.headers:
        raise faults.UnknownSessionToken
    amazon = sorted((name, value) for name, value in meant.headers.items() if name.startswith("x-amz-"))
    covered = sorted((name, value) for name, value in meant.query if name in _COVERED)
    resource = meant.raw_path + ("?" if covered else "") + "&".join(f"{name}={value}" for name, value in covered)
    lines = (
        request.method,
        meant.headers.get("content-md5", ""),
        meant.headers.get("content-type", ""),
        link.expires,
        *(f"{name}:{value}" for name, value in amazon),
        resource,
    )
    expected = base64.b64encode(hmac.digest(secret.encode(), "\n".join(lines).encode("utf-8"), "sha1"))
    if not hmac.compare_digest(expected, link.signature.encode()):
        raise faults.SignatureMismatch

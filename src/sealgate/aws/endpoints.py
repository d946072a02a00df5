"""Which service a request is for, and where S3 finds the bucket's name in a host name."""

from __future__ import annotations

import re
from urllib.parse import quote

from sealgate.aws.request import Request

_LABEL = r"s3(?:\.[a-z]{2,4}(?:-[a-z]+){1,3}-[0-9]{1,2})?"
_OWN_NAME = re.compile(rf"{_LABEL}\.localhost")
_VIRTUAL_HOST = re.compile(rf"(?P<bucket>[a-z0-9][a-z0-9.-]{{1,61}}?[a-z0-9])(?:\.{_LABEL})?\.localhost")
_SIGNER_PATHS = ("signing-profiles", "signing-jobs", "signing-platforms", "revocations", "tags")
_LAMBDA_PATH = re.compile(r"/(20[0-9]{2}-[0-9]{2}-[0-9]{2}/|_sealgate/(code|layers)/)")


def guess_service(request: Request) -> str:
    """Answer the service that a request without a usable signature is for, in this order.

    1. A bucket in the host name: S3.
    2. A header that names an operation of CloudTrail's, CloudWatch's, CloudWatch Logs', Systems Manager's or Cloud
       Control's, or a protocol of CloudWatch's alone.
    3. The path `/` with a form, or with an `Action` parameter: STS.
    4. A first segment of Signer's (`/tags` with an ARN of Signer's): Signer.
    5. A path that begins with an API version, as all of Lambda's do: Lambda.
    6. Anything else: S3.
    """
    path = request.raw_path
    first, _, rest = path.strip("/").partition("/")
    if find_bucket(request.host) is not None:
        return "s3"
    named = _find_by_header(request)
    if named is not None:
        return named
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if path == "/" and (is_form or request.find_query("Action") is not None):
        return "sts"
    if first in _SIGNER_PATHS and (first != "tags" or rest.lower().startswith(("arn%3a", "arn:"))):
        return "signer"
    return "lambda" if _LAMBDA_PATH.match(path) else "s3"


def _find_by_header(request: Request) -> str | None:
    target = request.headers.get("x-amz-target", "")
    if "CloudTrail_" in target:
        return "cloudtrail"
    if target.startswith("Logs_"):
        return "logs"
    if target.startswith("AmazonSSM"):
        return "ssm"
    if target.startswith("CloudApiService"):
        return "cloudcontrol"
    is_metrics = "smithy-protocol" in request.headers or target.startswith("GraniteService")
    return "cloudwatch" if is_metrics else None


def find_bucket(host: str) -> str | None:
    """Answer the bucket that a host name names, or None for path style.

    The forms are `BUCKET.localhost`, `BUCKET.s3.localhost` and `BUCKET.s3.REGION.localhost`, with or without a port.
    """
    name = host.partition(":")[0].lower()
    if not name.endswith(".localhost") or _OWN_NAME.fullmatch(name):
        return None
    match = _VIRTUAL_HOST.fullmatch(name)
    return match["bucket"] if match else None


def in_path_style(request: Request) -> Request:
    """Answer an S3 request with its bucket in the path, wherever it stood."""
    bucket = find_bucket(request.host)
    return request if bucket is None else request._replace(raw_path=f"/{quote(bucket)}{request.raw_path}")

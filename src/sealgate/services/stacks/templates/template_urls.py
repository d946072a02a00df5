"""Templates in buckets: which object a TemplateURL names. It is always one of this server; nothing is fetched.

Clients make such an address from the endpoint that they were given (`http://127.0.0.1:4566/bucket/key`) or, where they
think of AWS, from S3's own names.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.operations import OperationRefused, Perform
from sealgate.services.stacks.templates.documents import MAX_BYTES

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_AMAZON = r"(\.dualstack)?([.-][a-z0-9-]+)?\.amazonaws\.com(\.cn)?"
_PATH_STYLE = re.compile(rf"s3{_AMAZON}")
_HOST_STYLE = re.compile(rf"(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3{_AMAZON}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPlace:
    """An object, and its version if one is named."""

    bucket: str
    key: str
    version: str | None = None


def parse_template_url(url: str, *, hosts: Collection[str] = ()) -> ObjectPlace:
    """Read a TemplateURL.

    Args:
        url: The address.
        hosts: What this server is called besides its loopback names, each `host` or `host:port`.

    Raises:
        TemplateInvalid: It names no object of this server.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        raise TemplateInvalid(f"TemplateURL must be a supported URL: {url}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise TemplateInvalid("TemplateURL must be a supported URL.")
    path = unquote(parts.path).lstrip("/")
    version = next(iter(parse_qs(parts.query).get("versionId", [])), None)
    in_host = _HOST_STYLE.fullmatch(host)
    if in_host is not None:
        return _place(in_host["bucket"], path, version, url)
    known = {each.rpartition(":")[0] or each for each in hosts} | set(hosts)
    if host not in _LOOPBACK and host not in known and _PATH_STYLE.fullmatch(host) is None:
        raise TemplateInvalid(f"S3 error: Domain name specified in {host} is not a valid S3 domain")
    bucket, _, key = path.partition("/")
    return _place(bucket, key, version, url)


def read_template_url(url: str, perform: Perform, *, hosts: Collection[str] = ()) -> str:
    """Answer the text that a TemplateURL names, read with the rights of who acts.

    Raises:
        TemplateInvalid: It names no object, or one that is no text, is too long or may not be read.
    """
    place = parse_template_url(url, hosts=hosts)
    version = {} if place.version is None else {"VersionId": place.version}
    try:
        size = int(perform("s3", "HeadObject", Bucket=place.bucket, Key=place.key, **version)["ContentLength"])
        if size > MAX_BYTES:
            raise TemplateInvalid(f"Template may not exceed {MAX_BYTES} bytes in size.")
        body = perform("s3", "GetObject", Bucket=place.bucket, Key=place.key, **version)["Body"]
        return bytes(body).decode()
    except OperationRefused as error:
        raise TemplateInvalid(f"S3 error: {error.message}") from None
    except UnicodeDecodeError:
        raise TemplateInvalid("Template format error: the object is not UTF-8 text.") from None


def _place(bucket: str, key: str, version: str | None, url: str) -> ObjectPlace:
    if not bucket or not key:
        raise TemplateInvalid(f"TemplateURL must reference a valid S3 object to which you have access: {url}")
    return ObjectPlace(bucket=bucket, key=key, version=version)

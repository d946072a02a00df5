"""Links to this server that carry their own signature: the other side of `sealgate.aws.sigv4`."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sealgate.aws.request import EMPTY_SHA256, Request
from sealgate.aws.sigv4 import (
    ALGORITHM,
    TIMESTAMP,
    Claim,
    CredentialScope,
    canonical_query,
    canonical_request,
    derive_key,
    sign,
)


def presign_get(
    *,
    endpoint: str,
    path: str,
    access_key_id: str,
    secret: str,
    region: str,
    service: str,
    at: datetime,
    lifetime: timedelta,
    session_token: str | None = None,
) -> str:
    """Write a link whose GET is signed by an access key.

    Args:
        endpoint: `scheme://host[:port]`; the host is signed, so the link works under this name only.
        path: Percent-encoded, as it will be sent.
        access_key_id: Whose call the link makes.
        secret: Its secret.
        region: The region of that call.
        service: The signing name; anything but S3, whose links sign no payload hash.
        at: From when on it works; aware, UTC.
        lifetime: Whole seconds, from one to seven days.
        session_token: The token of the session that the access key is of; None for a long-term key.
    """
    scope = CredentialScope(date=f"{at:%Y%m%d}", region=region, service=service)
    timestamp, seconds = f"{at:{TIMESTAMP}}", int(lifetime.total_seconds())
    query = (
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{access_key_id}/{scope}"),
        ("X-Amz-Date", timestamp),
        ("X-Amz-Expires", str(seconds)),
        ("X-Amz-SignedHeaders", "host"),
        *((("X-Amz-Security-Token", session_token),) if session_token is not None else ()),
    )
    parts = urlsplit(endpoint)
    request = Request(
        method="GET",
        raw_path=path,
        query=query,
        headers={"host": parts.netloc},
        scheme=parts.scheme,
        host=parts.netloc,
        source_ip="",
    )
    claim = Claim(
        access_key_id=access_key_id,
        scope=scope,
        timestamp=timestamp,
        signed_at=at,
        signed_headers=("host",),
        signature="",
        lifetime=seconds,
    )
    canonical = canonical_request(request, claim, EMPTY_SHA256)
    signature = sign(derive_key(secret, scope), timestamp=timestamp, scope=scope, canonical=canonical)
    return f"{endpoint}{path}?{canonical_query(query)}&X-Amz-Signature={signature}"

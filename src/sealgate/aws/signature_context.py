"""What conditions may ask of how a request to S3 was signed.

Source: Amazon S3 API reference, "Amazon S3 Signature Version 4 Authentication Specific Policy Keys".
"""

from __future__ import annotations

from datetime import timedelta

from sealgate.aws.exchange import Exchange
from sealgate.aws.sigv2 import Link
from sealgate.policy.request import Context

_IN_HEADER, _IN_QUERY = "REST-HEADER", "REST-QUERY-STRING"
_MILLISECOND = timedelta(milliseconds=1)


def signature_context(exchange: Exchange) -> Context:
    """Answer the condition keys of a request's signature; none for another service, or without one."""
    claim = exchange.claim
    if exchange.service.name != "s3" or claim is None:
        return {}
    if isinstance(claim, Link):
        return {"s3:signatureversion": ("AWS",), "s3:authtype": (_IN_QUERY,)}
    context = {
        "s3:signatureversion": ("AWS4-HMAC-SHA256",),
        "s3:authtype": (_IN_QUERY if claim.is_presigned else _IN_HEADER,),
        "s3:signatureage": (str(max(0, (exchange.now - claim.signed_at) // _MILLISECOND)),),
    }
    content = exchange.request.headers.get("x-amz-content-sha256")
    return context if content is None else context | {"s3:x-amz-content-sha256": (content,)}

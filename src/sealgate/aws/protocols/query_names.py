"""What errors are called for clients of a service that once spoke the query protocol alone: by the names of that time.

Source: Smithy, "AWS Query Compatible".
"""

from __future__ import annotations

from sealgate.aws.errors import WireError

QUERY_ERROR = "x-amzn-query-error"


def query_name(error: WireError) -> str:
    """Answer an error's name in the query protocol."""
    return error.query_code or error.code


def query_error(error: WireError) -> dict[str, str]:
    """Answer the header that tells it, and whose fault it is, where the body has another name."""
    return {QUERY_ERROR: f"{query_name(error)};{'Sender' if error.is_client_fault else 'Receiver'}"}

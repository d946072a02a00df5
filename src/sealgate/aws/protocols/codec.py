"""What a protocol does for the application: requests to members, members and errors to responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sealgate.aws.errors import WireError
from sealgate.aws.request import Request
from sealgate.aws.response import Response


class Codec(Protocol):
    """One operation's way on and off the wire, compiled once from its model."""

    def parse(self, request: Request, labels: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """Answer the input members that a request carries: member -> value.

        A streaming body is no part of it.

        Raises:
            Malformed: The body is no document, or a value is not of its type.
            UnsupportedMember: Something is not in the model.
        """
        ...

    def encode(self, members: Mapping[str, Any], request_id: str) -> Response:
        """Write output members."""
        ...


class Wire(Protocol):
    """One service's protocol, for what is the same whatever the operation."""

    def encode_error(self, error: WireError, request_id: str) -> Response:
        """Write an error in the service's own shape."""
        ...

    def identify(self, request_id: str) -> dict[str, str]:
        """Answer the headers that name a request, on every response."""
        ...

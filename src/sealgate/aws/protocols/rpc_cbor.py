"""The Smithy RPC v2 CBOR protocol: CloudWatch. The operation is named in the path, everything else in the body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sealgate.aws.errors import WireError
from sealgate.aws.model import OperationModel, ServiceModel
from sealgate.aws.protocols.cbor_body import encode_map, parse_map, scalar_encoder, scalar_parser
from sealgate.aws.protocols.json_body import BodyEncoder, BodyParser
from sealgate.aws.protocols.query_names import query_error
from sealgate.aws.relaxations import Dialect
from sealgate.aws.request import Request
from sealgate.aws.response import Response

PROTOCOL = "smithy-protocol"
"""The header that names the protocol, on requests and answers."""
RPC_V2_CBOR = "rpc-v2-cbor"
_HEADERS = {"Content-Type": "application/cbor", PROTOCOL: RPC_V2_CBOR}


def find_rpc_operation(request: Request, prefix: str) -> str | None:
    """Answer the operation that a request names, or None where it names none of this service.

    Args:
        request: What came.
        prefix: The model's name for the service (`GraniteServiceVersion20100801`).
    """
    path, _, operation = request.raw_path.rpartition("/")
    is_named = request.method == "POST" and path == f"/service/{prefix}/operation"
    return operation if is_named and request.headers.get(PROTOCOL) == RPC_V2_CBOR else None


class RpcCborCodec:
    """One operation on the RPC v2 CBOR wire."""

    def __init__(self, model: OperationModel, dialect: Dialect) -> None:
        given = dialect.members(model.input_shape) if model.input_shape else {}
        answered = dialect.members(model.output_shape) if model.output_shape else {}
        self._parser = BodyParser(model.name, given, dialect, scalar=scalar_parser)
        self._encode = BodyEncoder(dialect, scalar=scalar_encoder).members(answered)

    def parse(self, request: Request, labels: Mapping[str, str], body: bytes) -> dict[str, Any]:  # noqa: ARG002 - all is in the body
        """Answer the input members (see `Codec`)."""
        return self._parser.read(parse_map(body))

    def encode(self, members: Mapping[str, Any], request_id: str) -> Response:  # noqa: ARG002 - other protocols repeat the id
        """Write output members (see `Codec`)."""
        return Response(status=200, headers=_HEADERS, body=encode_map(self._encode(members)))


class RpcCborWire:
    """Errors and identification of an RPC v2 CBOR service; an error's name is in the body's `__type`."""

    def __init__(self, model: ServiceModel) -> None:
        self._is_query_compatible = "awsQueryCompatible" in model.metadata

    def encode_error(self, error: WireError, request_id: str) -> Response:
        """Write an error (see `Wire`)."""
        extra = query_error(error) if self._is_query_compatible else {}
        body = encode_map({"__type": error.code, "message": error.message})
        headers = {**_HEADERS, **error.headers, **extra, **self.identify(request_id)}
        return Response(status=error.status, headers=headers, body=body)

    def identify(self, request_id: str) -> dict[str, str]:
        """Answer the identifying headers (see `Wire`)."""
        return {"x-amzn-RequestId": request_id}

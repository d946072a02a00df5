"""The AWS JSON protocols, 1.0 and 1.1: CloudTrail, CloudWatch.

The operation is named in a header, everything else is in the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from sealgate.aws.errors import WireError
from sealgate.aws.model import OperationModel, ServiceModel
from sealgate.aws.protocols.json_body import BodyEncoder, BodyParser
from sealgate.aws.protocols.query_names import query_error
from sealgate.aws.relaxations import Dialect
from sealgate.aws.request import Request
from sealgate.aws.response import Response

TARGET = "x-amz-target"
"""The header that names the operation: `PREFIX.OPERATION`."""


def find_target(request: Request, prefix: str) -> str | None:
    """Answer the operation that a request names, or None where it names none of this service.

    Args:
        request: What came.
        prefix: The model's own (`com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101`); some clients send only what
            stands after its last dot.
    """
    if (request.method, request.raw_path) != ("POST", "/"):
        return None
    given, _, operation = request.headers.get(TARGET, "").rpartition(".")
    return operation if given in (prefix, prefix.rpartition(".")[2]) else None


class AwsJsonCodec:
    """One operation on the AWS JSON wire."""

    def __init__(self, model: OperationModel, dialect: Dialect) -> None:
        given = dialect.members(model.input_shape) if model.input_shape else {}
        answered = dialect.members(model.output_shape) if model.output_shape else {}
        self._parse = BodyParser(model.name, given, dialect).parse
        self._encode = BodyEncoder(dialect).members(answered)
        self._content_type = content_type(model.service_model)

    def parse(self, request: Request, labels: Mapping[str, str], body: bytes) -> dict[str, Any]:  # noqa: ARG002 - all is in the body
        """Answer the input members (see `Codec`)."""
        return self._parse(body)

    def encode(self, members: Mapping[str, Any], request_id: str) -> Response:  # noqa: ARG002 - other protocols repeat the id
        """Write output members (see `Codec`)."""
        return Response(
            status=200, headers={"Content-Type": self._content_type}, body=orjson.dumps(self._encode(members))
        )


class AwsJsonWire:
    """Errors and identification of an AWS JSON service.

    An error's name is in the body's `__type`, and again in a header. A service that once spoke the query protocol says
    in one more header what the error was called there (Smithy, "AWS Query Compatible").
    """

    def __init__(self, model: ServiceModel) -> None:
        self._content_type = content_type(model)
        self._is_query_compatible = "awsQueryCompatible" in model.metadata

    def encode_error(self, error: WireError, request_id: str) -> Response:
        """Write an error (see `Wire`)."""
        headers = {"Content-Type": self._content_type, "x-amzn-ErrorType": error.code, **error.headers}
        if self._is_query_compatible:
            headers |= query_error(error)
        body = orjson.dumps({"__type": error.code, "message": error.message})
        return Response(status=error.status, headers=headers | self.identify(request_id), body=body)

    def identify(self, request_id: str) -> dict[str, str]:
        """Answer the identifying headers (see `Wire`)."""
        return {"x-amzn-RequestId": request_id}


def content_type(model: ServiceModel) -> str:
    """Answer the media type of a service's documents (`application/x-amz-json-1.1`)."""
    return f"application/x-amz-json-{model.metadata['jsonVersion']}"

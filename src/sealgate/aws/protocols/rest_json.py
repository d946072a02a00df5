"""The REST-JSON protocol (AWS JSON over REST): Signer and Lambda."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from sealgate.aws.errors import WireError
from sealgate.aws.model import OperationModel, ServiceModel, find_payload
from sealgate.aws.protocols.json_body import BodyEncoder, BodyParser
from sealgate.aws.protocols.rest import RestEncoder, RestParser, members_in_body
from sealgate.aws.relaxations import Dialect
from sealgate.aws.reply import FileBody
from sealgate.aws.request import Request
from sealgate.aws.response import WITHOUT_BODY, Response

_JSON = "application/json"


class RestJsonCodec:
    """One operation on the REST-JSON wire."""

    def __init__(self, model: OperationModel, dialect: Dialect) -> None:
        output = model.output_shape
        self._payload_in = find_payload(model)
        if self._payload_in is not None and model.input_shape.members[self._payload_in].type_name != "blob":
            raise TypeError(f"{model.name}: a body that is one member alone, and not bytes, is not supported")
        self._rest = RestParser(model, dialect)
        self._body = BodyParser(model.name, members_in_body(model.input_shape, dialect), dialect)
        self._out = RestEncoder(model, dialect)
        self._in_body = frozenset(members_in_body(output, dialect))
        self._encode = BodyEncoder(dialect).members(members_in_body(output, dialect))
        self._has_output = output is not None
        self._payload = output.serialization.get("payload") if output else None
        self._known = frozenset(output.members) if output else frozenset()
        self._is_all_in_body = self._in_body == self._known

    def parse(self, request: Request, labels: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """Answer the input members (see `Codec`)."""
        members = self._rest.parse(request, labels)
        if body and self._payload_in is not None:
            members[self._payload_in] = body
        elif body:
            members.update(self._body.parse(body))
        return members

    def encode(self, members: Mapping[str, Any], request_id: str) -> Response:  # noqa: ARG002 - other protocols repeat the id
        """Write output members (see `Codec`)."""
        if not members.keys() <= self._known:
            raise KeyError(f"no output member {min(members.keys() - self._known)}")
        status, headers = self._out.encode(members)
        if self._payload is not None:
            body: bytes | FileBody = members.get(self._payload, b"")
        elif not self._has_output or status in WITHOUT_BODY:
            body = b""
        else:
            inside = members if self._is_all_in_body else {key: members[key] for key in members if key in self._in_body}
            body = orjson.dumps(self._encode(inside))
            headers["Content-Type"] = _JSON
        return Response(status=status, headers=headers, body=body)


class RestJsonWire:
    """Errors and identification of a REST-JSON service.

    An error's name travels in `x-amzn-ErrorType`; members are those of its shape (`Message` or `message`, `Type`,
    `code`), and `message` alone where the model does not know it.
    """

    def __init__(self, model: ServiceModel) -> None:
        self._shapes = {shape.name: frozenset(shape.members) for shape in model.error_shapes}

    def encode_error(self, error: WireError, request_id: str) -> Response:
        """Write an error (see `Wire`)."""
        members = self._shapes.get(error.code, frozenset({"message"}))
        text = "Message" if "Message" in members else "message"
        body = {text: error.message}
        if "Type" in members and error.is_typed:
            body = {"Type": "User" if error.is_client_fault else "Server", **body}
        if "code" in members:
            body["code"] = error.reason
        if "Reason" in members:  # why Lambda throttles
            body["Reason"] = error.reason
        headers = {"Content-Type": _JSON, "x-amzn-ErrorType": error.code, **error.headers, **self.identify(request_id)}
        return Response(status=error.status, headers=headers, body=orjson.dumps(body))

    def identify(self, request_id: str) -> dict[str, str]:
        """Answer the identifying headers (see `Wire`)."""
        return {"x-amzn-RequestId": request_id}

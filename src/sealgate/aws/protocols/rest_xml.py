"""The REST-XML protocol: S3."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from sealgate.aws.errors import WireError
from sealgate.aws.faults import Malformed, MissingDocument
from sealgate.aws.model import OperationModel, Shape
from sealgate.aws.protocols.rest import RestEncoder, RestParser, members_in_body
from sealgate.aws.protocols.xml_body import PROLOG, compile_members_encoder, compile_parser, escape
from sealgate.aws.protocols.xml_document import NotValid, parse_document
from sealgate.aws.relaxations import Dialect
from sealgate.aws.reply import FileBody
from sealgate.aws.request import Request
from sealgate.aws.response import WITHOUT_BODY, Response

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_XML = "application/xml"

ROOTS: Mapping[str, str] = {
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetObjectTagging": "Tagging",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "UploadPartCopy": "CopyPartResult",
}
"""Root elements that are not named for their operation (S3 API reference); the model does not say them."""


class RestXmlCodec:
    """One operation on the REST-XML wire."""

    def __init__(self, model: OperationModel, dialect: Dialect) -> None:
        self._rest = RestParser(model, dialect)
        self._out = RestEncoder(model, dialect)
        self._streams_in = model.has_streaming_input
        self._payload_in = _payload_parser(model, dialect)
        self._needs_document = _payload(model) in (model.input_shape.required_members if model.input_shape else ())
        self._known = frozenset(model.output_shape.members) if model.output_shape else frozenset()
        self._body_out = _body_encoder(model, dialect)

    def parse(self, request: Request, labels: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """Answer the input members (see `Codec`)."""
        members = self._rest.parse(request, labels)
        if body and not self._streams_in:
            members.update(self._payload_in(body))
        elif self._needs_document:
            raise MissingDocument
        return members

    def encode(self, members: Mapping[str, Any], request_id: str) -> Response:  # noqa: ARG002 - other protocols repeat the id
        """Write output members (see `Codec`)."""
        unknown = members.keys() - self._known
        if unknown:
            raise KeyError(f"no output member {min(unknown)}")
        status, headers = self._out.encode(members)
        body = self._body_out(members) if status not in WITHOUT_BODY else b""
        if isinstance(body, str):
            body = body.encode()
            headers["Content-Type"] = _XML
        return Response(status=status, headers=headers, body=body)


def _payload_parser(model: OperationModel, dialect: Dialect) -> Callable[[bytes], dict[str, Any]]:
    payload = _payload(model)
    if payload is not None and model.input_shape.members[payload].type_name == "string":
        return lambda body: {payload: _parse_text(body)}
    if payload is None or model.input_shape.members[payload].type_name != "structure":
        return _refuse_body
    shape = model.input_shape.members[payload]
    root, parse = shape.serialization.get("name", payload), compile_parser(shape, dialect)

    def parse_payload(body: bytes) -> dict[str, Any]:
        document = parse_document(body)
        if document.name != root:
            raise NotValid(f"the root element is {document.name}, not {root}")
        try:
            return {payload: parse(document, document.name)}
        except Malformed as error:
            raise NotValid(error.message) from error

    return parse_payload


def _payload(model: OperationModel) -> str | None:
    return model.input_shape.serialization.get("payload") if model.input_shape else None


def _parse_text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise NotValid("the document is not UTF-8") from error


def _refuse_body(_body: bytes) -> dict[str, Any]:
    raise NotValid("the operation takes no body")


def _body_encoder(model: OperationModel, dialect: Dialect) -> Callable[[Mapping[str, Any]], bytes | str | FileBody]:
    """Answer the function that writes the body: a text is an XML document, anything else goes out as it is."""
    output = model.output_shape
    payload = output.serialization.get("payload") if output else None
    if payload is not None and output.members[payload].type_name == "string":
        return lambda members: members[payload].encode()
    if payload is not None and output.members[payload].type_name != "structure":
        return lambda members: members.get(payload, b"")
    root = ROOTS.get(model.name, model.name + "Result")
    if payload is not None:
        shape = output.members[payload]
        encode = _document_encoder(shape.serialization.get("name", root), dialect.members(shape), dialect)
        return lambda members: encode(members[payload])
    in_body = members_in_body(output, dialect)
    if model.name == "GetBucketLocation":
        return _encode_location
    if not in_body:
        return lambda _members: b""
    encode = _document_encoder(root, in_body, dialect)
    return lambda members: encode({name: value for name, value in members.items() if name in in_body})


def _document_encoder(root: str, members: Mapping[str, Shape], dialect: Dialect) -> Callable[[Mapping[str, Any]], str]:
    encode = compile_members_encoder(members, dialect)

    def encode_document(value: Mapping[str, Any]) -> str:
        out = [f'{PROLOG}<{root} xmlns="{NAMESPACE}">']
        encode(value, out)
        out.append(f"</{root}>")
        return "".join(out)

    return encode_document


def _encode_location(members: Mapping[str, Any]) -> str:
    # The one answer whose only member is the root element's own text.
    text = escape(members.get("LocationConstraint") or "")
    return f'{PROLOG}<LocationConstraint xmlns="{NAMESPACE}">{text}</LocationConstraint>'


class RestXmlWire:
    """Errors and identification of S3."""

    def encode_error(self, error: WireError, request_id: str) -> Response:
        """Write an error (see `Wire`)."""
        identity = self.identify(request_id)
        details = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in error.details.items())
        body = (
            f"{PROLOG}<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>{details}"
            f"<Resource>{escape(error.resource)}</Resource><RequestId>{request_id}</RequestId>"
            f"<HostId>{identity['x-amz-id-2']}</HostId></Error>"
        )
        if error.status in WITHOUT_BODY:
            return Response(status=error.status, headers={**error.headers, **identity})
        headers = {"Content-Type": _XML, **error.headers, **identity}
        return Response(status=error.status, headers=headers, body=body.encode())

    def identify(self, request_id: str) -> dict[str, str]:
        """Answer the identifying headers (see `Wire`); the second id says nothing that the first does not."""
        host_id = base64.b64encode(hashlib.sha384(request_id.encode()).digest()).decode()
        return {"x-amz-request-id": request_id, "x-amz-id-2": host_id}

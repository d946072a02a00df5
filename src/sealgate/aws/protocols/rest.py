"""What both REST protocols share: members in the path, the query, the headers and the status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sealgate.aws.faults import Malformed, UnsupportedMember
from sealgate.aws.model import OperationModel, Shape
from sealgate.aws.protocols import scalars
from sealgate.aws.relaxations import Dialect
from sealgate.aws.request import SIGNATURE_QUERY, Request
from sealgate.aws.validate import wire_path

_OPERATION_NAME = "x-id"
"""A query parameter that is no member: the JavaScript SDK and Terraform repeat the operation's name there."""

WIRE_HEADERS = frozenset(
    {
        "x-amz-checksum-crc32",
        "x-amz-checksum-crc32c",
        "x-amz-checksum-crc64nvme",
        "x-amz-checksum-sha1",
        "x-amz-checksum-sha256",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-security-token",
        "x-amz-trailer",
        "x-amz-user-agent",
    }
)
"""The `x-amz-` headers that are no members: they sign, frame or check the body, which the wire does for every
operation, or only say who calls. Any other that the operation does not model is refused by name."""


class RestParser:
    """Reads the members of one operation that travel outside the body."""

    def __init__(self, model: OperationModel, dialect: Dialect) -> None:
        self._operation = model.name
        self._labels: list[tuple[str, str, scalars.Parse]] = []
        self._query: dict[str, tuple[str, scalars.Parse, bool]] = {}
        self._headers: dict[str, tuple[str, scalars.Parse]] = {}
        self._prefixes: list[tuple[str, str]] = []
        self._static = {part.partition("=")[0] for part in model.http["requestUri"].partition("?")[2].split("&")}
        self._refuses_headers = model.service_model.metadata["protocol"] == "rest-xml"
        for name, shape in dialect.members(model.input_shape).items() if model.input_shape else ():
            self._add(name, shape)

    def _add(self, name: str, shape: Shape) -> None:
        location, wire = shape.serialization.get("location"), shape.serialization.get("name", name)
        if location == "uri":
            self._labels.append((name, wire, scalars.parser_of(shape, scalars.ISO8601)))
        elif location == "querystring":
            is_list = shape.type_name == "list"
            item = shape.member if is_list else shape
            self._query[wire] = (name, scalars.parser_of(item, scalars.ISO8601), is_list)
        elif location == "header":
            self._headers[wire.lower()] = (name, _header_parser(shape))
        elif location == "headers":
            self._prefixes.append((wire.lower(), name))

    def parse(self, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """Answer member -> value.

        Args:
            request: The request.
            labels: The parts of the path that the router found, decoded.

        Raises:
            Malformed: A value is not of its type, or a parameter was sent twice.
            UnsupportedMember: A query parameter, or an `x-amz-` header, is not in the model.
        """
        members: dict[str, Any] = {}
        for name, wire, parse in self._labels:
            members[name] = parse(labels[wire], wire_path(name))
        for wire, value in request.query:
            self._take_query(members, wire, value)
        if self._headers or self._prefixes or self._refuses_headers:
            for wire, value in request.headers.items():
                self._take_header(members, wire, value)
        return members

    def _take_query(self, members: dict[str, Any], wire: str, value: str) -> None:
        found = self._query.get(wire)
        if found is None:
            if wire not in self._static and wire not in SIGNATURE_QUERY and wire != _OPERATION_NAME:
                raise UnsupportedMember(f"The query parameter '{wire}'", self._operation)
            return
        name, parse, is_list = found
        if is_list:
            members.setdefault(name, []).append(parse(value, wire_path(name)))
        elif name in members:
            raise Malformed(f"The query parameter '{wire}' was sent twice.")
        else:
            members[name] = parse(value, wire_path(name))

    def _take_header(self, members: dict[str, Any], wire: str, value: str) -> None:
        found = self._headers.get(wire)
        if found is not None:
            members[found[0]] = found[1](value, wire_path(found[0]))
            return
        for prefix, name in self._prefixes:
            if wire.startswith(prefix):
                members.setdefault(name, {})[wire[len(prefix) :]] = scalars.check_text(value, wire)
                return
        if self._refuses_headers and wire.startswith("x-amz-") and wire not in WIRE_HEADERS:
            raise UnsupportedMember(f"The header '{wire}'", self._operation)


def _header_parser(shape: Shape) -> scalars.Parse:
    if shape.type_name != "list":
        return scalars.parser_of(shape, scalars.RFC822)
    inner = scalars.parser_of(shape.member, scalars.RFC822)
    return lambda value, where: [inner(item.strip(), where) for item in value.split(",")]


class RestEncoder:
    """Writes the output members of one operation that travel outside the body."""

    def __init__(self, model: OperationModel, dialect: Dialect) -> None:
        self.status = int(model.http.get("responseCode", 200))
        self._headers: dict[str, tuple[str, Callable[[Any], str]]] = {}
        self._prefixes: dict[str, str] = {}
        self._status_member: str | None = None
        for name, shape in dialect.members(model.output_shape).items() if model.output_shape else ():
            location, wire = shape.serialization.get("location"), shape.serialization.get("name", name)
            if location == "header":
                self._headers[name] = (wire, _header_encoder(shape))
            elif location == "headers":
                self._prefixes[name] = wire
            elif location == "statusCode":
                self._status_member = name
        self._is_all_in_body = not (self._headers or self._prefixes or self._status_member)

    def encode(self, members: Mapping[str, Any]) -> tuple[int, dict[str, str]]:
        """Answer status and headers."""
        if self._is_all_in_body:
            return self.status, {}
        status, headers = self.status, {}
        for name, value in members.items():
            if value is None:
                continue
            if name in self._headers:
                wire, encode = self._headers[name]
                headers[wire] = encode(value)
            elif name in self._prefixes:
                headers.update({self._prefixes[name] + key: text for key, text in value.items()})
            elif name == self._status_member:
                status = int(value)
        return status, headers


def _header_encoder(shape: Shape) -> Callable[[Any], str]:
    if shape.type_name != "list":
        return scalars.encoder_of(shape, scalars.RFC822)
    inner = scalars.encoder_of(shape.member, scalars.RFC822)
    return lambda value: ",".join(inner(item) for item in value)


def members_in_body(shape: Shape | None, dialect: Dialect) -> dict[str, Shape]:
    """Answer the members of a structure that travel in the body document: member -> shape."""
    if shape is None:
        return {}
    return {name: member for name, member in dialect.members(shape).items() if "location" not in member.serialization}

"""The query protocol: IAM, STS, CloudWatch. A form in, XML out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sealgate.aws.errors import WireError
from sealgate.aws.faults import Malformed, UnsupportedMember
from sealgate.aws.model import OperationModel, ServiceModel, Shape
from sealgate.aws.protocols import scalars
from sealgate.aws.protocols.query_names import query_name
from sealgate.aws.protocols.xml_body import compile_members_encoder, escape
from sealgate.aws.relaxations import Dialect
from sealgate.aws.request import SIGNATURE_QUERY, Request, parse_query
from sealgate.aws.response import Response
from sealgate.aws.validate import wire_path

_XML = "text/xml"
_COMMON = frozenset({"Action", "Version"})
_MAX_FIELDS = 2000
_NUMBER = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)

Tree = dict[str, Any]
Parse = Callable[[Any, str], Any]


def parse_form(request: Request, body: bytes) -> dict[str, str]:
    """Read the parameters of a call: of the form in the body, or of the query when there is no body.

    Raises:
        Malformed: A parameter stands twice, there are too many, or the text is not UTF-8.
    """
    pairs = parse_query(body) if body else request.query
    form = {name: value for name, value in pairs if name not in SIGNATURE_QUERY}
    if len(form) > _MAX_FIELDS or len(form) != sum(name not in SIGNATURE_QUERY for name, _ in pairs):
        raise Malformed("A parameter is given twice, or there are too many.")
    return form


class QueryCodec:
    """One operation on the query wire."""

    def __init__(self, model: OperationModel, dialect: Dialect) -> None:
        self._name = model.name
        self._namespace = model.service_model.metadata["xmlNamespace"]
        self._parse = _structure(dialect.members(model.input_shape) if model.input_shape else {}, model.name, dialect)
        self._known = dialect.members(model.output_shape) if model.output_shape else {}
        self._encode = compile_members_encoder(self._known, dialect)
        self._wrapper = model.output_shape.serialization.get("resultWrapper") if model.output_shape else None

    def parse(self, request: Request, labels: Mapping[str, str], body: bytes) -> dict[str, Any]:  # noqa: ARG002 - no path here
        """Answer the input members (see `Codec`)."""
        form = parse_form(request, body)
        parsed: dict[str, Any] = self._parse(_tree({name: form[name] for name in form if name not in _COMMON}), "")
        return parsed

    def encode(self, members: Mapping[str, Any], request_id: str) -> Response:
        """Write output members (see `Codec`)."""
        out = [f'<{self._name}Response xmlns="{self._namespace}">']
        if self._wrapper:
            out.append(f"<{self._wrapper}>")
            self._encode(members, out)
            out.append(f"</{self._wrapper}>")
        out.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{self._name}Response>")
        return Response(status=200, headers={"Content-Type": _XML}, body="".join(out).encode())


def _tree(form: Mapping[str, str]) -> Tree:
    """Nest dotted names: `Tags.member.1.Key=a` becomes {"Tags": {"member": {"1": {"Key": "a"}}}}."""
    tree: Tree = {}
    for name, value in form.items():
        *parents, last = name.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                raise Malformed(f"The parameter '{name}' contradicts another.")
        if last in node:
            raise Malformed(f"The parameter '{name}' contradicts another.")
        node[last] = value
    return tree


def _of(shape: Shape, operation: str, dialect: Dialect) -> Parse:
    if shape.type_name == "structure":
        return _structure(dialect.members(shape), operation, dialect)
    if shape.type_name == "list":
        return _list(shape, operation, dialect)
    if shape.type_name == "map":
        return _map(shape, operation, dialect)
    parse = scalars.parser_of(shape, scalars.ISO8601)

    def parse_scalar(value: Any, where: str) -> Any:
        if not isinstance(value, str):
            raise scalars.malformed(where, "a single value")
        return parse(value, where)

    return parse_scalar


def _structure(members: Mapping[str, Shape], operation: str, dialect: Dialect) -> Parse:
    fields = {
        shape.serialization.get("name", name): (name, _of(shape, operation, dialect)) for name, shape in members.items()
    }

    def parse_structure(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise scalars.malformed(where, "a structure")
        parsed = {}
        for wire, item in value.items():
            inside = f"{where}.{wire_path(wire)}" if where else wire_path(wire)
            if wire not in fields:
                raise UnsupportedMember(f"The parameter '{inside}'", operation)
            name, parse = fields[wire]
            parsed[name] = parse(item, inside)
        return parsed

    return parse_structure


def _list(shape: Shape, operation: str, dialect: Dialect) -> Parse:
    inner = _of(shape.member, operation, dialect)
    is_flat, wire = bool(shape.serialization.get("flattened")), shape.member.serialization.get("name", "member")

    def parse_list(value: Any, where: str) -> list[Any]:
        if value == "":
            return []
        if not isinstance(value, dict):
            raise scalars.malformed(where, "a list")
        items = value if is_flat else value.get(wire)
        if not isinstance(items, dict) or not all(_NUMBER.fullmatch(number) for number in items):
            raise scalars.malformed(where, "a list")
        return [inner(items[number], f"{where}.{number}.member") for number in sorted(items, key=int)]

    return parse_list


def _map(shape: Shape, operation: str, dialect: Dialect) -> Parse:
    inner = _of(shape.value, operation, dialect)
    is_flat = bool(shape.serialization.get("flattened"))
    named = {"key": shape.key.serialization.get("name", "key"), "value": shape.value.serialization.get("name", "value")}

    def parse_map(value: Any, where: str) -> dict[str, Any]:
        if value == "":
            return {}
        entries = value if is_flat else value.get("entry") if isinstance(value, dict) else None
        if not isinstance(entries, dict) or not all(_is_entry(*each, named) for each in entries.items()):
            raise scalars.malformed(where, "a map")
        return {each[named["key"]]: inner(each[named["value"]], f"{where}.value") for each in entries.values()}

    return parse_map


def _is_entry(number: str, entry: Any, named: Mapping[str, str]) -> bool:
    has_both = isinstance(entry, dict) and entry.keys() == set(named.values())
    return _NUMBER.fullmatch(number) is not None and has_both and isinstance(entry[named["key"]], str)


class QueryWire:
    """Errors and identification of a query service."""

    def __init__(self, model: ServiceModel) -> None:
        self._namespace = model.metadata["xmlNamespace"]

    def encode_error(self, error: WireError, request_id: str) -> Response:
        """Write an error (see `Wire`)."""
        fault = "Sender" if error.is_client_fault else "Receiver"
        body = (
            f'<ErrorResponse xmlns="{self._namespace}"><Error><Type>{fault}</Type>'
            f"<Code>{escape(query_name(error))}</Code><Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        headers = {"Content-Type": _XML, **error.headers, **self.identify(request_id)}
        return Response(status=error.status, headers=headers, body=body.encode())

    def identify(self, request_id: str) -> dict[str, str]:
        """Answer the identifying headers (see `Wire`)."""
        return {"x-amzn-RequestId": request_id}

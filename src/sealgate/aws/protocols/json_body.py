"""JSON documents to members and back, by shape."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from sealgate.aws.faults import UnsupportedMember
from sealgate.aws.model import Shape
from sealgate.aws.protocols import scalars
from sealgate.aws.protocols.json_document import parse_object, refuse_repeated
from sealgate.aws.relaxations import Dialect
from sealgate.aws.validate import wire_path

Parse = Callable[[Any, str], Any]
Encode = Callable[[Any], Any]


class BodyParser:
    """Reads the members of one operation that travel in the body.

    Args:
        operation: For messages.
        members: Member -> shape.
        dialect: Which members exist.
        scalar: Makes the function that reads a scalar, where the document is not JSON.
    """

    def __init__(
        self,
        operation: str,
        members: Mapping[str, Shape],
        dialect: Dialect,
        *,
        scalar: Callable[[Shape], Parse] | None = None,
    ) -> None:
        self._operation = operation
        self._dialect = dialect
        self._scalar = scalar or _scalar
        self._structures: dict[str, Parse] = {}
        self._fields = self._fields_of(members)

    def parse(self, body: bytes) -> dict[str, Any]:
        """Answer member -> value.

        Raises:
            Malformed: It is not JSON, a value is not of its type, or a name is given twice.
            UnsupportedMember: A member is not in the model.
        """
        document = parse_object(body)
        members = self.read(document)
        refuse_repeated(body, document)
        return members

    def read(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Answer member -> value, of a document that is read already.

        Raises:
            Malformed: A value is not of its type.
            UnsupportedMember: A member is not in the model.
        """
        return self._object(document, self._fields, "")

    def _fields_of(self, members: Mapping[str, Shape]) -> dict[str, tuple[str, Parse]]:
        return {shape.serialization.get("name", name): (name, self._of(shape)) for name, shape in members.items()}

    def _object(self, value: Mapping[str, Any], fields: Mapping[str, tuple[str, Parse]], path: str) -> dict[str, Any]:
        parsed = {}
        for key, item in value.items():
            where = f"{path}.{wire_path(key)}" if path else wire_path(key)
            field = fields.get(key)
            if field is None:
                raise UnsupportedMember(f"The member '{where}'", self._operation)
            if item is not None:  # null is absence
                parsed[field[0]] = field[1](item, where)
        return parsed

    def _of(self, shape: Shape) -> Parse:
        if shape.type_name == "structure":
            return self._structure(shape)
        if shape.type_name == "list":
            return self._list(self._of(shape.member))
        if shape.type_name == "map":
            return self._map(self._of(shape.value))
        return self._scalar(shape)

    def _structure(self, shape: Shape) -> Parse:
        if shape.name not in self._structures:
            fields: dict[str, tuple[str, Parse]] = {}
            self._structures[shape.name] = lambda value, where: self._object(_object_at(value, where), fields, where)
            fields.update(self._fields_of(self._dialect.members(shape)))
        return self._structures[shape.name]

    def _list(self, inner: Parse) -> Parse:
        def parse(value: Any, where: str) -> list[Any]:
            if not isinstance(value, list):
                raise scalars.malformed(where, "a list")
            return [inner(item, f"{where}.{number}.member") for number, item in enumerate(value, 1)]

        return parse

    def _map(self, inner: Parse) -> Parse:
        def parse(value: Any, where: str) -> dict[str, Any]:
            return {
                scalars.check_text(key, where): inner(item, f"{where}.{key}")
                for key, item in _object_at(value, where).items()
            }

        return parse


def _object_at(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise scalars.malformed(where, "an object")
    return value


def _scalar(shape: Shape) -> Parse:
    type_name = shape.type_name
    if type_name in ("integer", "long"):
        return lambda value, where: scalars.check_integer(
            check_type(value, int, where, "a whole number"), where, type_name
        )
    if type_name in ("float", "double"):
        return lambda value, where: float(check_type(value, (int, float), where, "a number"))
    if type_name == "boolean":
        return check_boolean
    if type_name == "timestamp":
        return lambda value, where: scalars.parse_unix(
            check_type(value, (int, float), where, "a number of seconds"), where
        )
    if type_name == "blob":
        return lambda value, where: scalars.parse_base64(check_type(value, str, where, "a text"), where)
    return lambda value, where: scalars.check_text(check_type(value, str, where, "a text"), where)


def check_type(value: Any, types: type | tuple[type, ...], where: str, what: str) -> Any:
    """Answer a value of some type as it is; true and false are no numbers.

    Raises:
        Malformed: It is of another type.
    """
    if not isinstance(value, types) or isinstance(value, bool):
        raise scalars.malformed(where, what)
    return value


def check_boolean(value: Any, where: str) -> bool:
    """Answer true or false as it is.

    Raises:
        Malformed: It is neither.
    """
    if not isinstance(value, bool):
        raise scalars.malformed(where, "true or false")
    return value


class BodyEncoder:
    """Writes members as a JSON value. A None is left out; a name that the model does not know is a defect."""

    def __init__(self, dialect: Dialect, *, scalar: Callable[[Shape], Encode] | None = None) -> None:
        self._dialect = dialect
        self._scalar = scalar or _scalar_encoder
        self._structures: dict[str, Encode] = {}

    def members(self, members: Mapping[str, Shape]) -> Encode:
        """Answer the function that writes some members as an object."""
        return self._object(self._fields_of(members), frozenset())

    def _fields_of(self, members: Mapping[str, Shape]) -> dict[str, tuple[str, Encode]]:
        return {name: (shape.serialization.get("name", name), self._of(shape)) for name, shape in members.items()}

    def _object(self, fields: Mapping[str, tuple[str, Encode]], dropped: frozenset[str]) -> Encode:
        def encode(value: Mapping[str, Any]) -> dict[str, Any]:
            encoded = {}
            for name, item in value.items():
                if item is not None and name not in dropped:
                    key, inner = fields[name]
                    encoded[key] = inner(item)
            return encoded

        return encode

    def _of(self, shape: Shape) -> Encode:
        if shape.type_name == "structure":
            if shape.name not in self._structures:
                fields: dict[str, tuple[str, Encode]] = {}
                self._structures[shape.name] = self._object(fields, self._dialect.dropped(shape))
                fields.update(self._fields_of(self._dialect.members(shape)))
            return self._structures[shape.name]
        if shape.type_name == "list":
            inner = self._of(shape.member)
            return lambda value: [inner(item) for item in value]
        if shape.type_name == "map":
            inner = self._of(shape.value)
            return lambda value: {key: inner(item) for key, item in value.items()}
        return self._scalar(shape)


def _scalar_encoder(shape: Shape) -> Encode:
    if shape.type_name == "timestamp":
        return scalars.encode_unix
    if shape.type_name == "blob":
        return lambda value: base64.b64encode(value).decode()
    return lambda value: value

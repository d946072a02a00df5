"""XML documents to members and back, by shape. Of the operations that are bound, none takes a map or an attribute."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sealgate.aws.model import Shape
from sealgate.aws.protocols import scalars
from sealgate.aws.protocols.xml_document import Element, NotValid
from sealgate.aws.relaxations import Dialect

PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'

Parse = Callable[[Element, str], Any]
Encode = Callable[[Any, list[str]], None]

_ESCAPED = re.compile(r"[&<>\x00-\x08\x0b-\x1f\x7f]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: str) -> str:
    """Write a text as XML character data; a control character becomes a reference, as on AWS."""
    return _ESCAPED.sub(lambda match: _NAMED.get(match[0], f"&#x{ord(match[0]):x};"), text)


def compile_parser(shape: Shape, dialect: Dialect) -> Parse:
    """Answer the function that reads an element of some shape.

    The function raises:
        NotValid: An element is unknown or stands twice.
        Malformed: A value is not of its type.
    """
    if shape.type_name == "structure":
        return _structure_parser(shape, dialect)
    if shape.type_name == "list":
        return _wrapped_list_parser(shape, dialect)
    if shape.type_name == "map":
        raise TypeError(f"{shape.name}: maps are not supported in XML")
    parse = scalars.parser_of(shape, scalars.ISO8601)
    is_text = shape.type_name == "string"
    return lambda element, where: parse(element.text if is_text else element.text.strip(), where)


def _structure_parser(shape: Shape, dialect: Dialect) -> Parse:
    fields: dict[str, tuple[str, Parse, bool]] = {}
    for name, member in dialect.members(shape).items():
        is_flat = member.type_name == "list" and bool(member.serialization.get("flattened"))
        parse = compile_parser(member.member if is_flat else member, dialect)
        fields[member.serialization.get("name", name)] = (name, parse, is_flat)

    def parse_structure(element: Element, where: str) -> dict[str, Any]:
        parsed: dict[str, Any] = {}
        for child in element.children:
            if child.name not in fields:
                raise NotValid(f"{where} has no element {child.name}")
            name, parse, is_flat = fields[child.name]
            if is_flat:
                parsed.setdefault(name, []).append(parse(child, child.name))
            elif name in parsed:
                raise NotValid(f"{child.name} stands twice in {where}")
            else:
                parsed[name] = parse(child, child.name)
        return parsed

    return parse_structure


def _wrapped_list_parser(shape: Shape, dialect: Dialect) -> Parse:
    parse = compile_parser(shape.member, dialect)
    wire = shape.member.serialization.get("name", "member")

    def parse_list(element: Element, where: str) -> list[Any]:
        for child in element.children:
            if child.name != wire:
                raise NotValid(f"{where} has no element {child.name}")
        return [parse(child, wire) for child in element.children]

    return parse_list


def compile_encoder(shape: Shape, name: str, dialect: Dialect) -> Encode:
    """Answer the function that writes a value of some shape as an element, or as several for a flattened list."""
    if shape.type_name == "structure":
        encode_members = compile_members_encoder(dialect.members(shape), dialect)
        return lambda value, out: _wrap(name, encode_members, value, out)
    if shape.type_name == "list":
        if shape.serialization.get("flattened"):
            return _items_encoder(compile_encoder(shape.member, name, dialect))
        items = _items_encoder(compile_encoder(shape.member, shape.member.serialization.get("name", "member"), dialect))
        return lambda value, out: _wrap(name, items, value, out)
    if shape.type_name == "map":
        pair = _pair_encoder(compile_encoder(shape.key, "key", dialect), compile_encoder(shape.value, "value", dialect))
        entries = _items_encoder(lambda item, out: _wrap("entry", pair, item, out))
        return lambda value, out: _wrap(name, entries, value.items(), out)
    encode = scalars.encoder_of(shape, scalars.ISO8601)
    return lambda value, out: out.append(f"<{name}>{escape(encode(value))}</{name}>")


def compile_members_encoder(members: Mapping[str, Shape], dialect: Dialect) -> Encode:
    """Answer the function that writes members one after another, in the model's order; None is left out.

    The function raises:
        KeyError: A name is not in the model; a defect.
    """
    fields = {
        name: compile_encoder(shape, shape.serialization.get("name", name), dialect) for name, shape in members.items()
    }

    def encode(value: Mapping[str, Any], out: list[str]) -> None:
        unknown = value.keys() - fields.keys()
        if unknown:
            raise KeyError(f"no output member {min(unknown)}")
        for name, inner in fields.items():
            item = value.get(name)
            if item is not None:
                inner(item, out)

    return encode


def _wrap(name: str, inner: Encode, value: Any, out: list[str]) -> None:
    out.append(f"<{name}>")
    inner(value, out)
    out.append(f"</{name}>")


def _pair_encoder(encode_key: Encode, encode_value: Encode) -> Encode:
    def encode(pair: Any, out: list[str]) -> None:
        encode_key(pair[0], out)
        encode_value(pair[1], out)

    return encode


def _items_encoder(inner: Encode) -> Encode:
    def encode(value: Any, out: list[str]) -> None:
        for item in value:
            inner(item, out)

    return encode

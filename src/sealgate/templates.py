"""Templates of CloudFormation as text: JSON, or YAML with the short forms of functions (`!Sub`, `!GetAtt`).

A template is plain values: mappings, lists, text, numbers, true, false and null. A short form is a mapping like its
long form, and remembers that it was short, so that what is read can be written again as its author writes.

What YAML leaves open is read as CloudFormation reads it (YAML 1.1; "Template formats" in its user guide), and where a
number would lose what its author wrote (dates, leading zeros, hexadecimal, many digits) it stays text, in JSON too.
Refused are what CloudFormation does not support (aliases, merge keys, further tags), a key that occurs twice, nesting
beyond `MAX_DEPTH`, and what JSON can spell and is no number or text (`NaN`, 1e999, half of a surrogate pair).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from sealgate.errors import Invalid

Template = dict[str, Any]
"""The whole template: a mapping."""

MAX_DEPTH = 100
"""How deep values may nest. Ours: readers and writers go down one call a level."""

_ATTRIBUTE = "Fn::GetAtt"
_UNPREFIXED = frozenset({"Ref", "Condition"})
_TAG = re.compile(r"!([A-Za-z0-9]+)")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_FALSE = frozenset({"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_MAX_DIGITS = 18
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{0,17}(?:[eE][-+][0-9]{1,3})?")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BREAKS = re.compile(r"[\r\x85\u2028\u2029]")
"""Line breaks of YAML 1.1 but LF: a reader would turn them into that."""


class ShortForm(dict[str, Any]):
    """A function that was written as a tag: `!Sub x` is `{"Fn::Sub": "x"}`."""


def parse_template(text: str) -> Template:
    """Read a template.

    Raises:
        Invalid: It is neither JSON nor YAML as CloudFormation takes it, or not a mapping; the message says where.
    """
    template = _parse_json(text) if text.lstrip().startswith("{") else _parse_yaml(text)
    if not isinstance(template, dict):
        raise Invalid("the template is not a mapping of sections")
    return template


def encode_json(template: Template) -> str:
    """Write a template as JSON, functions in their long form."""
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def encode_yaml(template: Template) -> str:
    """Write a template as YAML, functions in the form in which they were written."""
    text: str = yaml.dump(template, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text


def _parse_json(text: str) -> Any:
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_read_float,
            parse_int=_read_integer,
        )
    except json.JSONDecodeError as error:
        raise Invalid(f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from error
    except RecursionError:
        raise Invalid(f"values are nested more than {MAX_DEPTH} deep") from None
    _check_depth(value)
    if "\\u" in text:
        _check_texts(value)
    return value


def _refuse_constant(name: str) -> Any:
    raise Invalid(f"{name} is no number")


def _read_float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_constant(text[:40])


def _read_integer(text: str) -> int | str:
    return int(text) if len(text.lstrip("-")) <= _MAX_DIGITS else text


def _unique(pairs: list[tuple[str, Any]]) -> Template:
    found: Template = {}
    for key, value in pairs:
        if key in found:
            raise Invalid(f"the key {key!r} occurs twice in one mapping")
        found[key] = value
    return found


def _check_depth(value: Any) -> None:
    """Refuse deep nesting without going down one call a level."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [each for outer in level for each in _children(outer)]
        if not level:
            return
    raise Invalid(f"values are nested more than {MAX_DEPTH} deep")


def _check_texts(value: Any) -> None:
    """Refuse text that cannot be written anywhere."""
    if isinstance(value, str):
        if _SURROGATE.search(value):
            raise Invalid(f"{value[:40]!a} holds half of a surrogate pair")
    elif isinstance(value, dict):
        for each in (*value, *value.values()):
            _check_texts(each)
    elif isinstance(value, list):
        for each in value:
            _check_texts(each)


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _parse_yaml(text: str) -> Any:
    try:
        return _Builder(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))).build()
    except yaml.MarkedYAMLError as error:
        raise _at(error.problem_mark, f"not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise Invalid(f"not YAML: {error}") from error


def _at(mark: Any, message: str) -> Invalid:
    place = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
    return Invalid(f"{place}{message}")


class _Builder:
    """Makes values of the events of a YAML parser; nothing is made that the events do not spell out."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events

    def build(self) -> Any:
        value: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _at(event.start_mark, "a second document: a template is one")
                value = self._value(next(self._events), 0)
        return value

    def _value(self, event: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise _at(event.start_mark, f"values are nested more than {MAX_DEPTH} deep")
        if isinstance(event, yaml.AliasEvent):
            raise _at(event.start_mark, "aliases are not supported by CloudFormation: write the value out")
        if isinstance(event, yaml.ScalarEvent):
            return _shorten(event, event.value) if _is_tagged(event) else _read_scalar(event)
        value = self._mapping(depth) if isinstance(event, yaml.MappingStartEvent) else self._sequence(depth)
        return _shorten(event, value) if _is_tagged(event) else value

    def _sequence(self, depth: int) -> list[Any]:
        found = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, depth + 1))
        return found

    def _mapping(self, depth: int) -> Template:
        found: Template = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = _read_key(event)
            if key in found:
                raise _at(event.start_mark, f"the key {key!r} occurs twice in one mapping")
            found[key] = self._value(next(self._events), depth + 1)
        return found


def _read_key(event: Any) -> str:
    """Read a key: always text, as it stands there (`200`, `on`)."""
    if not isinstance(event, yaml.ScalarEvent) or _is_tagged(event):
        raise _at(event.start_mark, "a key is not plain text")
    if event.value == "<<" and event.implicit[0]:
        raise _at(event.start_mark, "merge keys are not supported by CloudFormation: write the keys out")
    return str(event.value)


def _is_tagged(event: Any) -> bool:
    return event.tag is not None and event.tag != "!" and not event.tag.startswith("tag:yaml.org,2002:str")


def _shorten(event: Any, value: Any) -> ShortForm:
    tag = _TAG.fullmatch(event.tag)
    if tag is None:
        raise _at(event.start_mark, f"the tag {event.tag} is not supported by CloudFormation")
    name = tag[1] if tag[1] in _UNPREFIXED else f"Fn::{tag[1]}"
    if name == _ATTRIBUTE and isinstance(value, str):
        return ShortForm({name: value.split(".", 1)})
    return ShortForm({name: value})


def _read_scalar(event: Any) -> Any:
    text: str = event.value
    if not event.implicit[0] or event.tag is not None:  # quoted, a block, or said to be text
        return text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML has no types
    """Writes short forms as such, text of several lines as blocks, and everything as often as it is there."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's own signature
        return True

    def choose_scalar_style(self) -> Any:
        """Write what a tag stands before without quotes too, where it can do without."""
        event = self.event
        if event.tag is None or not event.tag.startswith("!"):
            return super().choose_scalar_style()
        implicit, event.implicit = event.implicit, (True, False)
        style = super().choose_scalar_style()
        event.implicit = implicit
        return style


def _represent_short(dumper: _Dumper, form: ShortForm) -> yaml.Node:
    ((name, value),) = form.items()
    if name == _ATTRIBUTE and isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = ".".join(value)
    node = dumper.represent_data(value)
    node.tag = f"!{name.removeprefix('Fn::')}"
    return node


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    style = '"' if _BREAKS.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(ShortForm, _represent_short)
_Dumper.add_representer(str, _represent_text)

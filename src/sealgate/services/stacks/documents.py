"""Text of a template, in JSON or YAML, to plain values: YAML's short tags become the functions that they stand for.

CloudFormation reads YAML 1.1 without aliases, merges, and the tags for binary, sets and times; a date is text. A key
that stands twice is refused, since one of the two would be lost.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import yaml

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.values import Value

_FastLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_BYTES = 1 << 20
"""The longest template (CloudFormation quotas: 1 MB in S3; a body in a request is limited by its member)."""
MAX_DEPTH = 100
"""How deep values may be nested; the interpreter's own limit is a little further on."""

_PLAIN_TAGS = frozenset({"Ref", "Condition"})
_TEXT = "tag:yaml.org,2002:str"
_UNWANTED = tuple(f"tag:yaml.org,2002:{name}" for name in ("binary", "omap", "pairs", "set", "timestamp", "merge"))


def parse_document(text: str) -> dict[str, Value]:
    """Read the text of a template.

    Raises:
        TemplateInvalid: It is neither JSON nor YAML, or no mapping.
    """
    if len(text.encode()) > MAX_BYTES:
        raise TemplateInvalid(f"Template may not exceed {MAX_BYTES} bytes in size.")
    try:
        found = _parse_json(text) if text.lstrip().startswith("{") else _parse_yaml(text)
    except RecursionError:
        raise _too_deep() from None
    if not isinstance(found, dict):
        raise TemplateInvalid("Template format error: unsupported structure.")
    _check_depth(found, MAX_DEPTH)
    return found


def encode_document(value: Value) -> str:
    """Write a template as JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _parse_json(text: str) -> Value:
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        try:
            return _parse_yaml(text)  # a flow mapping begins with a brace too
        except TemplateInvalid:
            where = f"(line {error.lineno}, column {error.colno})"
            raise TemplateInvalid(f"Template format error: JSON not well-formed. {where}") from None


def _without_duplicates(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    made: dict[str, Value] = {}
    for name, value in pairs:
        if name in made:
            raise _duplicate(name)
        made[name] = value
    return made


def _refuse_constant(name: str) -> NoReturn:
    raise TemplateInvalid(f"Template format error: {name} is not JSON.")


def _parse_yaml(text: str) -> Value:
    try:
        if any(isinstance(each, yaml.AliasEvent) for each in yaml.parse(text, Loader=_Loader)):
            raise TemplateInvalid("Template format error: YAML aliases are not allowed in CloudFormation templates")
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader's kind
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = "" if mark is None else f" (line {mark.line + 1}, column {mark.column + 1})"
        raise TemplateInvalid(f"Template format error: YAML not well-formed.{where}") from None
    except (yaml.YAMLError, ValueError):
        raise TemplateInvalid("Template format error: YAML not well-formed.") from None


class _Loader(_FastLoader):  # type: ignore[misc] # the library has no types
    """Reads a template's YAML."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Value]:
        """Construct a mapping; keys are text, as in JSON, and stand once."""
        made: dict[str, Value] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise TemplateInvalid("Template format error: every key of a mapping must be text.")
            key = str(key_node.value)
            if key in made:
                raise _duplicate(key)
            made[key] = self.construct_object(value_node, deep=deep)
        return made


def _construct_function(loader: _Loader, suffix: str, node: yaml.Node) -> Value:
    name = suffix if suffix in _PLAIN_TAGS else f"Fn::{suffix}"
    argument: Value
    if isinstance(node, yaml.MappingNode):
        argument = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        argument = loader.construct_sequence(node, deep=True)
    else:
        argument = loader.construct_scalar(node)
        if name == "Fn::GetAtt":
            argument = str(argument).split(".", 1)
    return {name: argument}


def _refuse_tag(_loader: _Loader, node: yaml.Node) -> NoReturn:
    raise TemplateInvalid(f"Template format error: the YAML tag {node.tag} is not allowed in CloudFormation templates")


_Loader.add_multi_constructor("!", _construct_function)
for _tag in _UNWANTED:
    _Loader.add_constructor(_tag, _refuse_tag)
_Loader.yaml_implicit_resolvers = {  # dates, and the merge key, are text
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _UNWANTED]
    for first, resolvers in _FastLoader.yaml_implicit_resolvers.items()
}


def _duplicate(name: str) -> TemplateInvalid:
    return TemplateInvalid(f"Template format error: the key {name} stands twice in one mapping.")


def _too_deep() -> TemplateInvalid:
    return TemplateInvalid(f"Template format error: values are nested deeper than {MAX_DEPTH}.")


def _check_depth(value: Value, left: int) -> None:
    if left == 0:
        raise _too_deep()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _check_depth(each, left - 1)

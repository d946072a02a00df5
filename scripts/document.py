"""Write docs/OPERATIONS.md from the bound operations, the relaxations, the switches and the resource types.

A test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sealgate.aws.apis import APIS
from sealgate.aws.operation import Api, Binding, Operation
from sealgate.aws.permissions import Permission
from sealgate.aws.relaxations import RELAXATIONS
from sealgate.aws.resources import ANY
from sealgate.services.access import condition_keys
from sealgate.services.stacks.nested import NestedStack
from sealgate.services.stacks.resource import ResourceType
from sealgate.services.stacks.resources.registry import RESOURCE_TYPES
from sealgate.services.switches import SWITCHES, Switch

_Described = ResourceType | type[NestedStack]

TARGET = Path(__file__).parent.parent / "docs" / "OPERATIONS.md"

_HEAD = """\
# Operations

Written by `python scripts/document.py`; do not edit.

Every operation that is bound, with what authorisation asks about. An operation of these services that is not listed is
answered with NotImplemented, by name. A request member that an operation does not take is refused by name.

Condition keys are those that the request's members answer, and those that the resource answers where it is there
already. A key of tags stands without the tag's own (`aws:resourcetag` for `aws:ResourceTag/team`); letter case does not
matter. Besides, there are keys that stand in no row:

| answered by | condition keys |
| --- | --- |
"""
_RELAXATIONS = """\
## Deliberate relaxations

What Sealgate accepts and AWS refuses. `strict_aws = true` (`--strict-aws`) turns all of them off.

| what | AWS | here |
| --- | --- | --- |
"""
_SWITCHES = """\
## Tags that switch something

Extensions that every client can set, since every client can set tags. An unknown one, an unknown value, and one on a
kind of thing where it means nothing are refused. The first value is the default.

| tag | values | on | what it says |
| --- | --- | --- | --- |
"""

_RESOURCES = """\
## Resource types

What the templates of stacks can name. Any other type, and any other property at any depth, is refused by name before
anything is made. Required properties are **bold**; a change of one marked ↻ makes a new resource in its place, any
other change is made in place.

| type | properties | `Fn::GetAtt` |
| --- | --- | --- |
"""


def render() -> str:
    """Answer the whole document."""
    relaxations = "".join(f"| {each.key} | {each.aws} | {each.here} |\n" for each in RELAXATIONS)
    switches = "".join(map(_render_switch, SWITCHES.values()))
    sections = [section for api in APIS for section in _render_service(api)]
    types: list[_Described] = [*RESOURCE_TYPES.values(), NestedStack]
    resources = "".join(map(_render_resource, sorted(types, key=lambda each: each.name)))
    return "\n".join(
        [_render_head(), _RELAXATIONS + relaxations, _SWITCHES + switches, *sections, _RESOURCES + resources]
    )


def _render_head() -> str:
    answered = {
        "every call, as far as it and its caller have them": condition_keys.OF_EVERY_CALL,
        "whatever is on a resource": condition_keys.OF_EVERY_RESOURCE,
        "a signature to S3": condition_keys.OF_SIGNATURES_TO_S3,
    }
    return _HEAD + "".join(f"| {who} | {', '.join(keys)} |\n" for who, keys in answered.items())


def _render_switch(switch: Switch) -> str:
    values = ", ".join(f"`{each}`" for each in switch.values)
    return f"| `{switch.key}` | {values} | {', '.join(sorted(switch.on))} | {switch.meaning} |\n"


def _render_resource(kind: _Described) -> str:
    properties = ", ".join(
        (f"**{name}**" if each.required else name) + (" ↻" if each.replaces else "")
        for name, each in sorted(kind.properties.items())
    )
    return f"| {kind.name} | {properties} | {', '.join(sorted(kind.attributes))} |\n"


def _render_service(api: Api) -> Iterator[str]:
    rows = "".join(_render_operation(*each) for each in sorted(api.bound, key=lambda each: each[0].name))
    yield f"## {api.model.service_id}\n"
    yield f"| operation | request | action | resource | condition keys |\n| --- | --- | --- | --- | --- |\n{rows}"


def _render_operation(operation: Operation, binding: Binding) -> str:
    request = f"{operation.method} `{operation.uri.replace('|', '&#124;')}`"
    permissions = binding.permissions
    cells = (
        "<br>".join(_describe_action(each) for each in permissions),
        "<br>".join(f"`{each.resource}`" for each in permissions),
        "<br>".join(", ".join(_condition_keys(each)) for each in permissions),
    )
    return f"| {operation.name} | {request} | {' | '.join(cells)} |\n"


def _condition_keys(permission: Permission) -> list[str]:
    """Answer what conditions may ask of the request and of the resource.

    Raises:
        LookupError: Nobody has said what such a resource answers.
    """
    resource = str(permission.resource)
    if resource == ANY:
        return permission.condition_keys
    kind = condition_keys.find_resource_kind(permission.action, resource)
    if kind is None:
        raise LookupError(
            f"{permission.action} is on {resource}, of which sealgate.services.access.condition_keys is silent"
        )
    return sorted({*permission.condition_keys, *kind.keys})


def _describe_action(permission: Permission) -> str:
    if permission.exempt:
        return f"{permission.action} ({permission.exempt})"
    return permission.action + (f" ({permission.condition})" if permission.condition else "")


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")

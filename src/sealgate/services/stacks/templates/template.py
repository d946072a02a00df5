"""A template, read: its sections as values, with its functions still to be evaluated.

Source: CloudFormation user guide, "Template reference"; the texts of errors as AWS words them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.documents import parse_document
from sealgate.services.stacks.templates.values import Value

FORMAT_VERSION = "2010-09-09"
MAX_RESOURCES = 500
MAX_PARAMETERS = 200
MAX_OUTPUTS = 200
MAX_DESCRIPTION_BYTES = 1024
"""CloudFormation user guide, "Understand CloudFormation quotas"."""

DELETION_POLICIES = frozenset({"Delete", "Retain", "RetainExceptOnCreate"})
REPLACE_POLICIES = frozenset({"Delete", "Retain"})

_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Globals",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    }
)
_RESOURCE_KEYS = frozenset(
    {"Condition", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdateReplacePolicy"}
)
_UNSUPPORTED_KEYS = frozenset({"CreationPolicy", "UpdatePolicy"})
_OUTPUT_KEYS = frozenset({"Condition", "Description", "Export", "Value"})
_PARAMETER_KEYS = frozenset(
    {
        "AllowedPattern",
        "AllowedValues",
        "ConstraintDescription",
        "Default",
        "Description",
        "MaxLength",
        "MaxValue",
        "MinLength",
        "MinValue",
        "NoEcho",
        "Type",
    }
)
_LOGICAL_ID = re.compile(r"[a-zA-Z0-9]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterDeclaration:
    """A parameter, as the template declares it; None where a member is absent.

    Attributes:
        type: `String`, `Number`, `CommaDelimitedList`, `List<Number>`, `AWS::SSM::Parameter::Value<String>`.
        no_echo: Its value is shown nowhere.
    """

    name: str
    type: str
    default: str | None = None
    description: str | None = None
    allowed_values: tuple[str, ...] | None = None
    allowed_pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_value: float | None = None
    max_value: float | None = None
    no_echo: bool = False
    constraint_description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceDeclaration:
    """A resource, as the template declares it.

    Attributes:
        properties: Not evaluated.
        condition: The condition under which it exists; None: always.
    """

    logical_id: str
    type: str
    properties: Mapping[str, Value] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    metadata: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputDeclaration:
    """An output, as the template declares it; value and export name are not evaluated."""

    name: str
    value: Value
    description: str | None = None
    condition: str | None = None
    export_name: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template that no transform is left to be applied to, or whose `transforms` say which.

    Attributes:
        rules: By name; not evaluated.
        mappings: Name -> first key -> second key -> text or a list.
        conditions: By name; not evaluated.
    """

    description: str | None
    metadata: Value
    parameters: Mapping[str, ParameterDeclaration]
    rules: Mapping[str, Value]
    mappings: Mapping[str, Value]
    conditions: Mapping[str, Value]
    transforms: tuple[str, ...]
    resources: Mapping[str, ResourceDeclaration]
    outputs: Mapping[str, OutputDeclaration]


def parse_template(text: str) -> Template:
    """Read a template from its text.

    Raises:
        TemplateInvalid: It is none.
    """
    return read_template(parse_document(text))


def read_template(document: Mapping[str, Value]) -> Template:
    """Read a template from its values.

    Raises:
        TemplateInvalid: It is none.
    """
    unknown = sorted(document.keys() - _SECTIONS)
    if unknown:
        raise TemplateInvalid(f"Invalid template property or properties [{', '.join(unknown)}]")
    version = document.get("AWSTemplateFormatVersion", FORMAT_VERSION)
    if version != FORMAT_VERSION:
        raise TemplateInvalid("Template format error: unsupported value for AWSTemplateFormatVersion.")
    transforms = read_transforms(document)
    if "Globals" in document and not transforms:
        raise TemplateInvalid("Invalid template property or properties [Globals]")
    return Template(
        description=_read_description(document.get("Description")),
        metadata=document.get("Metadata"),
        parameters=read_parameters(document),
        rules=dict(section(document, "Rules")),
        mappings={name: _read_mapping(name, each) for name, each in section(document, "Mappings")},
        conditions=dict(section(document, "Conditions")),
        transforms=transforms,
        resources=_read_resources(document),
        outputs={name: _read_output(name, each) for name, each in section(document, "Outputs")},
    )


def read_transforms(document: Mapping[str, Value]) -> tuple[str, ...]:
    """Answer the names of a template's transforms.

    Raises:
        TemplateInvalid: They are no names.
    """
    given = document.get("Transform", [])
    names = given if isinstance(given, list) else [given]
    for each in names:
        if not isinstance(each, str):
            raise TemplateInvalid("Template format error: a Transform with parameters is not supported.")
    return tuple(names)


def read_parameters(document: Mapping[str, Value]) -> Mapping[str, ParameterDeclaration]:
    """Answer what a template declares of its parameters, whatever transforms are left.

    Raises:
        TemplateInvalid: They are none.
    """
    return {name: _read_parameter(name, each) for name, each in section(document, "Parameters")}


def section(document: Mapping[str, Value], name: str) -> Iterable[tuple[str, Any]]:
    """Answer the members of one section of a template.

    Raises:
        TemplateInvalid: It is no mapping, or one of them is none.
    """
    members = document.get(name)
    if members is None:
        members = {}
    if not isinstance(members, Mapping):
        raise TemplateInvalid(f"Template format error: [/{name}] must be an object.")
    for key, each in members.items():
        if not isinstance(each, Mapping) and name != "Conditions":
            raise TemplateInvalid(f"Template format error: Every {name} member must be an object: {key}.")
        if _LOGICAL_ID.fullmatch(key) is None:
            raise TemplateInvalid(f"Template format error: {name[:-1]} name {key[:300]} is non alphanumeric.")
    return members.items()


def _read_mapping(name: str, given: Mapping[str, Value]) -> Mapping[str, Value]:
    for first, values in given.items():
        if not isinstance(values, Mapping):
            raise TemplateInvalid(f"Template format error: [/Mappings/{name}/{first}] must be an object.")
        for second, value in values.items():
            if value is None or isinstance(value, Mapping):
                raise TemplateInvalid(
                    f"Template format error: Every Mappings attribute must be a String or a List: "
                    f"/Mappings/{name}/{first}/{second}."
                )
    return given


def _read_description(given: Value) -> str | None:
    if given is not None and not isinstance(given, str):
        raise TemplateInvalid("Template format error: Description must be a string.")
    if len((given or "").encode()) > MAX_DESCRIPTION_BYTES:
        raise TemplateInvalid(f"Template format error: 'Description' length is greater than {MAX_DESCRIPTION_BYTES}.")
    return given


def _read_resources(document: Mapping[str, Value]) -> dict[str, ResourceDeclaration]:
    found = {name: _read_resource(name, each) for name, each in section(document, "Resources")}
    if not found:
        raise TemplateInvalid("Template format error: At least one Resources member must be defined.")
    if len(found) > MAX_RESOURCES:
        raise TemplateInvalid(
            f"Template format error: Number of resources, {len(found)}, is greater than maximum allowed, "
            f"{MAX_RESOURCES}"
        )
    return found


def _read_resource(name: str, given: Mapping[str, Value]) -> ResourceDeclaration:
    where = f"/Resources/{name}"
    _refuse_keys(given, _RESOURCE_KEYS, _UNSUPPORTED_KEYS, where=where)
    if not isinstance(given.get("Type"), str):
        raise TemplateInvalid(f"Template format error: [{where}] Every Resources object must contain a Type member.")
    properties = given.get("Properties")
    if properties is not None and not isinstance(properties, Mapping):
        raise TemplateInvalid(f"Template format error: [{where}/Properties] must be an object.")
    depends_on = given.get("DependsOn", [])
    deletion = _read_policy(given, "DeletionPolicy", DELETION_POLICIES, where=where)
    return ResourceDeclaration(
        logical_id=name,
        type=given["Type"],
        properties=properties or {},
        depends_on=tuple(_texts(depends_on if isinstance(depends_on, list) else [depends_on], f"{where}/DependsOn")),
        condition=_text(given, "Condition", where),
        deletion_policy=deletion,
        update_replace_policy=_read_policy(given, "UpdateReplacePolicy", REPLACE_POLICIES, where=where),
        metadata=given.get("Metadata"),
    )


def _read_policy(given: Mapping[str, Value], name: str, allowed: frozenset[str], *, where: str) -> str:
    policy = given.get(name, "Delete")
    if policy == "Snapshot":
        raise TemplateInvalid(f"Template format error: [{where}] {name} Snapshot is not supported here.")
    if not isinstance(policy, str) or policy not in allowed:
        raise TemplateInvalid(f"Template format error: Unrecognized {name} {policy!r} for resource {where[11:]}.")
    return policy


def _read_output(name: str, given: Mapping[str, Value]) -> OutputDeclaration:
    where = f"/Outputs/{name}"
    _refuse_keys(given, _OUTPUT_KEYS, where=where)
    if "Value" not in given:
        raise TemplateInvalid(f"Template format error: [{where}] Every Outputs member must contain a Value object")
    export = given.get("Export")
    if export is not None and not (isinstance(export, Mapping) and set(export) == {"Name"} and export["Name"]):
        raise TemplateInvalid(f"Template format error: [{where}/Export] must be an object with the member Name.")
    return OutputDeclaration(
        name=name,
        value=given["Value"],
        description=_text(given, "Description", where),
        condition=_text(given, "Condition", where),
        export_name=None if export is None else export["Name"],
    )


def _read_parameter(name: str, given: Mapping[str, Value]) -> ParameterDeclaration:
    """Read the declaration of one parameter.

    Raises:
        TemplateInvalid: It is none.
    """
    where = f"/Parameters/{name}"
    _refuse_keys(given, _PARAMETER_KEYS, where=where)
    if not isinstance(given.get("Type"), str):
        raise TemplateInvalid(f"Template format error: [{where}] Every Parameters object must contain a Type member.")
    allowed = given.get("AllowedValues")
    return ParameterDeclaration(
        name=name,
        type=given["Type"],
        default=None if "Default" not in given else parameter_text(given["Default"]),
        description=_text(given, "Description", where),
        allowed_values=None if allowed is None else tuple(map(parameter_text, _list(allowed, where))),
        allowed_pattern=_text(given, "AllowedPattern", where),
        min_length=_whole(given, "MinLength", where),
        max_length=_whole(given, "MaxLength", where),
        min_value=_number(given, "MinValue", where),
        max_value=_number(given, "MaxValue", where),
        no_echo=str(given.get("NoEcho", False)).lower() == "true",
        constraint_description=_text(given, "ConstraintDescription", where),
    )


def parameter_text(value: Value) -> str:
    """Answer a parameter's value as the text that it is; numbers, flags and lists are written out."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(parameter_text, value))
    return str(value)


def _refuse_keys(
    given: Mapping[str, Value], allowed: frozenset[str], unsupported: frozenset[str] = frozenset(), *, where: str
) -> None:
    for name in sorted(given.keys() - allowed):
        said = "is not supported here" if name in unsupported else "is no member of it"
        raise TemplateInvalid(f"Template format error: [{where}] {name} {said}.")


def _text(given: Mapping[str, Value], name: str, where: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise TemplateInvalid(f"Template format error: [{where}/{name}] must be a string.")
    return value


def _list(value: Value, where: str) -> list[Value]:
    if not isinstance(value, list):
        raise TemplateInvalid(f"Template format error: [{where}] must be a list.")
    return value


def _texts(values: list[Value], where: str) -> list[str]:
    for each in values:
        if not isinstance(each, str):
            raise TemplateInvalid(f"Template format error: [{where}] must be a string or a list of strings.")
    return values


def _whole(given: Mapping[str, Value], name: str, where: str) -> int | None:
    number = _number(given, name, where)
    return None if number is None else int(number)


def _number(given: Mapping[str, Value], name: str, where: str) -> float | None:
    if name not in given:
        return None
    try:
        number = float(given[name])
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise TemplateInvalid(f"Template format error: [{where}/{name}] must be a number.")
    return number

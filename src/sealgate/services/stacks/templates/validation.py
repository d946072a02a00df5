"""Whether a template can make a stack: everything that can be told before anything is made.

1. Every name that is used is the name of something: parameters, resources, conditions, in branches not taken too.
2. Every type of a resource that will exist is one that is supported, and has the attributes that are asked for.
3. Every property is declared by its type, at any depth; every required one is there; types are right as far as values
   are known.
4. No resources depend on each other in a circle.
5. All of it together makes no more text than it may (`spending`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.graph import Graph, in_order
from sealgate.services.stacks.resource import ResourceType
from sealgate.services.stacks.templates.intrinsics import refuse_dynamic_in
from sealgate.services.stacks.templates.naming import FindExport, Recording
from sealgate.services.stacks.templates.references import Reference, find_conditions, find_references
from sealgate.services.stacks.templates.setting import Setting
from sealgate.services.stacks.templates.shapes import Problems, Structure
from sealgate.services.stacks.templates.spending import Spending
from sealgate.services.stacks.templates.template import ResourceDeclaration, Template
from sealgate.services.stacks.templates.values import Value, find_unknown

_EXPORT = re.compile(r"[a-zA-Z0-9:-]{1,255}")

Types = Mapping[str, ResourceType]
"""The resource types that are supported, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A setting that can make a stack.

    Attributes:
        order: The logical ids of its resources, each after what it depends on.
        graph: What each depends on.
        imports: The exports that it takes.
    """

    setting: Setting
    order: tuple[str, ...]
    graph: Graph
    imports: frozenset[str]


def validate(setting: Setting, types: Types, *, find_export: FindExport) -> Sound:
    """Check a setting; answer what was found out.

    Raises:
        TemplateInvalid: It cannot make a stack.
    """
    check_names(setting.template, setting.constants)
    _check_types(setting, types)
    _check_attributes(setting, types)
    resources = setting.resources
    imports: set[str] = set()
    graph: dict[str, set[str]] = {}
    spending = Spending()
    for name, declared in resources.items():
        names = Recording(resources=resources, find_value=find_export)
        value = setting.evaluator(names, spending=spending).evaluate(declared.properties)
        read_properties(types[declared.type], name, value)
        graph[name] = names.asked | (set(declared.depends_on) & resources.keys())
        imports |= names.imported
    order = in_order(graph)
    imports |= _check_outputs(setting, find_export)
    return Sound(setting=setting, order=tuple(order), graph=graph, imports=frozenset(imports))


def read_properties(kind: ResourceType, logical_id: str, value: Value) -> dict[str, Value]:
    """Read a resource's properties, as far as they are known.

    Raises:
        TemplateInvalid: They are not what the type declares.
    """
    refuse_dynamic_in(value)
    problems = Problems()
    read: dict[str, Value] = Structure(kind.properties).read(value, "#", problems)
    if problems.found:
        listed = ", ".join(f"[{each}]" for each in problems.found)
        raise TemplateInvalid(f"Properties validation failed for resource {logical_id} with message: {listed}")
    return read


def check_names(template: Template, constants: Collection[str]) -> None:
    """Refuse names of nothing.

    Args:
        template: Where they are used.
        constants: Its parameters, and pseudo parameters.

    Raises:
        TemplateInvalid: There is one.
    """
    known = template.resources.keys() | constants
    for section, values in _sections(template):
        unresolved = sorted({each.name for value in values for each in find_references(value)} - known)
        if unresolved:
            raise TemplateInvalid(
                f"Template format error: Unresolved resource dependencies [{', '.join(unresolved)}] "
                f"in the {section} block of the template"
            )
        conditions = {name for value in values for name in find_conditions(value)} | _conditions_of(template, section)
        missing = sorted(conditions - template.conditions.keys())
        if missing:
            raise TemplateInvalid(
                f"Template format error: Unresolved condition dependency {missing[0]} "
                f"in the {section} block of the template"
            )


def _sections(template: Template) -> Iterator[tuple[str, list[Value]]]:
    resources = template.resources.values()
    depends = [{"Ref": name} for each in resources for name in each.depends_on]
    yield "Resources", [each.properties for each in resources] + depends
    yield "Outputs", [[each.value, each.export_name] for each in template.outputs.values()]


def _conditions_of(template: Template, section: str) -> set[str]:
    declared = template.resources if section == "Resources" else template.outputs
    return {each.condition for each in declared.values() if each.condition is not None}


def _check_types(setting: Setting, types: Types) -> None:
    unknown = sorted({each.type for each in setting.resources.values()} - types.keys())
    if unknown:
        raise TemplateInvalid(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")


def _check_attributes(setting: Setting, types: Types) -> None:
    for _, values in _sections(setting.template):
        for value in values:
            for each in find_references(value):
                _check_attribute(each, setting.template.resources, types)


def _check_attribute(used: Reference, resources: Mapping[str, ResourceDeclaration], types: Types) -> None:
    if not used.attribute:
        return
    declared = resources.get(used.name)
    if declared is None:
        raise TemplateInvalid(f"Template error: instance of Fn::GetAtt references undefined resource {used.name}")
    kind = types.get(declared.type)
    if kind is not None and not has_attribute(kind, used.attribute):
        raise TemplateInvalid(
            f"Template error: resource {used.name} does not support attribute type {used.attribute} in Fn::GetAtt"
        )


def has_attribute(kind: ResourceType, name: str) -> bool:
    """Tell whether `Fn::GetAtt` may ask a type for an attribute."""
    return name in kind.attributes or f"{name.partition('.')[0]}.*" in kind.attributes


def _check_outputs(setting: Setting, find_export: FindExport) -> set[str]:
    names = Recording(resources=setting.resources, find_value=find_export)
    evaluator = setting.evaluator(names)
    for each in setting.outputs:
        value = evaluator.evaluate(each.value)
        if not find_unknown(value) and not isinstance(value, str | int | float | bool):
            raise TemplateInvalid(
                "Template format error: The Value field of every Outputs member must evaluate to a String: "
                f"{each.name}."
            )
    _check_export_names([evaluator.evaluate(each.export_name) for each in setting.outputs if each.export_name])
    return names.imported


def _check_export_names(given: Sequence[Value]) -> None:
    for name in given:
        if not isinstance(name, str) or _EXPORT.fullmatch(name) is None:
            raise TemplateInvalid(
                "Template format error: Output export names are of up to 255 letters, digits, colons and hyphens, and "
                f"do not depend on resources: {str(name)[:255]}"
            )
        if given.count(name) > 1:
            raise TemplateInvalid(f"Template format error: Export with name {name} is exported by several outputs.")

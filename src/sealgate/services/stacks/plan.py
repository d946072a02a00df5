"""What a template would change in a stack as it is: the same rules that its execution follows.

A property that takes what is not known yet may or may not change: its change is Dynamic, and a replacement that it
would bring is Conditional. (CloudFormation API reference, ResourceChange and ResourceChangeDetail.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.resource import Properties, ResourceType
from sealgate.services.stacks.templates.naming import FindExport, Known
from sealgate.services.stacks.templates.shapes import MapOf
from sealgate.services.stacks.templates.template import ResourceDeclaration
from sealgate.services.stacks.templates.validation import Sound, Types, read_properties
from sealgate.services.stacks.templates.values import Unknown, Value, find_unknown
from sealgate.store.stacks import ResourceState

_ABSENT = object()
_TAGS = "Tags"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One thing of a resource that changes.

    Attributes:
        attribute: `Properties`, `Metadata`, `DeletionPolicy`, `UpdateReplacePolicy` or `Tags`.
        name: The property; None for what is none.
        recreates: Whether a change of it replaces the resource.
        cause: What has to be known first (`Role.Arn`); None where the change is certain.
    """

    attribute: str
    name: str | None = None
    recreates: bool = False
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one resource.

    Attributes:
        action: `Add`, `Modify` or `Remove`.
        physical_id: None for what is added.
        properties: What it is to have, as far as that is known; nothing for what is removed.
        replacement: `True`, `False` or `Conditional`; None but for what is modified.
    """

    action: str
    logical_id: str
    physical_id: str | None
    type: str
    properties: Properties = field(default_factory=dict)
    replacement: str | None = None
    details: tuple[Detail, ...] = ()


def plan_changes(
    sound: Sound, existing: Mapping[str, ResourceState], types: Types, *, find_export: FindExport
) -> list[Change]:
    """Answer what a setting changes: in the order in which it will, and then what it removes.

    Args:
        sound: What the stack is to be.
        existing: Its resources as they are.
        types: The resource types.
        find_export: Answers exported values.

    Raises:
        TemplateInvalid: It would change a resource's type, or takes a value that no stack exports.
    """
    setting = sound.setting
    resources, states = setting.resources, dict(existing)
    changing: set[str] = set()
    changes = []
    for name in sound.order:
        declared, kind = resources[name], types[resources[name].type]
        names = Known(resources=resources, states=states, changing=changing, find_value=find_export)
        value = setting.evaluator(names).evaluate(declared.properties)
        properties = with_stack_tags(kind, read_properties(kind, name, value), setting.stack.tags)
        change = _plan_one(declared, kind, properties, existing.get(name))
        if change is None:
            continue
        changes.append(change)
        changing.add(name)
        if change.replacement != "False":
            states.pop(name, None)
    removed = [_plan_removal(name, each) for name, each in sorted(existing.items()) if name not in resources]
    return changes + removed


def find_differences(old: Properties, new: Properties) -> dict[str, frozenset[str]]:
    """Answer the properties that differ; with each, what has to be known before it can be told, empty: it differs."""
    found = {}
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if before == after:
            continue
        causes = find_unknown(after)
        found[name] = causes if causes and _may_be_same(before, after) else frozenset()
    return found


def replaces(kind: ResourceType, changed: Iterator[str] | Sequence[str]) -> bool:
    """Tell whether changes of these properties make a new resource."""
    return any(name in kind.properties and kind.properties[name].replaces for name in changed)


def with_stack_tags(kind: ResourceType, properties: dict[str, Value], tags: Mapping[str, str]) -> dict[str, Value]:
    """Answer a resource's properties with the stack's tags among its own, which count more."""
    declared = kind.properties.get(_TAGS)
    own = properties.get(_TAGS)
    if declared is None or not tags or find_unknown(own):
        return properties
    if isinstance(declared.shape, MapOf):
        return {**properties, _TAGS: {**tags, **(own or {})}}
    taken = {each["Key"] for each in own or []}
    added = [{"Key": key, "Value": value} for key, value in tags.items() if key not in taken]
    return {**properties, _TAGS: [*(own or []), *added]}


def updated_state(state: ResourceState, declared: ResourceDeclaration, dependencies: frozenset[str]) -> ResourceState:
    """Answer a state with what the template says of the resource besides its properties."""
    return replace(
        state,
        dependencies=tuple(sorted(dependencies)),
        deletion_policy=declared.deletion_policy,
        update_replace_policy=declared.update_replace_policy,
        metadata=declared.metadata,
    )


def _plan_one(
    declared: ResourceDeclaration, kind: ResourceType, properties: Properties, before: ResourceState | None
) -> Change | None:
    if before is None:
        return Change(
            action="Add",
            logical_id=declared.logical_id,
            physical_id=None,
            type=declared.type,
            properties=properties,
        )
    check_type(declared.type, before, declared.logical_id)
    details = (*_property_details(kind, before.properties, properties), *_other_details(declared, before))
    if not details:
        return None
    return Change(
        action="Modify",
        logical_id=declared.logical_id,
        physical_id=before.physical_id,
        type=declared.type,
        properties=properties,
        replacement=_rule(details),
        details=details,
    )


def check_type(kind: str, before: ResourceState, logical_id: str) -> None:
    """Refuse to make one type of resource into another.

    Raises:
        TemplateInvalid: The type is not the same.
    """
    if kind != before.type:
        raise TemplateInvalid(
            "Update of resource type is not permitted. The new template modifies resource type of the following "
            f"resources: [{logical_id}]"
        )


def _property_details(kind: ResourceType, old: Properties, new: Properties) -> Iterator[Detail]:
    for name, causes in find_differences(old, new).items():
        attribute = _TAGS if name == _TAGS else "Properties"
        shown = None if name == _TAGS else name
        recreates = replaces(kind, [name])
        all_causes: list[str | None] = [*sorted(causes)]
        for cause in all_causes or [None]:
            yield Detail(attribute=attribute, name=shown, recreates=recreates, cause=cause)


def _other_details(declared: ResourceDeclaration, before: ResourceState) -> Iterator[Detail]:
    if declared.metadata != before.metadata:
        yield Detail(attribute="Metadata")
    if declared.deletion_policy != before.deletion_policy:
        yield Detail(attribute="DeletionPolicy")
    if declared.update_replace_policy != before.update_replace_policy:
        yield Detail(attribute="UpdateReplacePolicy")


def _rule(details: Sequence[Detail]) -> str:
    if any(each.recreates and each.cause is None for each in details):
        return "True"
    return "Conditional" if any(each.recreates for each in details) else "False"


def _plan_removal(name: str, state: ResourceState) -> Change:
    return Change(action="Remove", logical_id=name, physical_id=state.physical_id, type=state.type)


def _may_be_same(old: Value, new: Value) -> bool:
    """Tell whether a value could turn out to be another one, once everything in it is known."""
    if isinstance(new, Unknown):
        return old is not _ABSENT
    if isinstance(new, Mapping) and isinstance(old, Mapping):
        return old.keys() == new.keys() and all(_may_be_same(old[key], each) for key, each in new.items())
    if isinstance(new, list) and isinstance(old, list):
        return len(old) == len(new) and all(map(_may_be_same, old, new))
    return bool(old == new)

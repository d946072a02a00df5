"""What a template's names stand for, at three moments: before anything is made, in a plan, and while it is made."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.values import Unknown, Value
from sealgate.store.stacks import ResourceState

FindExport = Callable[[str], str]
"""Answers what a stack exports under a name; raises TemplateInvalid where none does."""


@dataclass(slots=True, kw_only=True)
class Recording:
    """Nothing is known of resources, and what is asked for is written down.

    Attributes:
        resources: The logical ids that there are.
        find_value: Answers exported values.
        asked: The resources that were asked for.
        imported: The exports that were asked for.
    """

    resources: Container[str]
    find_value: FindExport
    asked: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)

    def find_resource(self, logical_id: str) -> Value:
        """Answer that it is not known."""
        return self._note(logical_id, logical_id)

    def find_attribute(self, logical_id: str, attribute: str) -> Value:
        """Answer that it is not known."""
        return self._note(logical_id, f"{logical_id}.{attribute}")

    def find_export(self, name: str) -> Value:
        """Answer an exported value."""
        self.imported.add(name)
        return self.find_value(name)

    def _note(self, logical_id: str, cause: str) -> Unknown:
        check_there(logical_id, self.resources)
        self.asked.add(logical_id)
        return Unknown(causes=frozenset({cause}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of resources is answered, the rest is not known.

    Attributes:
        resources: The logical ids that there are.
        states: Those whose physical id is known.
        changing: Those of them whose attributes may become others.
        find_value: Answers exported values.
    """

    resources: Container[str]
    states: Mapping[str, ResourceState]
    find_value: FindExport
    changing: Container[str] = frozenset()

    def find_resource(self, logical_id: str) -> Value:
        """Answer the physical id, if there is one."""
        check_there(logical_id, self.resources)
        state = self.states.get(logical_id)
        if state is None or state.physical_id is None:
            return Unknown(causes=frozenset({logical_id}))
        return state.physical_id

    def find_attribute(self, logical_id: str, attribute: str) -> Value:
        """Answer the attribute, if the resource has it and does not change."""
        check_there(logical_id, self.resources)
        state = self.states.get(logical_id)
        if state is None or attribute not in state.attributes or logical_id in self.changing:
            return Unknown(causes=frozenset({f"{logical_id}.{attribute}"}))
        return state.attributes[attribute]

    def find_export(self, name: str) -> Value:
        """Answer an exported value."""
        return self.find_value(name)


def check_there(logical_id: str, resources: Container[str]) -> None:
    """Refuse the name of nothing.

    Raises:
        TemplateInvalid: There is no such resource, or its condition does not hold.
    """
    if logical_id not in resources:
        raise TemplateInvalid(
            f"Template format error: Unresolved resource dependencies [{logical_id}] in the Resources block of the "
            "template"
        )

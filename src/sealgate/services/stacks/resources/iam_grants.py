"""What users, groups and roles may do: attached policies, inline policies and boundaries, as templates say it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sealgate.services.stacks.resource import Properties, ResourceCall
from sealgate.services.stacks.resources.members import tolerating
from sealgate.services.stacks.templates.shapes import Json, ListOf, Property, Structure, Text
from sealgate.services.stacks.templates.values import Value

Kind = Literal["User", "Group", "Role"]

ABSENT = "NoSuchEntity"
NAME_LENGTH = 64
MANAGED = Property(shape=ListOf(Text()))
INLINE = Property(
    shape=ListOf(
        Structure(
            {
                "PolicyDocument": Property(shape=Json(), required=True),
                "PolicyName": Property(shape=Text(), required=True),
            }
        )
    )
)


def document_text(document: Value) -> str:
    """Write a policy as the operations take it."""
    return document if isinstance(document, str) else json.dumps(document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A user, a group or a role.

    Attributes:
        kind: Which of them.
        name: Its name.
    """

    call: ResourceCall
    kind: Kind
    name: str

    def attach(self, policies: Iterable[str]) -> None:
        """Attach managed policies; what is attached stays so."""
        for arn in policies:
            self._perform(f"Attach{self.kind}Policy", PolicyArn=arn)

    def detach(self, policies: Iterable[str]) -> None:
        """Detach managed policies; what is not attached is no error."""
        for arn in policies:
            with tolerating(ABSENT):
                self._perform(f"Detach{self.kind}Policy", PolicyArn=arn)

    def put(self, policies: Mapping[str, Value]) -> None:
        """Give inline policies, by name."""
        for name, document in policies.items():
            self._perform(f"Put{self.kind}Policy", PolicyName=name, PolicyDocument=document_text(document))

    def remove(self, names: Iterable[str]) -> None:
        """Take inline policies away; what is not there is no error."""
        for name in names:
            with tolerating(ABSENT):
                self._perform(f"Delete{self.kind}Policy", PolicyName=name)

    def grant(self, old: Properties, new: Properties) -> None:
        """Bring attached and inline policies from what they were to what they shall be."""
        had, shall = old.get("ManagedPolicyArns") or [], new.get("ManagedPolicyArns") or []
        self.attach(arn for arn in shall if arn not in had)
        self.detach(arn for arn in had if arn not in shall)
        before, after = _inline(old), _inline(new)
        self.put({name: document for name, document in after.items() if before.get(name) != document})
        self.remove(name for name in before if name not in after)

    def bound(self, old: Properties, new: Properties) -> None:
        """Change the permissions boundary, of a user or a role."""
        boundary = new.get("PermissionsBoundary")
        if boundary == old.get("PermissionsBoundary"):
            return
        if boundary:
            self._perform(f"Put{self.kind}PermissionsBoundary", PermissionsBoundary=boundary)
        else:
            with tolerating(ABSENT):
                self._perform(f"Delete{self.kind}PermissionsBoundary")

    def _perform(self, operation: str, **members: str) -> None:
        self.call.perform("iam", operation, **{f"{self.kind}Name": self.name}, **members)


def _inline(properties: Properties) -> dict[str, Value]:
    return {each["PolicyName"]: each["PolicyDocument"] for each in properties.get("Policies") or []}

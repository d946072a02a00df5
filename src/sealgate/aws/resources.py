"""From a call's parameters to the ARN that authorisation asks about."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sealgate.arn import partition_of

ANY = "*"

_GLOBAL = frozenset({"iam", "sts"})
"""Services whose ARNs name no region."""


class Resource(Protocol):
    """What an action is on."""

    @property
    def parameters(self) -> list[str]:
        """The paths of the members that name it."""
        ...

    def render(self, values: Mapping[str, Any], *, region: str, account: str) -> str:
        """Answer the ARN for one call; `*` for an action without a resource."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceTemplate:
    """The resource part of an ARN with member paths in braces (`/signing-profiles/{profile_name}`).

    A path is a parameter, and the names of members below it (`{source.s3.bucketName}`). A member that stands alone
    (`{resource_arn}`) and is itself an ARN is the whole resource; one that is part of a name never is. An absent
    member stands for `*`.
    """

    service: str
    pieces: tuple[tuple[str, str | None], ...]

    @property
    def _is_member(self) -> bool:
        return len(self.pieces) == 1 and self.pieces[0][0] == ""

    @property
    def parameters(self) -> list[str]:
        """The paths that it names."""
        return [name for _, name in self.pieces if name]

    def render(self, values: Mapping[str, Any], *, region: str, account: str) -> str:
        """Answer the ARN for one call, `*` for an operation without a resource."""
        if not self.pieces:
            return ANY
        text = "".join(
            [literal + ("" if name is None else _shown(find_value(values, name))) for literal, name in self.pieces]
        )
        if self._is_member and text.startswith("arn:"):
            return text
        return f"arn:{partition_of(region)}:{self.service}:{self._owner(region, account)}:{text}"

    def _owner(self, region: str, account: str) -> str:
        if self.service == "s3":  # its names are unique without region and account
            return ":"
        return f":{account}" if self.service in _GLOBAL else f"{region}:{account}"

    def __str__(self) -> str:
        return "".join(literal + (f"{{{name}}}" if name else "") for literal, name in self.pieces) or ANY


def parse_template(service: str, text: str | None) -> ResourceTemplate:
    """Read a template; None is the template of an operation without a resource."""
    pieces = () if text is None else tuple((literal, name) for literal, name, _, _ in string.Formatter().parse(text))
    return ResourceTemplate(service=service, pieces=pieces)


def find_value(values: Mapping[str, Any], path: str) -> Any:
    """Answer what stands at the end of a path, or None where any part of it is absent."""
    if "." not in path:  # as most are
        return values.get(path)
    found: Any = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _shown(value: object) -> str:
    return ANY if value is None else str(value)

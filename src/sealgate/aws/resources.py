"""From a call's parameters to the ARN that authorisation asks about."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sealgate.arn import partition_of

ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceTemplate:
    """The resource part of an ARN with parameter names in braces (`/signing-profiles/{profile_name}`).

    A parameter that is itself an ARN (`{resource_arn}`, or a function's name given in full) is the whole resource. An
    absent parameter stands for `*`.
    """

    service: str
    pieces: tuple[tuple[str, str | None], ...]

    @property
    def parameters(self) -> list[str]:
        """The parameters it names."""
        return [name for _, name in self.pieces if name]

    def render(self, values: Mapping[str, Any], *, region: str, account: str) -> str:
        """Answer the ARN for one call, `*` for an operation without a resource."""
        if not self.pieces:
            return ANY
        text = ""
        for literal, name in self.pieces:
            value = "" if name is None else _shown(values.get(name))
            if value.startswith("arn:"):
                return value
            text += literal + value
        # S3 names are unique without region and account (Service Authorization Reference, Amazon S3).
        owner = ":" if self.service == "s3" else f"{region}:{account}"
        return f"arn:{partition_of(region)}:{self.service}:{owner}:{text}"

    def __str__(self) -> str:
        return "".join(literal + (f"{{{name}}}" if name else "") for literal, name in self.pieces) or ANY


def parse_template(service: str, text: str | None) -> ResourceTemplate:
    """Read a template; None is the template of an operation without a resource."""
    pieces = () if text is None else tuple((literal, name) for literal, name, _, _ in string.Formatter().parse(text))
    return ResourceTemplate(service=service, pieces=pieces)


def _shown(value: object) -> str:
    return ANY if value is None else str(value)

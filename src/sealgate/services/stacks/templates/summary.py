"""What a template declares, told without making anything of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sealgate.services.stacks.resource import StackIdentity
from sealgate.services.stacks.templates.capabilities import AUTO_EXPAND, needed_capability
from sealgate.services.stacks.templates.documents import parse_document
from sealgate.services.stacks.templates.setting import pseudo_parameters
from sealgate.services.stacks.templates.template import (
    ParameterDeclaration,
    ResourceDeclaration,
    read_parameters,
    read_template,
    read_transforms,
    section,
)
from sealgate.services.stacks.templates.validation import check_names
from sealgate.services.stacks.templates.values import Value

_NOWHERE = StackIdentity(name="", arn="", account="", region="us-east-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a template declares.

    Attributes:
        capabilities: What a caller has to acknowledge.
        reason: Why; None where there is nothing.
        types: Of its resources, each once.
        metadata: As JSON; None without.
    """

    description: str | None
    parameters: tuple[ParameterDeclaration, ...]
    capabilities: tuple[str, ...]
    reason: str | None
    types: tuple[str, ...]
    transforms: tuple[str, ...]
    version: str | None
    metadata: str | None


def summarize(text: str) -> Summary:
    """Summarise a template. Names of nothing are refused; the rest shows when a stack is made of it.

    One whose transforms are still to be applied is not checked any further.

    Raises:
        TemplateInvalid: It is none.
    """
    document = parse_document(text)
    transforms = read_transforms(document)
    resources = _read_roughly(document) if transforms else _read(document)
    needed = needed_capability(resources)
    described = document.get("Description")
    metadata = document.get("Metadata")
    expanding = (AUTO_EXPAND,) if transforms else ()
    reasons = [needed[1]] if needed else []
    if transforms:
        reasons.append(f"The following transform(s) require capabilities: [{', '.join(transforms)}]")
    return Summary(
        description=described if isinstance(described, str) else None,
        parameters=tuple(read_parameters(document).values()),
        capabilities=((needed[0],) if needed else ()) + expanding,
        reason=", ".join(reasons) or None,
        types=tuple(sorted({each.type for each in resources.values()})),
        transforms=transforms,
        version=document.get("AWSTemplateFormatVersion"),
        metadata=None if metadata is None else json.dumps(metadata),
    )


def _read(document: Mapping[str, Value]) -> Mapping[str, ResourceDeclaration]:
    template = read_template(document)
    check_names(template, pseudo_parameters(_NOWHERE).keys() | template.parameters.keys())
    return template.resources


def _read_roughly(document: Mapping[str, Value]) -> dict[str, ResourceDeclaration]:
    return {
        name: ResourceDeclaration(logical_id=name, type=str(each.get("Type")), properties=each.get("Properties") or {})
        for name, each in section(document, "Resources")
    }

"""Transforms: what turns a template into the one that counts. AWS's own are supported; macros of users are not."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.template import read_transforms
from sealgate.services.stacks.templates.values import Value
from sealgate.store.stacks import StackParameter

SERVERLESS = "AWS::Serverless-2016-10-31"
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
"""Adds functions, which are there in any case; `Fn::ForEach` is not, and is refused where it stands."""

_KNOWN = frozenset({SERVERLESS, LANGUAGE_EXTENSIONS})


def expand(
    document: Mapping[str, Value],
    *,
    parameters: Collection[StackParameter],
    region: str,
    managed_policies: Mapping[str, str],
) -> dict[str, Value]:
    """Apply a template's transforms; answer the template that counts, which has none.

    Args:
        document: The template; it stays as it is.
        parameters: Their values.
        region: Where the stack stands.
        managed_policies: The ARNs of AWS's managed policies, by name.

    Raises:
        TemplateInvalid: There is no such transform, or it does not take the template.
    """
    transforms = read_transforms(document)
    for each in transforms:
        if each not in _KNOWN:
            raise TemplateInvalid(f"No transform named {each} found.")
    plain = {name: value for name, value in document.items() if name != "Transform"}
    if SERVERLESS not in transforms:
        return plain
    from sealgate.services.stacks.templates.sam import translate  # noqa: PLC0415 - it takes a second to load

    return translate(
        plain,
        # What is secret is left out, so that it is not put into the template, which everybody may read.
        parameters={each.name: each.value for each in parameters if not each.no_echo},
        region=region,
        managed_policies=managed_policies,
    )

"""Text of a template to plain values and back, as CloudFormation says what is wrong with it (`sealgate.templates`)."""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.errors import Invalid
from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.values import Value
from sealgate.templates import encode_json, parse_template

MAX_BYTES = 1 << 20
"""The longest template (CloudFormation quotas: 1 MB in S3; a body in a request is limited by its member)."""


def parse_document(text: str) -> dict[str, Value]:
    """Read the text of a template.

    Raises:
        TemplateInvalid: It is neither JSON nor YAML, or no mapping.
    """
    if len(text.encode()) > MAX_BYTES:
        raise TemplateInvalid(f"Template may not exceed {MAX_BYTES} bytes in size.")
    try:
        document = parse_template(text)
    except Invalid as error:
        raise TemplateInvalid(f"Template format error: {error.message}") from None
    if "\\" in text and _has_null(document):
        raise TemplateInvalid("Template format error: text with a null character, which no database keeps.")
    return document


def encode_document(document: Mapping[str, Value]) -> str:
    """Write a template as JSON."""
    return encode_json(dict(document))


def _has_null(value: Value) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(map(_has_null, value)) or any(map(_has_null, value.values()))
    return isinstance(value, list) and any(map(_has_null, value))

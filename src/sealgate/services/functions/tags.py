"""The tags of functions and code signing configs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sealgate.services.functions.errors import InvalidParameter
from sealgate.services.switches import FUNCTION, check_switches

MAX_TAGS = 50
"""Tags of one resource (AWS tagging rules)."""
AWS_PREFIX = "aws:"
"""Tags that AWS's own services set begin so; nobody else may (AWS tagging rules)."""


def check_tags(tags: Mapping[str, str], *, kind: str = FUNCTION) -> None:
    """Check the tags that a resource of a kind (`sealgate.services.switches`) shall have.

    Raises:
        InvalidParameter: They are too many, or one is AWS's.
        Invalid: One is a switch that there is not, or that cannot be set so.
    """
    if len(tags) > MAX_TAGS:
        raise InvalidParameter("Number of tags exceeds resource tag limit.")
    for key in tags:
        if key.casefold().startswith(AWS_PREFIX):
            raise InvalidParameter(f"Tag {key!r}: tags that begin with {AWS_PREFIX!r} are reserved for AWS's services")
    check_switches(tags, kind=kind)


def merged_tags(old: Mapping[str, str], new: Mapping[str, str], *, kind: str = FUNCTION) -> Mapping[str, str]:
    """Answer a resource's tags with some added or changed.

    Raises:
        InvalidParameter: There is nothing to add, or the whole is too much, or a tag is AWS's.
        Invalid: As `check_tags`.
    """
    if not new:
        raise InvalidParameter("An error occurred and the request cannot be processed.")
    check_tags(new, kind=kind)
    merged = {**old, **new}
    check_tags(merged, kind=kind)
    return merged


def tags_without(old: Mapping[str, str], keys: Sequence[str]) -> Mapping[str, str]:
    """Answer a resource's tags with some removed."""
    return {key: value for key, value in old.items() if key not in keys}

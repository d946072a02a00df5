"""The tags of functions and code signing configs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sealgate.services.functions.errors import InvalidParameter

MAX_TAGS = 50
"""Tags of one resource (AWS tagging rules)."""
RESERVED_PREFIX = "sealgate:"
"""Tags that mean something to this server begin so. None does yet, so each is refused: a setting that is accepted and
ignored could be one that protects."""
AWS_PREFIX = "aws:"
"""Tags that AWS's own services set begin so; nobody else may (AWS tagging rules)."""


def check_tags(tags: Mapping[str, str]) -> None:
    """Check the tags that a resource shall have.

    Raises:
        InvalidParameter: They are too many, or one is AWS's, or reserved and unknown.
    """
    if len(tags) > MAX_TAGS:
        raise InvalidParameter("Number of tags exceeds resource tag limit.")
    for key in tags:
        if key.casefold().startswith(AWS_PREFIX):
            raise InvalidParameter(f"Tag {key!r}: tags that begin with {AWS_PREFIX!r} are reserved for AWS's services")
        if key.casefold().startswith(RESERVED_PREFIX):
            raise InvalidParameter(
                f"Tag {key!r}: tags that begin with {RESERVED_PREFIX!r} are reserved; this is no known one"
            )


def merged_tags(old: Mapping[str, str], new: Mapping[str, str]) -> Mapping[str, str]:
    """Answer a resource's tags with some added or changed.

    Raises:
        InvalidParameter: There is nothing to add, the whole is too much, or a tag is reserved.
    """
    if not new:
        raise InvalidParameter("An error occurred and the request cannot be processed.")
    check_tags(new)
    merged = {**old, **new}
    check_tags(merged)
    return merged


def tags_without(old: Mapping[str, str], keys: Sequence[str]) -> Mapping[str, str]:
    """Answer a resource's tags with some removed."""
    return {key: value for key, value in old.items() if key not in keys}

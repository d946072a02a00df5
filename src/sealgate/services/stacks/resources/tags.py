"""Tags of resources: a resource's own, and those of its stack, which it is given too.

Tags that begin with `aws:`, which CloudFormation sets on AWS, are refused by every service here and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sealgate.services.stacks.resource import Properties, ResourceCall
from sealgate.services.stacks.shapes import ListOf, Property, Structure, Text

TAG = Structure({"Key": Property(shape=Text(), required=True), "Value": Property(shape=Text(), required=True)})
TAGS = Property(shape=ListOf(TAG))


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChange:
    """What becomes of tags.

    Attributes:
        given: Tags to add, or to give another value.
        gone: Keys to take away.
    """

    given: Mapping[str, str]
    gone: tuple[str, ...]


def tags_of(call: ResourceCall, properties: Properties) -> dict[str, str]:
    """Answer the tags that a resource shall have; its own count more than its stack's."""
    return {**call.stack.tags, **_own(properties)}


def tag_list_of(call: ResourceCall, properties: Properties) -> list[dict[str, str]]:
    """Answer the tags that a resource shall have, as most services take them."""
    return as_list(tags_of(call, properties))


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Write tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_change(call: ResourceCall, old: Properties, new: Properties) -> TagChange:
    """Answer what becomes of a resource's tags. A change of nothing else is one of the stack's tags."""
    before, after = tags_of(call, old), tags_of(call, new)
    if old == new:
        return TagChange(given=after, gone=())
    given = {key: value for key, value in after.items() if before.get(key) != value}
    return TagChange(given=given, gone=tuple(key for key in before if key not in after))


def _own(properties: Properties) -> dict[str, str]:
    tags = properties.get("Tags") or []
    return dict(tags) if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}

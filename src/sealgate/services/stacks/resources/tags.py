"""Tags of resources: their own, and those of their stack, which the engine puts among them.

Tags that begin with `aws:`, which CloudFormation sets on AWS, are refused by every service here and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sealgate.services.stacks.resource import Properties
from sealgate.services.stacks.templates.shapes import ListOf, Property, Structure, Text

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
    gone: list[str]


def tags_of(properties: Properties) -> dict[str, str]:
    """Answer the tags that a resource shall have, however its type writes them."""
    tags = properties.get("Tags") or []
    return dict(tags) if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Write tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_map(member: str, properties: Properties) -> dict[str, dict[str, str]]:
    """Answer the member that gives a new resource its tags; none without tags, for which no right is needed."""
    tags = tags_of(properties)
    return {member: tags} if tags else {}


def tag_list(properties: Properties) -> dict[str, list[dict[str, str]]]:
    """Answer what `tag_map` answers, as most services take it."""
    tags = tags_of(properties)
    return {"Tags": as_list(tags)} if tags else {}


def tag_change(old: Properties, new: Properties) -> TagChange:
    """Answer what becomes of a resource's tags."""
    before, after = tags_of(old), tags_of(new)
    given = {key: value for key, value in after.items() if before.get(key) != value}
    return TagChange(given=given, gone=[key for key in before if key not in after])

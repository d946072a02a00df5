"""The tags of signing profiles."""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.errors import Invalid

MAX_TAGS = 50
"""Tags of one profile (AWS's console and tagging rules; the API's model alone would allow 200)."""
RESERVED_PREFIX = "sealgate:"
"""Tags that mean something to this server begin so. None does yet, so each is refused: a setting that is accepted and
ignored could be one that protects."""


def check_tags(tags: Mapping[str, str]) -> None:
    """Check the tags that a profile shall have.

    Raises:
        Invalid: They are too many, or one is reserved and unknown.
    """
    if len(tags) > MAX_TAGS:
        raise Invalid(f"A signing profile cannot have more than {MAX_TAGS} tags")
    for key in tags:
        if key.casefold().startswith(RESERVED_PREFIX):
            raise Invalid(f"Tag {key!r}: tags that begin with {RESERVED_PREFIX!r} are reserved; this is no known one")

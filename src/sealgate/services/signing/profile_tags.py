"""The tags of signing profiles."""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.errors import Invalid
from sealgate.services.switches import PROFILE, check_switches

MAX_TAGS = 50
"""Tags of one profile (AWS's console and tagging rules; the API's model alone would allow 200)."""


def check_tags(tags: Mapping[str, str]) -> None:
    """Check the tags that a profile shall have.

    Raises:
        Invalid: They are too many, or one is a switch that there is not, or that cannot be set so.
    """
    if len(tags) > MAX_TAGS:
        raise Invalid(f"A signing profile cannot have more than {MAX_TAGS} tags")
    check_switches(tags, kind=PROFILE)

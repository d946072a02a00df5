"""Tags that switch something: extensions that every client can set, since every client can set tags.

They begin with `sealgate:`. An unknown one, an unknown value, or one on a kind of thing where it means nothing is
refused: a setting that is accepted and ignored could be one that protects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sealgate.errors import Invalid

PREFIX = "sealgate:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One such tag.

    Attributes:
        key: The tag.
        values: What it can be set to; the first is the default.
        on: The kinds of things that can have it: `function`, `code signing config`, `signing profile`.
        meaning: What it does, for the documentation.
    """

    key: str
    values: tuple[str, ...]
    on: frozenset[str]
    meaning: str


FUNCTION, CONFIG, PROFILE = "function", "code signing config", "signing profile"

ON_REVOCATION = Switch(
    key="sealgate:on-revocation",
    values=("Warn", "Enforce"),
    on=frozenset({FUNCTION, CONFIG, PROFILE}),
    meaning="what happens to deployed code whose signature is revoked or has expired: Warn records it, Enforce starts "
    "it no more and ends what runs; the function's own tag counts before its config's, and that before the profile's",
)
NETWORK = Switch(
    key="sealgate:network",
    values=("none", "host"),
    on=frozenset({FUNCTION}),
    meaning="which network the function's processes have: none, or the host's",
)
SWITCHES: Mapping[str, Switch] = {switch.key: switch for switch in (ON_REVOCATION, NETWORK)}


def check_switches(tags: Mapping[str, str], *, kind: str) -> None:
    """Check the tags among these that begin with the prefix.

    Raises:
        Invalid: One is unknown, cannot be on such a thing, or has an unknown value.
    """
    for key, value in tags.items():
        if not key.casefold().startswith(PREFIX):
            continue
        switch = SWITCHES.get(key)
        if switch is None or kind not in switch.on:
            known = ", ".join(sorted(each.key for each in SWITCHES.values() if kind in each.on))
            raise Invalid(f"Tag {key!r}: of the tags that begin with {PREFIX!r}, a {kind} can have {known} only")
        if value not in switch.values:
            raise Invalid(f"Tag {key!r}: must be one of {', '.join(switch.values)}, not {value!r}")


def read_switch(switch: Switch, *holders: Mapping[str, str] | None) -> str:
    """Answer what a switch is set to: by the first of these that has the tag, or the default.

    Args:
        switch: Which.
        holders: The tags of the things that can have it, in the order in which they count; None for one that is not.
    """
    for tags in holders:
        if tags is not None and switch.key in tags:
            return tags[switch.key]
    return switch.values[0]

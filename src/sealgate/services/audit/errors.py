"""Why a look-up in the trail is refused."""

from __future__ import annotations

from sealgate.errors import Invalid


class InvalidLookupAttributes(Invalid):
    """What is looked for cannot be."""


class InvalidTimeRange(Invalid):
    """The time range ends before it starts."""

    def __init__(self) -> None:
        super().__init__("The start time must be before or equal to the end time.")


class InvalidNextToken(Invalid):
    """A token that no answer to this very look-up has given out."""

    def __init__(self) -> None:
        super().__init__("The NextToken is invalid, or was given out for a look-up with other parameters.")

"""Why a question about metrics is refused."""

from __future__ import annotations

from sealgate.errors import Invalid


class InvalidMetricParameter(Invalid):
    """A parameter has a value that it cannot have."""


class InvalidMetricCombination(Invalid):
    """Each parameter is sound, and together they are not."""


class InvalidMetricToken(Invalid):
    """A token that no answer to this very question has given out."""

    def __init__(self) -> None:
        super().__init__("The parameter NextToken is invalid, or was given out for other parameters.")

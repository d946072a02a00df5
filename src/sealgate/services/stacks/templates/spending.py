"""How much text the functions of a template may make: a short template can ask for more than any machine has.

`Fn::Sub` puts one value in as often as it is named, and can stand in another one, so that every level multiplies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.values import Value

MAX_TEXT = 16 << 20
"""Characters. Ours: code in a template has at most 4,000,000, and may go through a few functions."""


@dataclass(slots=True)
class Spending:
    """What functions have made so far.

    Attributes:
        left: Characters that they may still make.
    """

    left: int = MAX_TEXT

    def spend(self, length: int) -> None:
        """Count text before it is made.

        Raises:
            TemplateInvalid: It is too much.
        """
        self.left -= length
        if self.left < 0:
            raise TemplateInvalid(
                f"Template error: the functions of the template make more than {MAX_TEXT} characters."
            )

    def spend_on(self, value: Value) -> Value:
        """Count what a function has answered, and answer it."""
        if isinstance(value, str):
            self.spend(len(value))
        elif isinstance(value, list):
            self.spend(sum([len(each) + 1 if isinstance(each, str) else 1 for each in value]))
        return value

    def joined(self, pieces: Iterable[str], delimiter: str = "") -> str:
        """Join text, counted piece by piece."""
        found = []
        for piece in pieces:
            self.spend(len(piece) + len(delimiter))
            found.append(piece)
        return delimiter.join(found)

"""A request before the policies, and what has been found out about it so far.

Policies repeat themselves: the same condition stands in statement after statement. Equal conditions are one object
(`sealgate.policy.conditions`), so each is judged once for a request, and a statement that has one which is known to
fail need not be looked at. Where they are not equal, a key whose condition has just failed is the first to ask again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sealgate.policy.conditions import Condition
from sealgate.policy.request import Ask


@dataclass(slots=True, kw_only=True)
class Hearing:
    """One request, for as long as it is judged.

    Attributes:
        ask: The request.
    """

    ask: Ask
    _held: set[Condition] = field(default_factory=set)
    _failed: set[Condition] = field(default_factory=set)
    _suspect: str = ""

    def refutes(self, conditions: tuple[Condition, ...]) -> bool:
        """Tell at little cost whether one of some conditions fails: one that failed before, or one like the last."""
        if not self._failed.isdisjoint(conditions):
            return True
        for condition in conditions:
            if condition.key == self._suspect:
                return not self._meets(condition)
        return False

    def holds(self, conditions: tuple[Condition, ...]) -> bool:
        """Tell whether the request meets each of some conditions."""
        return all(map(self._meets, conditions))

    def _meets(self, condition: Condition) -> bool:
        if condition in self._held:
            return True
        if condition.holds(self.ask.context):
            self._held.add(condition)
            return True
        self._failed.add(condition)
        self._suspect = condition.key
        return False

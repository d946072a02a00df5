"""The one error of reading a policy."""

from __future__ import annotations

from typing import Self

from sealgate.errors import Invalid

_SHOWN = 1000


class MalformedPolicy(Invalid):
    """The text is no policy of its kind; nothing of it may be stored.

    Attributes:
        rule: The broken rule, in AWS's words where they are known.
        detail: Which element breaks it and how; empty where the rule says all.
    """

    def __init__(self, rule: str, detail: str = "") -> None:
        rule, detail = _show(rule), _show(detail)
        separator = " " if rule.endswith(".") else ": "
        super().__init__(f"{rule}{separator}{detail}" if detail else rule)
        self.rule = rule
        self.detail = detail

    def within(self, place: str) -> Self:
        """Say where, if there is anything to say."""
        return type(self)(self.rule, f"{place}: {self.detail}") if self.detail else self


def _show(text: str) -> str:
    """Make what quotes a document fit to be shown: not endless, without control characters and lone surrogates."""
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown)


def syntax_error(detail: str) -> MalformedPolicy:
    """Make IAM's error for what does not follow the grammar."""
    return MalformedPolicy("Syntax errors in policy.", detail)


def legacy_error(detail: str) -> MalformedPolicy:
    """Make IAM's error for what follows the grammar and means nothing."""
    return MalformedPolicy("The policy failed legacy parsing", detail)

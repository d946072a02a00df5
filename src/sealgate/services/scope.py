"""Whose call it is: the account and region that every use case works in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The account and region of one call, from its credentials and its signature; nothing else is seen by it.

    Attributes:
        account: 12 digits.
        region: As in the signature's credential scope (`us-east-1`).
        caller_arn: The ARN of who calls, for records of who did what.
    """

    account: str
    region: str
    caller_arn: str

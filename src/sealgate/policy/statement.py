"""One statement of a policy: reading it, and asking whether it is about a request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sealgate.policy.conditions import Condition, parse_conditions
from sealgate.policy.malformed import MalformedPolicy, legacy_error, syntax_error
from sealgate.policy.principals import Principals, parse_principals
from sealgate.policy.resources import Resources, parse_resources
from sealgate.policy.wildcards import Patterns

_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_VENDOR = re.compile(r"[a-zA-Z0-9.-]+")
_EVERY_ACTION = "*"


class Effect(StrEnum):
    """What a statement does to the requests that it is about."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """Which actions a statement names.

    Attributes:
        excluding: The element is NotAction.
        texts: The patterns as they were written.
        patterns: The same in lower case.
    """

    excluding: bool
    texts: tuple[str, ...]
    patterns: Patterns


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement.

    Attributes:
        index: Its place in the policy, the first is 0.
        sid: Its name; empty where it has none.
        effect: Allow or deny.
        principals: Whom it is about; None in the policies of an identity, which are about that identity.
        actions: Which actions.
        resources: Which resources; None in trust policies, which are about their role.
        conditions: What else must hold.
    """

    index: int
    sid: str
    effect: Effect
    principals: Principals | None
    actions: Actions
    resources: Resources | None
    conditions: tuple[Condition, ...]

    def covers(self, action: str) -> bool:
        """Tell whether it is about an action, given in lower case."""
        return self.actions.patterns.match(action) is not self.actions.excluding


def check_statement(element: Any) -> dict[str, Any]:
    """Check what can be said of a statement without knowing the policy's kind and version: IAM does that first.

    Raises:
        MalformedPolicy: It has elements that do not exist, or of the wrong type, two that exclude each other, or no
            effect.
    """
    if not isinstance(element, dict):
        raise syntax_error("It must be an object.")
    unknown = next((name for name in element if name not in _ELEMENTS), None)
    if unknown is not None:
        raise syntax_error(f"{unknown} is no element of a statement.")
    for name in ("Principal", "Action", "Resource"):
        if name in element and f"Not{name}" in element:
            raise syntax_error(f"{name} and Not{name} exclude each other.")
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        _check_texts(element, name)
    for name in ("Sid", "Effect"):
        if type(element.get(name, "")) is not str:
            raise syntax_error(f"{name} must be a string.")
    if element.get("Effect", "").capitalize() not in set(Effect):
        raise syntax_error("Effect must be Allow or Deny.")
    return element


def _check_texts(element: dict[str, Any], name: str) -> None:
    if any(type(text) is not str for text in _texts(element, name)):
        raise syntax_error(f"{name} must be a string or a list of strings.")


def _texts(element: dict[str, Any], name: str) -> list[Any]:
    """Answer what an element lists; nothing where it is not there."""
    listed = element.get(name, [])
    return listed if isinstance(listed, list) else [listed]


def parse_statement(element: dict[str, Any], index: int, *, variables: bool) -> Statement:
    """Read a statement that `check_statement` has passed.

    Args:
        element: The statement.
        index: Its place in the policy.
        variables: Whether the policy's version has variables.

    Raises:
        MalformedPolicy: A value in it means nothing.
    """
    if element["Effect"] not in set(Effect):
        raise legacy_error("Effect is Allow or Deny, in this case of letters.")
    effect = Effect(element["Effect"])
    return Statement(
        index=index,
        sid=element.get("Sid", ""),
        effect=effect,
        conditions=parse_conditions(element.get("Condition", {}), variables=variables),
        principals=_parse_principals(element, effect),
        actions=_parse_actions(element),
        resources=_parse_resources(element, variables=variables),
    )


def _parse_principals(element: dict[str, Any], effect: Effect) -> Principals | None:
    if "NotPrincipal" in element:
        if effect is Effect.ALLOW:
            raise MalformedPolicy("NotPrincipal with Allow is not supported.")
        return parse_principals(element["NotPrincipal"], excluding=True)
    return parse_principals(element["Principal"], excluding=False) if "Principal" in element else None


def _parse_actions(element: dict[str, Any]) -> Actions:
    excluding = "NotAction" in element
    texts = _texts(element, "NotAction" if excluding else "Action")
    if not texts:
        raise MalformedPolicy("Policy statement must contain actions.")
    for text in texts:
        _check_action(text)
    patterns = Patterns.compile(text.lower() for text in texts)
    return Actions(excluding=excluding, texts=tuple(texts), patterns=patterns)


def _check_action(text: str) -> None:
    vendor, colon, name = text.partition(":")
    if text == _EVERY_ACTION:
        return
    if not colon:
        raise MalformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    if ":" in name:
        raise MalformedPolicy("Actions/Condition can contain only one colon.")
    if not _VENDOR.fullmatch(vendor):
        raise MalformedPolicy(f"Vendor {vendor} is not valid")
    if not name:
        raise legacy_error(f"{text} names no action.")


def _parse_resources(element: dict[str, Any], *, variables: bool) -> Resources | None:
    excluding = "NotResource" in element
    name = "NotResource" if excluding else "Resource"
    if name not in element:
        return None
    texts = _texts(element, name)
    if not texts:
        raise MalformedPolicy("Policy statement must contain resources.")
    return parse_resources(texts, excluding=excluding, variables=variables)

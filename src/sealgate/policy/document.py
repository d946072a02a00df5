"""Policy documents: from text to a value that answers quickly, or `MalformedPolicy`.

The grammar is that of the IAM User Guide, "Grammar of the IAM JSON policy language". Whatever is in a document has been
understood when it is stored; nothing is ignored when it is read. Element names and values are compared as they are
written; the case of actions and of condition keys does not count.

    policy = parse_policy(text, kind=PolicyKind.IDENTITY, name="SignersOfApp1")
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sealgate.policy.malformed import MalformedPolicy, syntax_error
from sealgate.policy.screen import Screen
from sealgate.policy.statement import Statement, check_statement, parse_statement
from sealgate.policy.strict_json import parse_object

__all__ = [
    "MAX_BUCKET_POLICY_BYTES",
    "MAX_GROUP_INLINE",
    "MAX_MANAGED",
    "MAX_ROLE_INLINE",
    "MAX_SESSION",
    "MAX_TRUST",
    "MAX_USER_INLINE",
    "MalformedPolicy",
    "Policy",
    "PolicyKind",
    "parse_policy",
    "size_of",
]

# Characters without white space (IAM User Guide, "IAM and AWS STS quotas"); the inline ones are sums over all the
# inline policies of one user, group or role.
MAX_MANAGED = 6144
MAX_USER_INLINE = 2048
MAX_GROUP_INLINE = 5120
MAX_ROLE_INLINE = 10240
MAX_TRUST = 2048
MAX_SESSION = 2048
"""For AssumeRole's `Policy` (STS API Reference); there white space counts."""
MAX_BUCKET_POLICY_BYTES = 20480
"""In bytes, white space included (S3 User Guide, "Policies and permissions")."""

VERSION = "2012-10-17"
_OLD_VERSION = "2008-10-17"
_TOP = frozenset({"Version", "Id", "Statement"})
_SID = re.compile(r"[0-9A-Za-z]*")
_WHITE_SPACE = re.compile(r"\s")
_STS_ACTIONS = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:setcontext",
        "sts:setsourceidentity",
        "sts:tagsession",
    }
)
_PARSED = 1024
_REMEMBERED = MAX_BUCKET_POLICY_BYTES
_ACTIONS_REMEMBERED = 256
_SCREENS_REMEMBERED = 16  # most actions are covered by the same statements as others


class PolicyKind(StrEnum):
    """What a policy is for; which elements it must have and may not have depends on it."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    RESOURCE = "resource"
    TRUST = "trust"

    @property
    def names_principals(self) -> bool:
        """Whether its statements say whom they are about."""
        return self in {PolicyKind.RESOURCE, PolicyKind.TRUST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy, read and understood.

    Attributes:
        kind: What it is for.
        name: What rulings call it: a policy's name or ARN.
        source: Where it came from, in the simulator's words (`user`, `group`, `role`, `user-managed`, `resource`).
        version: Of the language.
        id: Its Id element; empty where it has none.
        statements: In the document's order.
        text: The document; where it stands differently, the policy is the same.
        find: Answers the statements that cover an action (in lower case), and remembers the answers. They are arranged
            when they are first asked for.
    """

    kind: PolicyKind
    name: str
    source: str
    version: str
    id: str
    statements: tuple[Statement, ...]
    text: str = field(compare=False, repr=False)
    find: Callable[[str], Screen] = field(compare=False, repr=False)


def parse_policy(text: str, *, kind: PolicyKind, name: str = "", source: str = "") -> Policy:
    """Read a policy document. The latest answers are remembered: asking again for the same text is cheap.

    Args:
        text: The document.
        kind: What it is for.
        name: What rulings shall call it.
        source: Where it came from, for rulings.

    Raises:
        MalformedPolicy: The text is no policy of this kind. How long it may be is the caller's rule.
    """
    remembered = len(text) <= _REMEMBERED
    return (_remember if remembered else _parse)(text, kind, name, source)


def _parse(text: str, kind: PolicyKind, name: str, source: str) -> Policy:
    document = parse_object(text)
    elements = _check_document(document)
    version = document.get("Version", _OLD_VERSION)
    if version != VERSION and not kind.names_principals:
        raise MalformedPolicy("Policy document must be version 2012-10-17 or greater.")
    statements = tuple(
        _parse_statement(element, index, kind, variables=version == VERSION) for index, element in enumerate(elements)
    )
    _check_sids(statements, kind)
    return Policy(
        kind=kind,
        name=name,
        source=source,
        version=version,
        id=document.get("Id", ""),
        statements=statements,
        text=text,
        find=_index(statements),
    )


_remember = lru_cache(maxsize=_PARSED)(_parse)


def size_of(text: str) -> int:
    """Count the characters that IAM's quotas count: all but white space."""
    return len(_WHITE_SPACE.sub("", text))


def _index(statements: tuple[Statement, ...]) -> Callable[[str], Screen]:
    arrange = lru_cache(maxsize=_SCREENS_REMEMBERED)(Screen.of)

    @lru_cache(maxsize=_ACTIONS_REMEMBERED)
    def find(action: str) -> Screen:
        return arrange(tuple(statement for statement in statements if statement.covers(action)))

    return find


def _check_document(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Check the elements of the top, and answer the statements."""
    unknown = next((name for name in document if name not in _TOP), None)
    if unknown is not None:
        raise syntax_error(f"{unknown} is no element of a policy.")
    if document.get("Version", VERSION) not in (VERSION, _OLD_VERSION):
        raise syntax_error(f"Version must be {VERSION} or {_OLD_VERSION}.")
    if type(document.get("Id", "")) is not str:
        raise syntax_error("Id must be a string.")
    listed = document.get("Statement", [])
    elements = listed if isinstance(listed, list) else [listed]
    if not elements:
        raise syntax_error("Statement must be a statement or a list of at least one.")
    for index, element in enumerate(elements):
        _within(index, element, check_statement)
    return elements


def _within(index: int, element: Any, read: Callable[[Any], Any]) -> Any:
    """Read a statement; an error says which."""
    try:
        return read(element)
    except MalformedPolicy as error:
        raise error.within(_place(index, element)) from None


def _place(index: int, element: Any) -> str:
    sid = element.get("Sid") if isinstance(element, dict) else None
    return f"Statement {index + 1} ({sid})" if sid and isinstance(sid, str) else f"Statement {index + 1}"


def _parse_statement(element: dict[str, Any], index: int, kind: PolicyKind, *, variables: bool) -> Statement:
    statement: Statement = _within(index, element, lambda given: parse_statement(given, index, variables=variables))
    _check_kind(statement, kind)
    return statement


def _check_kind(statement: Statement, kind: PolicyKind) -> None:
    if not kind.names_principals:
        if statement.principals is not None:
            raise MalformedPolicy("Policy document should not specify a principal.")
    elif statement.principals is None:
        raise MalformedPolicy("Missing required field Principal")
    if kind is PolicyKind.TRUST:
        _check_trust(statement)
    elif statement.resources is None:
        raise MalformedPolicy("Policy statement must contain resources.")


def _check_trust(statement: Statement) -> None:
    if statement.resources is not None:
        raise MalformedPolicy("Has prohibited field Resource")
    actions = statement.actions
    if actions.excluding or any(text.lower() not in _STS_ACTIONS for text in actions.texts):
        raise MalformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.")


def _check_sids(statements: tuple[Statement, ...], kind: PolicyKind) -> None:
    sids = [statement.sid for statement in statements if statement.sid]
    if len(set(sids)) != len(sids):
        raise MalformedPolicy("Statement IDs (SID) in a single policy must be unique.")
    # Services that keep policies of their own allow more characters: S3 spaces, Signer dashes and underscores.
    if kind is not PolicyKind.RESOURCE and not all(_SID.fullmatch(sid) for sid in sids):
        raise MalformedPolicy(
            "Statement IDs (SID) must be alpha-numeric. "
            "Check that your input satisfies the regular expression [0-9A-Za-z]*"
        )

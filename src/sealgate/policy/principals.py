"""The Principal and NotPrincipal elements of resource-based policies: whom a statement is about, and how closely.

How closely counts (IAM User Guide, "Policy evaluation for requests within a single account"): within one account, what
a statement gives to everyone, to a user or to one session needs nothing else; what it gives to a role is limited by
permissions boundary and session policy; what it gives to the account is for the account's own policies to give on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sealgate.policy.malformed import MalformedPolicy, syntax_error
from sealgate.policy.request import Caller, CallerKind

_EVERYONE = "*"
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root", re.ASCII)
_ARN = re.compile(
    r"arn:aws[a-z-]*:(iam::\d{12}:(user|role)/[\x21-\x7e]*[\w+=,.@-]"
    r"|sts::\d{12}:(assumed-role/[\w+=,.@-]+/[\w+=,.@-]+|federated-user/[\w+=,.@-]+))",
    re.ASCII,
)
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazon(aws)?\.com(\.cn)?")
_CANONICAL = re.compile(r"[0-9a-f]{64}")
_FEDERATED = re.compile(
    r"arn:aws[a-z-]*:iam::\d{12}:(saml|oidc)-provider/[\x21-\x7e]+|[a-z0-9-]+(\.[a-z0-9-]+)+",
    re.ASCII,
)
_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")


class Naming(IntEnum):
    """How closely a principal is named; the greater the closer."""

    ACCOUNT = 1
    ISSUER = 2
    ITSELF = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Principals:
    """Whom a statement names.

    Attributes:
        excluding: The element is NotPrincipal.
        everyone: `*` is among them.
        accounts: Account ids.
        arns: Users, roles and sessions.
        services: Names of services.
        canonical_users: S3's canonical ids of accounts.
        federated: Identity providers; nobody calls as one here.
    """

    excluding: bool
    everyone: bool
    accounts: frozenset[str]
    arns: frozenset[str]
    services: frozenset[str]
    canonical_users: frozenset[str]
    federated: frozenset[str]

    def naming(self, caller: Caller) -> Naming | None:
        """Tell how the element names a caller; None where it does not.

        NotPrincipal spares only whom it lists by every name it has: a session by its own ARN, its role's and its
        account's (IAM User Guide, "NotPrincipal").
        """
        if self.excluding:
            return None if self._lists_every_name(caller) else Naming.ITSELF
        if self.everyone or (caller.arn and caller.arn in self.arns) or self._is_service(caller):
            return Naming.ITSELF
        if caller.issuer and caller.issuer in self.arns:
            return Naming.ISSUER
        return Naming.ACCOUNT if self._lists_account(caller) else None

    def _lists_every_name(self, caller: Caller) -> bool:
        if self.everyone or self._is_service(caller):
            return True
        names = {caller.arn, caller.issuer} - {""} if caller.kind is not CallerKind.ROOT else set()
        return names <= self.arns and self._lists_account(caller)

    def _lists_account(self, caller: Caller) -> bool:
        return caller.account in self.accounts or caller.canonical_user in self.canonical_users

    def _is_service(self, caller: Caller) -> bool:
        return caller.kind is CallerKind.SERVICE and caller.arn in self.services


def parse_principals(element: Any, *, excluding: bool) -> Principals:
    """Read a Principal or NotPrincipal element.

    Raises:
        MalformedPolicy: It has not the form of one, or names what no principal can be.
    """
    if element == _EVERYONE:
        element = {"AWS": _EVERYONE}
    if not isinstance(element, dict):
        raise syntax_error('A principal must be "*" or an object.')
    if not element:
        raise MalformedPolicy("Missing required field Principal")
    named = [(kind, name) for kind, names in element.items() for name in _names(kind, names)]
    for kind, name in named:
        if not _is_principal(kind, name):
            raise MalformedPolicy(f'Invalid principal in policy: "{kind}":"{name}"')
    return Principals(
        excluding=excluding,
        everyone=("AWS", _EVERYONE) in named,
        accounts=frozenset(_account(name) for kind, name in named if kind == "AWS" and _account(name)),
        arns=frozenset(name for kind, name in named if kind == "AWS" and _ARN.fullmatch(name)),
        services=frozenset(name for kind, name in named if kind == "Service"),
        canonical_users=frozenset(name for kind, name in named if kind == "CanonicalUser"),
        federated=frozenset(name for kind, name in named if kind == "Federated"),
    )


def _names(kind: str, element: Any) -> list[str]:
    if kind not in _KINDS:
        raise syntax_error(f"{kind} is no kind of principal; there are {', '.join(_KINDS)}.")
    names = element if isinstance(element, list) else [element]
    if not names or any(type(name) is not str for name in names):
        raise syntax_error(f"A principal's {kind} must be a string or a list of strings.")
    return names


def _is_principal(kind: str, name: str) -> bool:
    if kind == "AWS":
        return name == _EVERYONE or bool(_account(name)) or ("*" not in name and bool(_ARN.fullmatch(name)))
    forms = {"Service": _SERVICE, "Federated": _FEDERATED, "CanonicalUser": _CANONICAL}
    return forms[kind].fullmatch(name) is not None


def _account(name: str) -> str:
    """Read the account out of its id or its root's ARN; empty for anything else."""
    if _ACCOUNT.fullmatch(name):
        return name
    root = _ROOT.fullmatch(name)
    return root[1] if root else ""

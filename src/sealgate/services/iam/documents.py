"""Policy documents when they are stored: of their grammar, and no longer than they may be."""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.policy.document import (
    MAX_GROUP_INLINE,
    MAX_MANAGED,
    MAX_ROLE_INLINE,
    MAX_TRUST,
    MAX_USER_INLINE,
    PolicyKind,
    parse_policy,
    size_of,
)
from sealgate.services.iam.errors import QuotaExceeded
from sealgate.store.iam.entities import Kind

_MAX_INLINE: Mapping[Kind, int] = {"user": MAX_USER_INLINE, "group": MAX_GROUP_INLINE, "role": MAX_ROLE_INLINE}


def check_managed(document: str) -> None:
    """Check the document of a managed policy.

    Raises:
        MalformedPolicy: It is no identity policy.
        QuotaExceeded: It is too long.
    """
    parse_policy(document, kind=PolicyKind.IDENTITY)
    if size_of(document) > MAX_MANAGED:
        raise QuotaExceeded(f"Cannot exceed quota for PolicySize: {MAX_MANAGED}")


def check_inline(document: str, *, kind: Kind, name: str, others: int) -> None:
    """Check the document of a policy inside an entity.

    Args:
        document: It.
        kind: Of the entity.
        name: Of the entity.
        others: How long the entity's other policies are together.

    Raises:
        MalformedPolicy: It is no identity policy.
        QuotaExceeded: It is too long, with the others.
    """
    parse_policy(document, kind=PolicyKind.IDENTITY)
    if others + size_of(document) > _MAX_INLINE[kind]:
        raise QuotaExceeded(f"Maximum policy size of {_MAX_INLINE[kind]} bytes exceeded for {kind} {name}")


def check_trust_size(document: str) -> None:
    """Check how long a trust policy is.

    Raises:
        QuotaExceeded: It is too long.
    """
    if size_of(document) > MAX_TRUST:
        raise QuotaExceeded(f"Cannot exceed quota for ACLSizePerRole: {MAX_TRUST}")

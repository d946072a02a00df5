"""How much of what an account has, beside how much it may have."""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.services.scope import Scope
from sealgate.store.database import Database
from sealgate.store.iam.entities import groups, roles, users
from sealgate.store.iam.policies import count_policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The numbers of one account."""

    users: int
    groups: int
    roles: int
    policies: int


class SummaryService:
    """Counts."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def get(self, scope: Scope) -> Summary:
        """Answer an account's numbers."""
        with self._db.read() as tx:
            return Summary(
                users=users.count(tx, scope.account),
                groups=groups.count(tx, scope.account),
                roles=roles.count(tx, scope.account),
                policies=count_policies(tx, scope.account),
            )

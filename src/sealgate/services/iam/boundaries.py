"""Permissions boundaries of users and roles: the managed policy that says what they may do at most."""

from __future__ import annotations

from dataclasses import replace

from sealgate.services.iam.entities import ACTORS, ActorKind, get_entity
from sealgate.services.iam.errors import NoSuchEntity
from sealgate.services.iam.managed import get_attachable
from sealgate.services.scope import Scope
from sealgate.store.database import Database
from sealgate.store.iam.generation import changing_identity


class BoundaryService:
    """The use cases of permissions boundaries. `kind` and `name` say who is meant."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def put(self, scope: Scope, kind: ActorKind, name: str, policy_arn: str) -> None:
        """Bound a user or role, in place of whatever bounded it.

        Raises:
            Invalid: It is no ARN of a policy.
            NoSuchEntity: There is no such user or role, or no such policy.
        """
        with changing_identity(self._db) as tx:
            actor = get_entity(tx, ACTORS[kind], scope.account, name)
            get_attachable(tx, scope.account, policy_arn)
            ACTORS[kind].rows.replace(tx, replace(actor, boundary=policy_arn))

    def delete(self, scope: Scope, kind: ActorKind, name: str) -> None:
        """Bound a user or role no more.

        Raises:
            NoSuchEntity: There is no such user or role, or it has no boundary.
        """
        with changing_identity(self._db) as tx:
            actor = get_entity(tx, ACTORS[kind], scope.account, name)
            if actor.boundary is None:
                raise NoSuchEntity(f"{kind.title()} {name} does not have a permissions boundary.")
            ACTORS[kind].rows.replace(tx, replace(actor, boundary=None))

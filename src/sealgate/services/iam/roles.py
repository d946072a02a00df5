"""Roles: make, look at, change, delete."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sealgate.arn import partition_of
from sealgate.clock import Clock
from sealgate.services.iam.entities import check_bare, check_new, get_entity, list_entities, new_id
from sealgate.services.iam.managed import get_attachable
from sealgate.services.iam.pages import Range
from sealgate.services.iam.tags import Pair, new_tags
from sealgate.services.iam.trust import check_trust
from sealgate.services.paging import Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database
from sealgate.store.iam.entities import Role, roles
from sealgate.store.iam.generation import changing_identity
from sealgate.store.iam.sessions import delete_sessions_of

DEFAULT_SESSION_SECONDS = 3600
"""How long sessions of a role last at most that says nothing else (IAM API reference, CreateRole)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRole:
    """What a role is made from.

    Attributes:
        trust: The document that says who may become it.
        max_session_seconds: From one hour to twelve.
        boundary: The ARN of the managed policy that bounds it; None without one.
    """

    name: str
    trust: str
    path: str = "/"
    description: str | None = None
    max_session_seconds: int = DEFAULT_SESSION_SECONDS
    tags: tuple[Pair, ...] = ()
    boundary: str | None = None


class RoleService:
    """The use cases of roles."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def create(self, scope: Scope, new: NewRole) -> Role:
        """Make a role.

        Raises:
            EntityExists: The name is taken.
            MalformedPolicy: The trust policy is none, or names somebody who does not exist.
            NoSuchEntity: There is no such policy for a boundary.
            InvalidInput: The tags cannot be.
            QuotaExceeded: There are too many roles or tags, or the trust policy is too long.
        """
        tags = new_tags(new.tags)
        with changing_identity(self._db) as tx:
            check_new(tx, roles, scope.account, new.name)
            if new.boundary is not None:
                get_attachable(tx, scope.account, new.boundary)
            role = Role(
                account=scope.account,
                entity_id=new_id("role"),
                partition=partition_of(scope.region),
                path=new.path,
                name=new.name,
                key=new.name.lower(),
                created_at=self._clock(),
                tags=tags,
                trust=new.trust,
                trusted_ids=check_trust(tx, new.trust),
                description=new.description,
                max_session_seconds=new.max_session_seconds,
                boundary=new.boundary,
            )
            roles.rows.insert(tx, role)
        return role

    def get(self, scope: Scope, name: str) -> Role:
        """Answer a role.

        Raises:
            NoSuchEntity: There is none of this name.
        """
        with self._db.read() as tx:
            return get_entity(tx, roles, scope.account, name)

    def list(self, scope: Scope, wanted: Range, *, path_prefix: str = "/") -> Page[Role]:
        """Answer the roles under a path, by name.

        Raises:
            Invalid: The marker is none of this list's.
        """
        return list_entities(self._db, roles, scope, wanted, path_prefix=path_prefix)

    def update(self, scope: Scope, name: str, *, description: str | None, max_session_seconds: int | None) -> Role:
        """Change what is given of a role; sessions that exist keep their end.

        Raises:
            NoSuchEntity: There is none of this name.
        """
        with changing_identity(self._db) as tx:
            role = get_entity(tx, roles, scope.account, name)
            changed = replace(
                role,
                description=role.description if description is None else description,
                max_session_seconds=max_session_seconds or role.max_session_seconds,
            )
            roles.rows.replace(tx, changed)
        return changed

    def update_trust(self, scope: Scope, name: str, document: str) -> None:
        """Say anew who may become a role; sessions that exist stay.

        Raises:
            NoSuchEntity: There is none of this name.
            MalformedPolicy: The document is no trust policy, or names somebody who does not exist.
            QuotaExceeded: It is too long.
        """
        with changing_identity(self._db) as tx:
            role = get_entity(tx, roles, scope.account, name)
            roles.rows.replace(tx, replace(role, trust=document, trusted_ids=check_trust(tx, document)))

    def delete(self, scope: Scope, name: str) -> None:
        """Delete a role that has no policies any more; its sessions end at once.

        Raises:
            NoSuchEntity: There is none of this name.
            DeleteConflict: It has policies.
        """
        with changing_identity(self._db) as tx:
            role = get_entity(tx, roles, scope.account, name)
            check_bare(tx, role)
            delete_sessions_of(tx, role.entity_id)
            roles.rows.delete(tx, entity_id=role.entity_id)

"""What holds for users, groups and roles alike: their names, their lists, what must be gone before they can go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar, cast

from sealgate.services.iam.errors import DeleteConflict, EntityExists, check_quota, no_such
from sealgate.services.iam.names import PREFIXES, new_unique_id
from sealgate.services.iam.pages import Range, page_of, start_of
from sealgate.services.iam.quotas import MAX_GROUPS, MAX_ROLES, MAX_USERS
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database, Tx
from sealgate.store.iam import policies
from sealgate.store.iam.entities import Actor, Entities, Entity, Kind, groups, roles, users

E = TypeVar("E", bound=Entity)

ActorKind = Literal["user", "role"]

# What is done with these is the same for each kind; only their tables could tell that they are not one type.
BY_KIND = cast("Mapping[Kind, Entities[Entity]]", {"user": users, "group": groups, "role": roles})
ACTORS = cast("Mapping[ActorKind, Entities[Actor]]", {"user": users, "role": roles})
_QUOTAS: Mapping[Kind, tuple[str, int]] = {
    "user": ("UsersPerAccount", MAX_USERS),
    "group": ("GroupsPerAccount", MAX_GROUPS),
    "role": ("RolesPerAccount", MAX_ROLES),
}


def get_entity(tx: Tx, kind: Entities[E], account: str, name: str) -> E:
    """Answer the user, group or role of this name.

    Raises:
        NoSuchEntity: There is none in the account.
    """
    found = kind.find(tx, account=account, name=name)
    if found is None:
        raise no_such(kind.kind, name)
    return found


def new_id(kind: Kind) -> str:
    """Draw the unique id of a new entity."""
    return new_unique_id(PREFIXES[kind])


def check_new(tx: Tx, kind: Entities[E], account: str, name: str) -> None:
    """Check that an account may have one more entity, of this name.

    Raises:
        EntityExists: The name is taken.
        QuotaExceeded: It has as many as it may have.
    """
    check_name_free(tx, kind, account, name)
    quota, limit = _QUOTAS[kind.kind]
    check_quota(quota, limit, used=kind.count(tx, account))


def check_name_free(tx: Tx, kind: Entities[E], account: str, name: str, *, of: Entity | None = None) -> None:
    """Check that a name is nobody's, or its bearer's own.

    Raises:
        EntityExists: It is somebody else's.
    """
    bearer = kind.find(tx, account=account, name=name)
    if bearer is not None and (of is None or bearer.entity_id != of.entity_id):
        raise EntityExists(f"{kind.kind.title()} with name {name} already exists.")


def list_entities(db: Database, kind: Entities[E], scope: Scope, wanted: Range, *, path_prefix: str) -> Page[E]:
    """Answer the entities of one kind under a path, by name.

    Raises:
        Invalid: The marker is none of this list's.
    """
    tokens = ListTokens(kind.kind, scope.account, path_prefix)
    after = start_of(wanted, tokens)
    with db.read() as tx:
        found = kind.list(tx, account=scope.account, path_prefix=path_prefix, after=after, limit=wanted.limit + 1)
    return page_of(found, wanted, tokens, lambda entity: entity.key)


def check_bare(tx: Tx, entity: Entity) -> None:
    """Check that an entity that shall be deleted has no policies any more.

    Raises:
        DeleteConflict: It has.
    """
    if policies.list_attachments_of(tx, entity.entity_id):
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    if policies.list_inline_of(tx, entity.entity_id):
        raise DeleteConflict("Cannot delete entity, must delete policies first.")

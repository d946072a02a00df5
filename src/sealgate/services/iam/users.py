"""Users: make, look at, rename, delete."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sealgate.arn import partition_of
from sealgate.clock import Clock
from sealgate.services.iam.entities import check_bare, check_name_free, check_new, get_entity, list_entities, new_id
from sealgate.services.iam.errors import DeleteConflict
from sealgate.services.iam.managed import get_attachable
from sealgate.services.iam.pages import Range
from sealgate.services.iam.tags import Pair, new_tags
from sealgate.services.paging import Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database, Tx
from sealgate.store.iam.entities import User, users
from sealgate.store.iam.generation import changing_identity
from sealgate.store.iam.memberships import list_groups_of
from sealgate.store.iam.sessions import delete_sessions_of, rename_sessions_of
from sealgate.store.identity import list_keys_of, rename_keys_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What a user is made from.

    Attributes:
        boundary: The ARN of the managed policy that bounds it; None without one.
    """

    name: str
    path: str = "/"
    tags: tuple[Pair, ...] = ()
    boundary: str | None = None


class UserService:
    """The use cases of users."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def create(self, scope: Scope, new: NewUser) -> User:
        """Make a user, who has no credentials and no rights yet.

        Raises:
            EntityExists: The name is taken.
            NoSuchEntity: There is no such policy for a boundary.
            InvalidInput: The tags cannot be.
            QuotaExceeded: There are too many users, or tags.
        """
        user = User(
            account=scope.account,
            entity_id=new_id("user"),
            partition=partition_of(scope.region),
            path=new.path,
            name=new.name,
            key=new.name.lower(),
            created_at=self._clock(),
            tags=new_tags(new.tags),
            boundary=new.boundary,
        )
        with changing_identity(self._db) as tx:
            check_new(tx, users, scope.account, new.name)
            if new.boundary is not None:
                get_attachable(tx, scope.account, new.boundary)
            users.rows.insert(tx, user)
        return user

    def get(self, scope: Scope, name: str) -> User:
        """Answer a user.

        Raises:
            NoSuchEntity: There is none of this name.
        """
        with self._db.read() as tx:
            return get_entity(tx, users, scope.account, name)

    def list(self, scope: Scope, wanted: Range, *, path_prefix: str = "/") -> Page[User]:
        """Answer the users under a path, by name.

        Raises:
            Invalid: The marker is none of this list's.
        """
        return list_entities(self._db, users, scope, wanted, path_prefix=path_prefix)

    def update(self, scope: Scope, name: str, *, new_name: str | None, new_path: str | None) -> None:
        """Rename or move a user; keys, sessions, groups and policies stay with it.

        Raises:
            NoSuchEntity: There is none of this name.
            EntityExists: The new name is another's.
        """
        with changing_identity(self._db) as tx:
            user = get_entity(tx, users, scope.account, name)
            called = new_name or user.name
            check_name_free(tx, users, scope.account, called, of=user)
            renamed = replace(user, name=called, key=called.lower(), path=new_path or user.path)
            users.rows.replace(tx, renamed)
            rename_keys_of(tx, user.entity_id, principal_arn=renamed.arn)
            rename_sessions_of(tx, user.entity_id, principal_arn=renamed.arn)

    def delete(self, scope: Scope, name: str) -> None:
        """Delete a user who has nothing any more; its sessions end at once.

        Raises:
            NoSuchEntity: There is none of this name.
            DeleteConflict: It has policies, keys or groups.
        """
        with changing_identity(self._db) as tx:
            user = get_entity(tx, users, scope.account, name)
            check_bare(tx, user)
            _check_alone(tx, user)
            delete_sessions_of(tx, user.entity_id)
            users.rows.delete(tx, entity_id=user.entity_id)


def _check_alone(tx: Tx, user: User) -> None:
    if list_keys_of(tx, user.entity_id):
        raise DeleteConflict("Cannot delete entity, must delete access keys first.")
    if list_groups_of(tx, user.entity_id, limit=1):
        raise DeleteConflict("Cannot delete entity, must remove users from group first.")

"""Groups, and who is in them."""

from __future__ import annotations

from dataclasses import replace

from sealgate.arn import partition_of
from sealgate.clock import Clock
from sealgate.services.iam.entities import check_bare, check_name_free, check_new, get_entity, list_entities, new_id
from sealgate.services.iam.errors import DeleteConflict, NoSuchEntity, check_quota
from sealgate.services.iam.pages import Range, page_of, start_of
from sealgate.services.iam.quotas import MAX_GROUPS_OF_USER
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database
from sealgate.store.iam.entities import Group, User, groups, users
from sealgate.store.iam.generation import changing_identity
from sealgate.store.iam.memberships import (
    Membership,
    count_groups_of,
    list_groups_of,
    list_users_of,
    memberships,
)


class GroupService:
    """The use cases of groups."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def create(self, scope: Scope, name: str, *, path: str = "/") -> Group:
        """Make a group.

        Raises:
            EntityExists: The name is taken.
            QuotaExceeded: There are too many groups.
        """
        group = Group(
            account=scope.account,
            entity_id=new_id("group"),
            partition=partition_of(scope.region),
            path=path,
            name=name,
            key=name.lower(),
            created_at=self._clock(),
        )
        with changing_identity(self._db) as tx:
            check_new(tx, groups, scope.account, name)
            groups.rows.insert(tx, group)
        return group

    def get(self, scope: Scope, name: str) -> Group:
        """Answer a group.

        Raises:
            NoSuchEntity: There is none of this name.
        """
        with self._db.read() as tx:
            return get_entity(tx, groups, scope.account, name)

    def list(self, scope: Scope, wanted: Range, *, path_prefix: str = "/") -> Page[Group]:
        """Answer the groups under a path, by name.

        Raises:
            Invalid: The marker is none of this list's.
        """
        return list_entities(self._db, groups, scope, wanted, path_prefix=path_prefix)

    def update(self, scope: Scope, name: str, *, new_name: str | None, new_path: str | None) -> None:
        """Rename or move a group; its users and policies stay.

        Raises:
            NoSuchEntity: There is none of this name.
            EntityExists: The new name is another's.
        """
        with changing_identity(self._db) as tx:
            group = get_entity(tx, groups, scope.account, name)
            called = new_name or group.name
            check_name_free(tx, groups, scope.account, called, of=group)
            groups.rows.replace(tx, replace(group, name=called, key=called.lower(), path=new_path or group.path))

    def delete(self, scope: Scope, name: str) -> None:
        """Delete a group that has nothing any more.

        Raises:
            NoSuchEntity: There is none of this name.
            DeleteConflict: It has users or policies.
        """
        with changing_identity(self._db) as tx:
            group = get_entity(tx, groups, scope.account, name)
            if list_users_of(tx, group.entity_id, limit=1):
                raise DeleteConflict("Cannot delete entity, must remove users from group first.")
            check_bare(tx, group)
            groups.rows.delete(tx, entity_id=group.entity_id)

    def add_user(self, scope: Scope, name: str, user_name: str) -> None:
        """Put a user into a group; one who is in it stays so.

        Raises:
            NoSuchEntity: There is no such group or user.
            QuotaExceeded: The user is in too many groups.
        """
        with changing_identity(self._db) as tx:
            group = get_entity(tx, groups, scope.account, name)
            user = get_entity(tx, users, scope.account, user_name)
            membership = Membership(user_id=user.entity_id, group_id=group.entity_id)
            if memberships.find(tx, user_id=user.entity_id, group_id=group.entity_id) is None:
                check_quota("GroupsPerUser", MAX_GROUPS_OF_USER, used=count_groups_of(tx, user.entity_id))
                memberships.insert(tx, membership)

    def remove_user(self, scope: Scope, name: str, user_name: str) -> None:
        """Take a user out of a group.

        Raises:
            NoSuchEntity: There is no such group or user, or the user is not in it.
        """
        with changing_identity(self._db) as tx:
            group = get_entity(tx, groups, scope.account, name)
            user = get_entity(tx, users, scope.account, user_name)
            if not memberships.delete(tx, user_id=user.entity_id, group_id=group.entity_id):
                raise NoSuchEntity(f"User {user_name} is not in group {name}.")

    def list_users(self, scope: Scope, name: str, wanted: Range) -> tuple[Group, Page[User]]:
        """Answer a group and its users, by name.

        Raises:
            NoSuchEntity: There is no such group.
            Invalid: The marker is none of this list's.
        """
        with self._db.read() as tx:
            group = get_entity(tx, groups, scope.account, name)
            tokens = ListTokens("users of group", group.entity_id)
            after = start_of(wanted, tokens)
            found = list_users_of(tx, group.entity_id, after=after, limit=wanted.limit + 1)
        return group, page_of(found, wanted, tokens, lambda user: user.key)

    def list_of_user(self, scope: Scope, user_name: str, wanted: Range) -> Page[Group]:
        """Answer the groups that a user is in, by name.

        Raises:
            NoSuchEntity: There is no such user.
            Invalid: The marker is none of this list's.
        """
        with self._db.read() as tx:
            user = get_entity(tx, users, scope.account, user_name)
            tokens = ListTokens("groups of user", user.entity_id)
            after = start_of(wanted, tokens)
            found = list_groups_of(tx, user.entity_id, after=after, limit=wanted.limit + 1)
        return page_of(found, wanted, tokens, lambda group: group.key)

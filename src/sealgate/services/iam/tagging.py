"""The tags of users, roles and managed policies once these exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from sealgate.services.iam.entities import ACTORS, ActorKind, get_entity
from sealgate.services.iam.managed import get_managed
from sealgate.services.iam.pages import Range, cut_page
from sealgate.services.iam.policies import get_own
from sealgate.services.iam.tags import Pair, merge_tags, remove_tags
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database
from sealgate.store.iam.generation import changing_identity
from sealgate.store.iam.policies import policies


class TagService:
    """The use cases of tags. `kind` and `name` say which user or role is meant."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def tag(self, scope: Scope, kind: ActorKind, name: str, pairs: Iterable[Pair]) -> None:
        """Add tags to a user or role, or change their values.

        Raises:
            NoSuchEntity: There is none of this name.
            InvalidInput: The tags cannot be.
            QuotaExceeded: There would be too many.
        """
        with changing_identity(self._db) as tx:
            actor = get_entity(tx, ACTORS[kind], scope.account, name)
            ACTORS[kind].rows.replace(tx, replace(actor, tags=merge_tags(actor.tags, pairs)))

    def untag(self, scope: Scope, kind: ActorKind, name: str, keys: Collection[str]) -> None:
        """Remove tags from a user or role; keys that are not there do not matter.

        Raises:
            NoSuchEntity: There is none of this name.
        """
        with changing_identity(self._db) as tx:
            actor = get_entity(tx, ACTORS[kind], scope.account, name)
            ACTORS[kind].rows.replace(tx, replace(actor, tags=remove_tags(actor.tags, keys)))

    def list(self, scope: Scope, kind: ActorKind, name: str, wanted: Range) -> Page[Pair]:
        """Answer the tags of a user or role, by key.

        Raises:
            NoSuchEntity: There is none of this name.
            Invalid: The marker is none of this list's.
        """
        with self._db.read() as tx:
            actor = get_entity(tx, ACTORS[kind], scope.account, name)
        return _page(actor.tags, wanted, ListTokens("tags", actor.entity_id))

    def tag_policy(self, scope: Scope, arn: str, pairs: Iterable[Pair]) -> None:
        """Add tags to a managed policy, or change their values.

        Raises:
            Invalid: It is no ARN of a policy.
            NoSuchEntity: There is none.
            Denied: It is AWS's.
            InvalidInput: The tags cannot be.
            QuotaExceeded: There would be too many.
        """
        with changing_identity(self._db) as tx:
            policy = get_own(tx, scope, arn, action="TagPolicy")
            policies.replace(tx, replace(policy, tags=merge_tags(policy.tags, pairs)))

    def untag_policy(self, scope: Scope, arn: str, keys: Collection[str]) -> None:
        """Remove tags from a managed policy; keys that are not there do not matter.

        Raises:
            Invalid: It is no ARN of a policy.
            NoSuchEntity: There is none.
            Denied: It is AWS's.
        """
        with changing_identity(self._db) as tx:
            policy = get_own(tx, scope, arn, action="UntagPolicy")
            policies.replace(tx, replace(policy, tags=remove_tags(policy.tags, keys)))

    def list_policy(self, scope: Scope, arn: str, wanted: Range) -> Page[Pair]:
        """Answer the tags of a managed policy, by key.

        Raises:
            Invalid: It is no ARN of a policy, or the marker is none of this list's.
            NoSuchEntity: There is none.
        """
        with self._db.read() as tx:
            policy = get_managed(tx, scope.account, arn)
        return _page(policy.tags, wanted, ListTokens("tags", arn))


def _page(tags: Mapping[str, str], wanted: Range, tokens: ListTokens) -> Page[Pair]:
    return cut_page(tags.items(), wanted, tokens, lambda pair: pair[0].lower())

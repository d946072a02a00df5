"""Managed policies attached to users, groups and roles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sealgate.services.iam.entities import BY_KIND, get_entity
from sealgate.services.iam.errors import NoSuchEntity, check_quota
from sealgate.services.iam.managed import get_attachable, get_managed
from sealgate.services.iam.names import parse_entity_name
from sealgate.services.iam.pages import Range, cut_page
from sealgate.services.iam.policies import Usage
from sealgate.services.iam.quotas import MAX_ATTACHED
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database, Tx
from sealgate.store.iam import policies as store
from sealgate.store.iam.entities import Entity, Kind, find_bounded
from sealgate.store.iam.generation import changing_identity
from sealgate.store.iam.policies import Attachment, ManagedPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityFilter:
    """Which of the entities that use a policy are wanted.

    Attributes:
        kind: Only these; None: all.
        usage: Only those that use it so; None: all.
    """

    kind: Kind | None = None
    path_prefix: str = "/"
    usage: Usage | None = None

    def takes(self, entity: Entity) -> bool:
        """Tell whether an entity is wanted, as far as itself decides."""
        return self.kind in (None, entity.kind) and entity.path.startswith(self.path_prefix)


class AttachmentService:
    """The use cases of attached policies. `kind` and `name` say which entity is meant."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def attach(self, scope: Scope, kind: Kind, name: str, policy_arn: str) -> None:
        """Attach a managed policy; one that is attached stays so.

        Raises:
            Invalid: It is no ARN of a policy.
            NoSuchEntity: There is no such entity, or no such policy.
            QuotaExceeded: The entity has as many as it may have.
        """
        with changing_identity(self._db) as tx:
            entity = get_entity(tx, BY_KIND[kind], scope.account, name)
            policy = get_attachable(tx, scope.account, policy_arn)
            if store.attachments.find(tx, entity_id=entity.entity_id, policy_arn=policy.arn) is None:
                used = len(store.list_attachments_of(tx, entity.entity_id))
                check_quota(f"PoliciesPer{kind.title()}", MAX_ATTACHED, used=used)
                new = Attachment(entity_id=entity.entity_id, policy_arn=policy.arn, account=scope.account, kind=kind)
                store.attachments.insert(tx, new)

    def detach(self, scope: Scope, kind: Kind, name: str, policy_arn: str) -> None:
        """Detach a managed policy.

        Raises:
            Invalid: It is no ARN of a policy.
            NoSuchEntity: There is no such entity, or the policy is not attached to it.
        """
        parse_entity_name(policy_arn, "policy")
        with changing_identity(self._db) as tx:
            entity = get_entity(tx, BY_KIND[kind], scope.account, name)
            if not store.attachments.delete(tx, entity_id=entity.entity_id, policy_arn=policy_arn):
                raise NoSuchEntity(f"Policy {policy_arn} was not found.")

    def list_attached(
        self, scope: Scope, kind: Kind, name: str, wanted: Range, *, path_prefix: str = "/"
    ) -> Page[ManagedPolicy]:
        """Answer the managed policies attached to an entity, by name.

        Raises:
            NoSuchEntity: There is no such entity.
            Invalid: The marker is none of this list's.
        """
        with self._db.read() as tx:
            entity = get_entity(tx, BY_KIND[kind], scope.account, name)
            attached = [
                get_managed(tx, scope.account, each.policy_arn)
                for each in store.list_attachments_of(tx, entity.entity_id)
            ]
        tokens = ListTokens("attached", entity.entity_id, path_prefix)
        found = (policy for policy in attached if policy.path.startswith(path_prefix))
        return cut_page(found, wanted, tokens, lambda policy: f"{policy.key}/{policy.account}")

    def list_entities(self, scope: Scope, policy_arn: str, wanted: Range, only: EntityFilter) -> Page[Entity]:
        """Answer the entities that use a managed policy: groups, roles, users, each by name.

        Raises:
            Invalid: It is no ARN of a policy, or the marker is none of this list's.
            NoSuchEntity: There is no such policy.
        """
        with self._db.read() as tx:
            get_managed(tx, scope.account, policy_arn)
            found = {entity.entity_id: entity for entity in _using(tx, scope.account, policy_arn, only.usage)}
        tokens = ListTokens("entities", policy_arn, only)
        return cut_page(
            filter(only.takes, found.values()), wanted, tokens, lambda entity: f"{entity.kind}/{entity.key}"
        )


def _using(tx: Tx, account: str, policy_arn: str, usage: Usage | None) -> Iterable[Entity]:
    if usage != "PermissionsBoundary":
        for each in store.list_attachments_to(tx, account=account, policy_arn=policy_arn):
            found = BY_KIND[each.kind].rows.find(tx, entity_id=each.entity_id)
            if found is not None:
                yield found
    if usage != "PermissionsPolicy":
        yield from find_bounded(tx, account=account, policy_arn=policy_arn)

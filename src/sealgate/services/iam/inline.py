"""Policies inside users, groups and roles, which end with them."""

from __future__ import annotations

from sealgate.policy.document import size_of
from sealgate.services.iam.documents import check_inline
from sealgate.services.iam.entities import BY_KIND, get_entity
from sealgate.services.iam.errors import NoSuchEntity, no_such
from sealgate.services.iam.pages import Range, cut_page
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database
from sealgate.store.iam import policies as store
from sealgate.store.iam.entities import Kind
from sealgate.store.iam.generation import changing_identity
from sealgate.store.iam.policies import InlinePolicy


class InlineService:
    """The use cases of policies inside entities. `kind` and `name` say which entity is meant."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def put(self, scope: Scope, kind: Kind, name: str, policy: str, document: str) -> None:
        """Put a policy into an entity, in place of one of the same name.

        Raises:
            NoSuchEntity: There is no such entity.
            MalformedPolicy: The document is no policy.
            QuotaExceeded: The entity's own policies are too long together.
        """
        with changing_identity(self._db) as tx:
            entity = get_entity(tx, BY_KIND[kind], scope.account, name)
            others = (each for each in store.list_inline_of(tx, entity.entity_id) if each.name != policy)
            check_inline(document, kind=kind, name=name, others=sum(size_of(each.document) for each in others))
            store.inline_policies.delete(tx, entity_id=entity.entity_id, name=policy)
            store.inline_policies.insert(tx, InlinePolicy(entity_id=entity.entity_id, name=policy, document=document))

    def get(self, scope: Scope, kind: Kind, name: str, policy: str) -> InlinePolicy:
        """Answer a policy inside an entity.

        Raises:
            NoSuchEntity: There is no such entity or policy.
        """
        with self._db.read() as tx:
            entity = get_entity(tx, BY_KIND[kind], scope.account, name)
            found = store.inline_policies.find(tx, entity_id=entity.entity_id, name=policy)
        if found is None:
            raise _no_such_policy(kind, policy)
        return found

    def delete(self, scope: Scope, kind: Kind, name: str, policy: str) -> None:
        """Delete a policy inside an entity.

        Raises:
            NoSuchEntity: There is no such entity or policy.
        """
        with changing_identity(self._db) as tx:
            entity = get_entity(tx, BY_KIND[kind], scope.account, name)
            if not store.inline_policies.delete(tx, entity_id=entity.entity_id, name=policy):
                raise _no_such_policy(kind, policy)

    def list(self, scope: Scope, kind: Kind, name: str, wanted: Range) -> Page[InlinePolicy]:
        """Answer the policies inside an entity, by name.

        Raises:
            NoSuchEntity: There is no such entity.
            Invalid: The marker is none of this list's.
        """
        with self._db.read() as tx:
            entity = get_entity(tx, BY_KIND[kind], scope.account, name)
            found = store.list_inline_of(tx, entity.entity_id)
        return cut_page(found, wanted, ListTokens("inline", entity.entity_id), lambda policy: policy.name)


def _no_such_policy(kind: Kind, policy: str) -> NoSuchEntity:
    return no_such(f"{kind} policy", policy)

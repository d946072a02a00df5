"""Long-term credentials of users."""

from __future__ import annotations

from dataclasses import replace

from sealgate.clock import Clock
from sealgate.services.iam.entities import get_entity
from sealgate.services.iam.errors import NoSuchEntity, check_quota
from sealgate.services.iam.names import LONG_TERM_PREFIX, new_access_key_id, new_secret
from sealgate.services.iam.pages import Range, cut_page
from sealgate.services.iam.quotas import MAX_KEYS
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database, Tx
from sealgate.store.iam.entities import User, users
from sealgate.store.iam.generation import changing_identity
from sealgate.store.identity import AccessKey, KeyStatus, access_keys, list_keys_of


class AccessKeyService:
    """The use cases of users' access keys. When a key was used last is not kept."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def create(self, scope: Scope, user_name: str) -> AccessKey:
        """Make an access key; its secret is answered here and never again.

        Raises:
            NoSuchEntity: There is no such user.
            QuotaExceeded: The user has as many as it may have.
        """
        with changing_identity(self._db) as tx:
            user = get_entity(tx, users, scope.account, user_name)
            check_quota("AccessKeysPerUser", MAX_KEYS, used=len(list_keys_of(tx, user.entity_id)))
            key = AccessKey(
                access_key_id=new_access_key_id(LONG_TERM_PREFIX),
                account=scope.account,
                principal_arn=user.arn,
                user_id=user.entity_id,
                secret=new_secret(),
                created_at=self._clock(),
            )
            access_keys.insert(tx, key)
        return key

    def list(self, scope: Scope, user_name: str, wanted: Range) -> Page[AccessKey]:
        """Answer a user's access keys, by id.

        Raises:
            NoSuchEntity: There is no such user.
            Invalid: The marker is none of this list's.
        """
        with self._db.read() as tx:
            user = get_entity(tx, users, scope.account, user_name)
            keys = list_keys_of(tx, user.entity_id)
        return cut_page(keys, wanted, ListTokens("access keys", user.entity_id), lambda key: key.access_key_id)

    def update(self, scope: Scope, user_name: str, access_key_id: str, status: KeyStatus) -> None:
        """Let a key sign, or let it sign no more; from the next call on.

        Raises:
            NoSuchEntity: There is no such user, or the key is not its.
        """
        with changing_identity(self._db) as tx:
            key = _get_key(tx, get_entity(tx, users, scope.account, user_name), access_key_id)
            access_keys.replace(tx, replace(key, status=status))

    def delete(self, scope: Scope, user_name: str, access_key_id: str) -> None:
        """Delete a key; it signs no more from the next call on.

        Raises:
            NoSuchEntity: There is no such user, or the key is not its.
        """
        with changing_identity(self._db) as tx:
            key = _get_key(tx, get_entity(tx, users, scope.account, user_name), access_key_id)
            access_keys.delete(tx, access_key_id=key.access_key_id)


def _get_key(tx: Tx, user: User, access_key_id: str) -> AccessKey:
    key = access_keys.find(tx, access_key_id=access_key_id)
    if key is None or key.user_id != user.entity_id:
        raise NoSuchEntity(f"The Access Key with id {access_key_id} cannot be found.")
    return key

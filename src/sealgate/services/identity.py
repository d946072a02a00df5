"""Accounts, their root credentials, and who a credential belongs to."""

from __future__ import annotations

import base64
import secrets

from sealgate.arn import root_user_arn
from sealgate.clock import Clock
from sealgate.errors import Conflict
from sealgate.store import identity as store
from sealgate.store.database import Database
from sealgate.store.identity import AccessKey, Account

_KEY_ID_BYTES = 10
_SECRET_BYTES = 30


class IdentityService:
    """Who may call at all.

    Access keys are remembered in memory once read, since every call asks for one and they never change; one that is
    unknown is looked up again each time, so that a key made by another process is found.
    """

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._known: dict[str, AccessKey] = {}

    def find_key(self, access_key_id: str) -> AccessKey | None:
        """Answer the access key of this id, or None."""
        key = self._known.get(access_key_id)
        if key is None:
            with self._db.read() as tx:
                key = store.access_keys.find(tx, access_key_id=access_key_id)
            if key is not None:
                self._known[access_key_id] = key
        return key

    def find_root_key(self, account: str) -> AccessKey | None:
        """Answer the access key of an account's root user, or None where there is no such account."""
        with self._db.read() as tx:
            return store.find_root_key(tx, account)

    def create_account(self, account: str, *, region: str) -> AccessKey:
        """Create an account and the access key of its root user.

        Args:
            account: 12 digits, as `Config` has checked them.
            region: Decides the partition of the root user's ARN.

        Raises:
            Conflict: The account exists.
        """
        now = self._clock()
        key = AccessKey(
            access_key_id="AKIA" + base64.b32encode(secrets.token_bytes(_KEY_ID_BYTES)).decode(),
            account=account,
            principal_arn=root_user_arn(region, account),
            user_id=account,
            secret=base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode(),
            created_at=now,
        )
        with self._db.write() as tx:
            if store.accounts.find(tx, account=account) is not None:
                raise Conflict(f"account {account} exists")
            store.accounts.insert(tx, Account(account=account, created_at=now))
            store.access_keys.insert(tx, key)
        return key

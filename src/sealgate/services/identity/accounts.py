"""Accounts, their root credentials, and who a credential belongs to."""

from __future__ import annotations

from sealgate.arn import root_user_arn
from sealgate.clock import Clock
from sealgate.errors import Conflict, NotFound
from sealgate.services.iam.names import LONG_TERM_PREFIX, new_access_key_id, new_secret
from sealgate.services.iam.remembered import Remembered
from sealgate.store import identity as store
from sealgate.store.database import Database, Tx
from sealgate.store.iam.generation import changing_identity
from sealgate.store.iam.sessions import Session, sessions
from sealgate.store.identity import AccessKey, Account

Credential = AccessKey | Session
"""What a request can be signed with: for good, or for a while and with a token."""


class IdentityService:
    """Who may call at all.

    Credentials are remembered in memory once read, since every call asks for one; a change of any identity makes them
    be read again (`Remembered`).
    """

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._known: Remembered[str, Credential] = Remembered(db, _load)

    def find_key(self, access_key_id: str) -> Credential | None:
        """Answer the credential of this id, or None; an Inactive key is none, a session that has ended still is one."""
        return self._known.find(access_key_id)

    def find_root_key(self, account: str) -> AccessKey | None:
        """Answer the access key of an account's root user, or None where there is no such account."""
        with self._db.read() as tx:
            return store.find_root_key(tx, account)

    def get_account(self, account: str) -> Account:
        """Answer an account.

        Raises:
            NotFound: There is none.
        """
        with self._db.read() as tx:
            found = store.accounts.find(tx, account=account)
        if found is None:
            raise NotFound(f"account {account} does not exist")
        return found

    def list_accounts(self) -> list[Account]:
        """Answer every account, by its digits."""
        with self._db.read() as tx:
            return store.list_accounts(tx)

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
            access_key_id=new_access_key_id(LONG_TERM_PREFIX),
            account=account,
            principal_arn=root_user_arn(region, account),
            user_id=account,
            secret=new_secret(),
            created_at=now,
        )
        with changing_identity(self._db) as tx:
            if store.accounts.find(tx, account=account) is not None:
                raise Conflict(f"account {account} exists")
            store.accounts.insert(tx, Account(account=account, created_at=now))
            store.access_keys.insert(tx, key)
        return key


def _load(tx: Tx, access_key_id: str) -> Credential | None:
    key = store.access_keys.find(tx, access_key_id=access_key_id)
    if key is not None:
        return key if key.status == "Active" else None
    return sessions.find(tx, access_key_id=access_key_id)

"""IAM and STS on a database in a folder, with a clock that stands, and a few documents."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealgate.policy.evaluate import authorise
from sealgate.policy.request import Ask
from sealgate.services.access.entry import Principal
from sealgate.services.iam.roles import NewRole
from sealgate.services.iam.service import IamService
from sealgate.services.iam.users import NewUser
from sealgate.services.identity.accounts import IdentityService
from sealgate.services.identity.assumption import Assumption
from sealgate.services.identity.sessions import Issued, SessionService
from sealgate.services.scope import Scope
from sealgate.store.database import Database
from sealgate.store.iam.entities import Role
from sealgate.store.iam.sessions import Session
from sealgate.store.identity import AccessKey
from tests.support.database import make_database
from tests.support.signer import MovableClock

ACCOUNT, OTHER = "111122223333", "444455556666"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
EXECUTE = "arn:aws:iam::aws:policy/AWSLambdaExecute"


def document(*statements: dict[str, Any]) -> str:
    """Write a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allowing(action: str, resource: str = "*", **more: Any) -> str:
    """Write a policy that allows one action."""
    return document({"Effect": "Allow", "Action": action, "Resource": resource, **more})


def trusting(principal: str, *actions: str, **more: Any) -> str:
    """Write a trust policy for one principal."""
    allowed = list(actions) or "sts:AssumeRole"
    return document({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": allowed, **more})


def principal_of(key: AccessKey | Session) -> Principal:
    """Answer who calls with a credential."""
    return Principal(account=key.account, arn=key.principal_arn, user_id=key.user_id, access_key_id=key.access_key_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Iam:
    """Two accounts on one database.

    Attributes:
        scope: The root user of `ACCOUNT` calls.
        other: The root user of `OTHER` calls.
    """

    db: Database
    clock: MovableClock
    identity: IdentityService
    iam: IamService
    sessions: SessionService
    scope: Scope
    other: Scope

    def add_user(self, name: str, *policies: str, **more: Any) -> Principal:
        """Make a user with an access key and policies; answer who calls with the key."""
        self.iam.users.create(self.scope, NewUser(name=name, **more))
        for number, policy in enumerate(policies):
            self.iam.inline.put(self.scope, "user", name, f"policy{number}", policy)
        return principal_of(self.iam.access_keys.create(self.scope, name))

    def add_role(self, name: str, trust: str, *policies: str, scope: Scope | None = None, **more: Any) -> Role:
        """Make a role with policies."""
        where = scope or self.scope
        role = self.iam.roles.create(where, NewRole(name=name, trust=trust, **more))
        for number, policy in enumerate(policies):
            self.iam.inline.put(where, "role", name, f"policy{number}", policy)
        return role

    def assume(self, principal: Principal, role: Role, name: str = "session", **asked: Any) -> Issued:
        """Become a role."""
        return self.sessions.assume_role(
            principal, Assumption(role_arn=role.arn, session_name=name, **asked), context={}
        )

    def may(self, principal: Principal, action: str, resource: str = "*") -> bool:
        """Tell whether a principal's own policies allow an action in its account."""
        grants = self.iam.rights.of(principal)
        ruling = authorise(
            Ask(principal=grants.caller, action=action, resource=resource, context=grants.context),
            identity=grants.identity,
            boundary=grants.boundary,
            session=grants.session,
            same_account=True,
        )
        return ruling.is_allowed


@contextmanager
def opened_iam(folder: Path) -> Iterator[Iam]:
    """Make both accounts, and close the database when the block ends."""
    db, clock = make_database(folder), MovableClock()
    identity, iam = IdentityService(db=db, clock=clock), IamService.on(db, clock)
    scopes = [
        Scope(
            account=account,
            region="us-east-1",
            caller_arn=identity.create_account(account, region="us-east-1").principal_arn,
        )
        for account in (ACCOUNT, OTHER)
    ]
    yield Iam(
        db=db,
        clock=clock,
        identity=identity,
        iam=iam,
        sessions=SessionService(db=db, clock=clock, rights=iam.rights),
        scope=scopes[0],
        other=scopes[1],
    )
    db.close()

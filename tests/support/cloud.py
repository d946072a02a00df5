"""A server without a socket, its accounts, and who calls it."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sealgate.aws.app import App
from sealgate.aws.operation import Api
from sealgate.config import Config
from sealgate.server.house import House
from sealgate.server.lifecycle import make_app
from tests.support.in_process import InProcess

_ACCOUNTS = itertools.count(700_000_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One account of a server without a socket.

    Attributes:
        root: The account's root user calls.
    """

    house: House
    app: App
    root: InProcess
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """The account: 12 digits."""
        return self.root.key.account

    def client(self, service: str) -> Any:
        """Answer a client of the root user; always the same one."""
        if service not in self._clients:
            self._clients[service] = self.root.client(service)
        return self._clients[service]

    def other(self) -> "Cloud":
        """Make another account of the same server."""
        return _open(self.house, self.app, loop_of=self.root)

    def become(self, credentials: dict[str, Any]) -> InProcess:
        """Answer what calls with credentials as CreateAccessKey, AssumeRole or GetSessionToken answer them."""
        key = self.house.services.identity.find_key(credentials["AccessKeyId"])
        assert key is not None
        return InProcess(app=self.app, key=key, token=credentials.get("SessionToken"), loop=self.root.loop)

    def user(self, name: str, *policies: str) -> InProcess:
        """Make a user with policies; answer what calls with its key."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        for number, policy in enumerate(policies):
            iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=policy)
        return self.become(iam.create_access_key(UserName=name)["AccessKey"])

    def role(self, name: str, trust: str, *policies: str, **more: Any) -> str:
        """Make a role with policies; answer its ARN."""
        iam = self.client("iam")
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)
        for number, policy in enumerate(policies):
            iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=policy)
        return str(made["Role"]["Arn"])


def open_cloud(house: House, apis: Sequence[Api]) -> Cloud:
    """Make an application of these operations, and an account in it; whoever asks closes its root user."""
    return _open(house, make_app(house, apis, Config()))


def _open(house: House, app: App, *, loop_of: InProcess | None = None) -> Cloud:
    key = house.services.identity.create_account(f"{next(_ACCOUNTS):012d}", region="us-east-1")
    root = InProcess(app=app, key=key) if loop_of is None else InProcess(app=app, key=key, loop=loop_of.loop)
    return Cloud(house=house, app=app, root=root)

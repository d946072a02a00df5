"""Permissions on layer versions: who besides the layer's own account may get one, and attach it to a function.

Texts and their order are those of AWS Lambda (AddLayerVersionPermission, GetLayerVersionPolicy,
RemoveLayerVersionPermission), as answers of it were recorded.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from functools import lru_cache

from sealgate.arn import account_of, root_user_arn
from sealgate.policy.document import VERSION, Policy, PolicyKind, parse_policy
from sealgate.services.functions.errors import InvalidParameter
from sealgate.services.layers.errors import (
    LayerPolicyTooLong,
    LayerRevisionMismatch,
    NoLayerPolicy,
    NoVersionToShare,
    StatementExists,
    StatementNotFound,
)
from sealgate.services.layers.names import LayerName, LayerVersionName, parse_layer_version
from sealgate.services.scope import Scope
from sealgate.store.database import Database, Tx
from sealgate.store.identity import accounts
from sealgate.store.layers import LayerPermission, LayerPolicy, find_present, layer_policies

GET = "lambda:GetLayerVersion"
"""The one action that can be given."""
MAX_POLICY_BYTES = 20_480
"""Of the policy as it is answered (Lambda quotas, "Function resource-based policy")."""
EVERYBODY = "*"
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLayerPermission:
    """What the owner of a layer wants to give.

    Attributes:
        principal: An account, by its 12 digits or its root user's ARN, or `*`.
        revision_id: The revision that the owner knows; None: whichever.
    """

    statement_id: str
    principal: str
    revision_id: str | None = None


class LayerPermissionService:
    """The use cases of permissions on layer versions."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def add(self, scope: Scope, name: str, number: int, new: NewLayerPermission) -> tuple[str, str]:
        """Give a permission; answer its statement, as a policy has it, and the policy's revision.

        Raises:
            NoVersionToShare: There is no such layer version.
            InvalidParameter: The number is no version's, or there is no such account.
            LayerRevisionMismatch: The permissions are in another revision than the named one.
            StatementExists: The statement's id is taken.
            LayerPolicyTooLong: The permissions would be too long.
        """
        version = parse_layer_version(name, number, scope)
        with self._db.write() as tx:
            present = _find_policy(tx, version, revision_id=new.revision_id)
            given = () if present is None else present.permissions
            if any(each.statement_id == new.statement_id for each in given):
                raise StatementExists(new.statement_id)
            permission = LayerPermission(statement_id=new.statement_id, principal=_get_principal(tx, new.principal))
            changed = _make_policy(version, (*given, permission))
            size = len(encode_policy(changed).encode())
            if size > MAX_POLICY_BYTES:
                raise LayerPolicyTooLong(size=size, limit=MAX_POLICY_BYTES)
            (layer_policies.insert if present is None else layer_policies.replace)(tx, changed)
        return _encode(_statement(version, permission)), changed.revision_id

    def get(self, scope: Scope, name: str, number: int) -> LayerPolicy:
        """Answer the permissions on a layer version.

        Raises:
            NoVersionToShare: There is no such layer version.
            NoLayerPolicy: It has none.
            VersionBelowOne: The number is no version's.
        """
        version = parse_layer_version(name, number, scope)
        with self._db.read() as tx:
            policy = _find_policy(tx, version)
        if policy is None:
            raise NoLayerPolicy
        return policy

    def remove(self, scope: Scope, name: str, number: int, statement_id: str, *, revision_id: str | None) -> None:
        """Take a permission back.

        Raises:
            NoVersionToShare: There is no such layer version.
            StatementNotFound: There is no such permission on it.
            LayerRevisionMismatch: The permissions are in another revision than the named one.
            VersionBelowOne: The number is no version's.
        """
        version = parse_layer_version(name, number, scope)
        with self._db.write() as tx:
            policy = _find_policy(tx, version, revision_id=revision_id)
            given = () if policy is None else policy.permissions
            left = tuple(each for each in given if each.statement_id != statement_id)
            if len(left) == len(given):
                raise StatementNotFound(statement_id)
            if left:
                layer_policies.replace(tx, _make_policy(version, left))
            else:
                layer_policies.delete(tx, **version.key)


def find_layer_policy(tx: Tx, version: LayerVersionName) -> Policy | None:
    """Answer what the permissions on a layer version are to the door; None without any."""
    stored = layer_policies.find(tx, **version.key)
    return None if stored is None else _parse(encode_policy(stored))


def encode_policy(policy: LayerPolicy) -> str:
    """Write the permissions on a layer version as AWS answers them."""
    layer = LayerName(account=policy.account, region=policy.region, name=policy.name)
    version = LayerVersionName(layer=layer, version=policy.version)
    statements = [_statement(version, each) for each in policy.permissions]
    return _encode({"Version": VERSION, "Id": "default", "Statement": statements})


@lru_cache(maxsize=1024)
def _parse(text: str) -> Policy:
    return parse_policy(text, kind=PolicyKind.RESOURCE, source="resource")


def _statement(version: LayerVersionName, permission: LayerPermission) -> dict[str, object]:
    account = permission.principal
    is_open = account == EVERYBODY
    return {
        "Sid": permission.statement_id,
        "Effect": "Allow",
        "Principal": account if is_open else {"AWS": root_user_arn(version.layer.region, account)},
        "Action": GET,
        "Resource": version.arn,
    }


def _encode(value: dict[str, object]) -> str:
    return json.dumps(value, separators=(",", ":"))


def _make_policy(version: LayerVersionName, permissions: tuple[LayerPermission, ...]) -> LayerPolicy:
    return LayerPolicy(
        account=version.layer.account,
        region=version.layer.region,
        name=version.layer.name,
        version=version.version,
        revision_id=str(uuid.uuid4()),
        permissions=permissions,
    )


def _find_policy(tx: Tx, version: LayerVersionName, *, revision_id: str | None = None) -> LayerPolicy | None:
    if find_present(tx, **version.key) is None:
        raise NoVersionToShare(version.arn)
    policy = layer_policies.find(tx, **version.key)
    if revision_id is not None and (policy is None or policy.revision_id != revision_id):
        raise LayerRevisionMismatch
    return policy


def _get_principal(tx: Tx, principal: str) -> str:
    account = principal if principal == EVERYBODY or _ACCOUNT.fullmatch(principal) else account_of(principal)
    if account != EVERYBODY and accounts.find(tx, account=account) is None:
        raise InvalidParameter("The provided principal was invalid. Please check the principal and try again.")
    return account

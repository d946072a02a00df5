"""Function policies: what services, other accounts and their roles may do with a function, a version or an alias.

Texts are those of recorded AWS answers. A policy is about exactly what it was given to: one of the function itself says
nothing about calls that name a version or an alias (Lambda developer guide, "Viewing resource-based IAM policies").
"""

from __future__ import annotations

import dataclasses
import json
import re
from functools import lru_cache

from sealgate.arn import root_user_arn
from sealgate.policy.document import VERSION, MalformedPolicy, Policy, PolicyKind, parse_policy
from sealgate.services.functions.errors import (
    AliasNotFound,
    FunctionNotFound,
    InvalidParameter,
    NoPolicy,
    PolicyTooLong,
    RevisionMismatch,
    StatementExists,
    StatementNotFound,
)
from sealgate.services.functions.names import FunctionName, check_own, parse_function_name, parse_version
from sealgate.services.functions.states import new_revision
from sealgate.services.iam.named import find_named_ids
from sealgate.services.scope import Scope
from sealgate.store.aliases import Alias, aliases
from sealgate.store.database import Database, Tx
from sealgate.store.function_policies import FunctionPermission, FunctionPolicy, function_policies
from sealgate.store.functions import LATEST, LATEST_NUMBER, Function, functions

MAX_POLICY_BYTES = 20_480
"""Of the whole policy as GetPolicy answers it (Lambda quotas, "Function resource-based policy")."""

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazon(aws)?\.com(\.cn)?")
_ABOUT_URLS = frozenset({"lambda:InvokeFunctionUrl"})


class FunctionPolicyService:
    """The use cases of function policies."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def add(
        self,
        scope: Scope,
        function_name: str,
        permission: FunctionPermission,
        *,
        qualifier: str | None = None,
        revision_id: str | None = None,
    ) -> str:
        """Give a permission; answer its statement as JSON. Function or alias get a new revision, as on AWS.

        Raises:
            FunctionNotFound, AliasNotFound: There is no such function, version or alias.
            InvalidParameter: `$LATEST` was named, or the principal does not exist, or the action is not about what the
                permission asks for.
            RevisionMismatch: Function or alias are in another revision than the named one.
            StatementExists: The statement's id is taken.
            PolicyTooLong: The policy would be.
        """
        name = check_own(parse_function_name(function_name, scope, qualifier=qualifier), scope)
        if name.qualifier == LATEST:
            raise InvalidParameter("We currently do not support adding policies for $LATEST.")
        with self._db.write() as tx:
            holder = _get_holder(tx, name)
            _check_revision(holder, revision_id)
            old = _find_stored(tx, name)
            present = () if old is None else old.permissions
            if any(each.statement_id == permission.statement_id for each in present):
                raise StatementExists(permission.statement_id)
            permission = _with_principal_id(tx, permission, name)
            policy = FunctionPolicy(
                **name.place, function=name.name, qualifier=name.qualifier or "", permissions=(*present, permission)
            )
            size = len(encode_policy(policy, name.arn).encode())
            if size > MAX_POLICY_BYTES:
                raise PolicyTooLong(size, MAX_POLICY_BYTES)
            (function_policies.insert if old is None else function_policies.replace)(tx, policy)
            _revise(tx, holder)
        return _encode(_statement(permission, name.arn, name.region))

    def remove(
        self,
        scope: Scope,
        function_name: str,
        statement_id: str,
        *,
        qualifier: str | None = None,
        revision_id: str | None = None,
    ) -> None:
        """Take a permission back.

        Raises:
            FunctionNotFound, AliasNotFound: There is no such function, version or alias.
            StatementNotFound: There is no such permission on it.
            RevisionMismatch: Function or alias are in another revision than the named one.
        """
        name = check_own(parse_function_name(function_name, scope, qualifier=qualifier), scope)
        with self._db.write() as tx:
            holder = _get_holder(tx, name)
            policy = _find_stored(tx, name)
            if policy is None:
                raise NoPolicy("No policy is associated with the given resource.")
            left = tuple(each for each in policy.permissions if each.statement_id != statement_id)
            if len(left) == len(policy.permissions):
                raise StatementNotFound(statement_id)
            _check_revision(holder, revision_id)
            if left:
                function_policies.replace(tx, dataclasses.replace(policy, permissions=left))
            else:
                function_policies.delete(tx, **name.place, function=name.name, qualifier=policy.qualifier)
            _revise(tx, holder)

    def get(self, scope: Scope, function_name: str, *, qualifier: str | None = None) -> tuple[str, str]:
        """Answer a policy as JSON, and the revision of function or alias.

        Raises:
            FunctionNotFound, AliasNotFound: There is no such function, version or alias.
            NoPolicy: It has no policy.
        """
        name = parse_function_name(function_name, scope, qualifier=qualifier)
        with self._db.read() as tx:
            holder = _get_holder(tx, name)
            policy = _find_stored(tx, name)
        if policy is None:
            raise NoPolicy("The resource you requested does not exist.")
        return encode_policy(policy, name.arn), holder.revision_id


def find_function_policy(tx: Tx, name: FunctionName) -> tuple[Policy, dict[str, str]] | None:
    """Answer what the permissions on a function, version or alias are to the door: a policy, and the ids it means.

    It is only ever asked about this very one, so its statements need not name it. None without any.
    """
    stored = _find_stored(tx, name)
    if stored is None:
        return None
    policy = _parse(stored.permissions, stored.region)
    return policy, {each.principal: each.principal_id for each in stored.permissions if each.principal_id}


def encode_policy(policy: FunctionPolicy, arn: str) -> str:
    """Write a policy as GetPolicy answers it.

    Args:
        policy: The policy.
        arn: What it is about.
    """
    statements = [_statement(each, arn, policy.region) for each in policy.permissions]
    return _encode({"Version": VERSION, "Id": "default", "Statement": statements})


@lru_cache(maxsize=1024)
def _parse(permissions: tuple[FunctionPermission, ...], region: str) -> Policy:
    document = {"Version": VERSION, "Statement": [_statement(each, "*", region) for each in permissions]}
    return parse_policy(_encode(document), kind=PolicyKind.RESOURCE, source="resource")


def _encode(document: object) -> str:
    return json.dumps(document, separators=(",", ":"))


def _statement(permission: FunctionPermission, arn: str, region: str) -> dict[str, object]:
    statement: dict[str, object] = {
        "Sid": permission.statement_id,
        "Effect": "Allow",
        "Principal": _principal(permission.principal, region),
        "Action": permission.action,
        "Resource": arn,
    }
    conditions = _conditions(permission)
    return statement | ({"Condition": conditions} if conditions else {})


def _principal(text: str, region: str) -> object:
    if text == "*":
        return text
    if _SERVICE.fullmatch(text):
        return {"Service": text}
    return {"AWS": root_user_arn(region, text) if _ACCOUNT.fullmatch(text) else text}


def _conditions(permission: FunctionPermission) -> dict[str, dict[str, str]]:
    equal = {
        "lambda:FunctionUrlAuthType": permission.url_auth_type,
        "aws:PrincipalOrgID": permission.organization_id,
        "AWS:SourceAccount": permission.source_account,
        "lambda:EventSourceToken": permission.event_source_token,
    }
    given = {key: value for key, value in equal.items() if value is not None}
    conditions = {"StringEquals": given} if given else {}
    if permission.source_arn is not None:
        conditions["ArnLike"] = {"AWS:SourceArn": permission.source_arn}
    return conditions


def _with_principal_id(tx: Tx, permission: FunctionPermission, name: FunctionName) -> FunctionPermission:
    """Check what a permission says, and note which user or role it means: one of the same name is another one later.

    Raises:
        InvalidParameter: It cannot be, or there is nobody of this name.
    """
    if permission.url_auth_type is not None and permission.action not in _ABOUT_URLS:
        raise InvalidParameter("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action")
    try:
        named = find_named_ids(tx, _parse((permission,), name.region))
    except MalformedPolicy as error:
        raise InvalidParameter(
            "The provided principal was invalid. Please check the principal and try again."
        ) from error
    return dataclasses.replace(permission, principal_id=named.get(permission.principal, ""))


def _find_stored(tx: Tx, name: FunctionName) -> FunctionPolicy | None:
    return function_policies.find(tx, **name.place, function=name.name, qualifier=name.qualifier or "")


def _get_holder(tx: Tx, name: FunctionName) -> Function | Alias:
    """Answer what a policy is about: a function, a version or an alias.

    Raises:
        FunctionNotFound, AliasNotFound: It is not there.
    """
    number = LATEST_NUMBER if name.qualifier is None else parse_version(name.qualifier)
    if number is not None:
        found = functions.find(tx, **name.place, name=name.name, version=number)
        if found is None:
            raise FunctionNotFound(name.arn)
        return found
    alias = aliases.find(tx, **name.place, function=name.name, name=name.qualifier)
    if alias is None:
        raise AliasNotFound(name.arn)
    return alias


def _check_revision(holder: Function | Alias, revision_id: str | None) -> None:
    if revision_id is not None and revision_id != holder.revision_id:
        raise RevisionMismatch


def _revise(tx: Tx, holder: Function | Alias) -> None:
    if isinstance(holder, Alias):
        aliases.replace(tx, dataclasses.replace(holder, revision_id=new_revision()))
    else:
        functions.replace(tx, dataclasses.replace(holder, revision_id=new_revision()))

"""Permissions on signing profiles: what other accounts and roles may do with one.

Checks, texts and their order are those of AWS Signer (AddProfilePermission, RemoveProfilePermission,
ListProfilePermissions), as answers of it were recorded.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, replace
from functools import lru_cache

from sealgate.arn import partition_of, profile_arn, root_user_arn
from sealgate.errors import Conflict, Invalid, NotFound, PreconditionFailed, TooLarge
from sealgate.policy.document import VERSION, Policy, PolicyKind, parse_policy
from sealgate.services.iam.named import find_named
from sealgate.services.scope import Scope
from sealgate.store import permissions as store
from sealgate.store.database import Database, Tx
from sealgate.store.identity import accounts
from sealgate.store.permissions import ProfilePermission, ProfilePolicy
from sealgate.store.profiles import Profile, profiles

MAX_POLICY_BYTES = 2000
"""Of the policy's statements as compact JSON, with principals as they were sent (recorded answer of AWS)."""
MAX_STATEMENT_ID = 64
ACTIONS = ("signer:StartSigningJob", "signer:GetSigningProfile", "signer:RevokeSignature")
"""What can be given on a profile of the Lambda platform, in the order in which AWS lists it."""

_STATEMENT_ID = re.compile(r"[A-Za-z0-9_-]+")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\x21-\x7e]+", re.ASCII)


class PolicyTooLarge(TooLarge):
    """The permissions on a profile are longer together than they may be."""

    def __init__(self) -> None:
        super().__init__(
            f"Policy cannot exceed maximum size of {MAX_POLICY_BYTES} bytes", reason="ServiceLimitExceeded"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPermission:
    """What the owner of a profile wants to give.

    Attributes:
        revision_id: The revision that the owner knows; None or empty: that there are no permissions yet.
    """

    statement_id: str
    action: str
    principal: str
    profile_version: str | None = None
    revision_id: str | None = None


class PermissionService:
    """The use cases of permissions on signing profiles."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def add(self, scope: Scope, name: str, new: NewPermission) -> str:
        """Give a permission; answer the revision. One that is there already, word for word, changes nothing.

        Raises:
            NotFound: There is no such profile, principal or version.
            Invalid: A part of it cannot be; or the statement's id is taken; or whether there are permissions yet is
                otherwise than the caller thinks.
            Conflict: The profile is not Active.
            PreconditionFailed: The permissions are not in the revision that the caller named.
            PolicyTooLarge: They would be too long.
        """
        with self._db.write() as tx:
            profile = _get_active(tx, scope, name, doing="add permission to")
            _check_statement_id(new.statement_id)
            permission = _make_permission(tx, profile, new)
            policy = _find_policy(tx, profile)
            if _is_there(policy, permission):
                assert policy is not None
                return policy.revision_id
            _check_revision(policy, new.revision_id, name)
            present = () if policy is None else policy.permissions
            changed = ProfilePolicy(
                account=profile.account,
                region=profile.region,
                name=name,
                revision_id=str(uuid.uuid4()),
                permissions=(*present, permission),
            )
            if _size(changed) > MAX_POLICY_BYTES:
                raise PolicyTooLarge
            save = store.profile_policies.insert if policy is None else store.profile_policies.replace
            save(tx, changed)
        return changed.revision_id

    def get(self, scope: Scope, name: str) -> ProfilePolicy:
        """Answer the permissions on a profile.

        Raises:
            NotFound: There is no such profile, or there are none on it.
        """
        with self._db.read() as tx:
            policy = _find_policy(tx, _get_profile(tx, scope, name))
        if policy is None:
            raise NotFound(f"No policies associated with profile {name}", reason="PolicyNotFound")
        return policy

    def remove(self, scope: Scope, name: str, statement_id: str, *, revision_id: str) -> str | None:
        """Take a permission back; answer the new revision, None where none is left.

        Raises:
            NotFound: There is no such profile or permission.
            Conflict: The profile is not Active.
            PreconditionFailed: The permissions are not in the revision that the caller named.
        """
        with self._db.write() as tx:
            profile = _get_active(tx, scope, name, doing="remove permission from")
            policy = _find_policy(tx, profile)
            if policy is not None:
                _check_revision(policy, revision_id, name)
            left = tuple(each for each in _permissions_of(policy) if each.statement_id != statement_id)
            if policy is None or len(left) == len(policy.permissions):
                raise NotFound(
                    f"No policy named {statement_id} associated with {name} profile", reason="PolicyNotFound"
                )
            if not left:
                store.profile_policies.delete(tx, account=profile.account, region=profile.region, name=name)
                return None
            changed = replace(policy, revision_id=str(uuid.uuid4()), permissions=left)
            store.profile_policies.replace(tx, changed)
        return changed.revision_id


def find_profile_policy(tx: Tx, profile: Profile) -> tuple[Policy, dict[str, str]] | None:
    """Answer what the permissions on a profile are to the door: a policy, and the unique ids of the roles it names.

    It is only ever asked about this profile and its jobs, so its statements need not name them. None without any.
    """
    stored = _find_policy(tx, profile)
    if stored is None:
        return None
    policy = _parse(stored.permissions)
    return policy, {each.principal: each.principal_id for each in stored.permissions if each.principal_id}


@lru_cache(maxsize=1024)
def _parse(permissions: tuple[ProfilePermission, ...]) -> Policy:
    document = {"Version": VERSION, "Statement": [_statement("*", each) for each in permissions]}
    return parse_policy(json.dumps(document), kind=PolicyKind.RESOURCE, source="resource")


def _statement(arn: str, permission: ProfilePermission) -> dict[str, object]:
    statement: dict[str, object] = {
        "Sid": permission.statement_id,
        "Effect": "Allow",
        "Principal": {"AWS": permission.principal},
        "Action": permission.action,
        "Resource": arn,
    }
    if permission.profile_version is not None:
        statement["Condition"] = {"StringEquals": {"signer:ProfileVersion": permission.profile_version}}
    return statement


def size_of(policy: ProfilePolicy) -> int:
    """Count the bytes of a policy as AWS keeps it: with the principals written as ARNs."""
    return _size(replace(policy, permissions=tuple(_expanded(each, policy.region) for each in policy.permissions)))


def _size(policy: ProfilePolicy) -> int:
    arn = profile_arn(policy.region, policy.account, policy.name)
    statements = [_statement(arn, each) for each in policy.permissions]
    return len(json.dumps(statements, separators=(",", ":")).encode())


def _expanded(permission: ProfilePermission, region: str) -> ProfilePermission:
    if not _ACCOUNT.fullmatch(permission.principal):
        return permission
    return replace(permission, principal=root_user_arn(region, permission.principal))


def _find_policy(tx: Tx, profile: Profile) -> ProfilePolicy | None:
    return store.profile_policies.find(tx, account=profile.account, region=profile.region, name=profile.name)


def _permissions_of(policy: ProfilePolicy | None) -> tuple[ProfilePermission, ...]:
    return () if policy is None else policy.permissions


def _get_profile(tx: Tx, scope: Scope, name: str) -> Profile:
    profile = profiles.find(tx, account=scope.account, region=scope.region, name=name)
    if profile is None:
        # AWS words this differently here than elsewhere.
        raise NotFound(f"SigningProfile with name {name} does not exist", reason="ProfileNotFound")
    return profile


def _get_active(tx: Tx, scope: Scope, name: str, *, doing: str) -> Profile:
    profile = _get_profile(tx, scope, name)
    if profile.status != "Active":
        raise Conflict(f"Cannot {doing} a profile in {profile.status} state", reason="ProfileNotActive")
    return profile


def _check_statement_id(statement_id: str) -> None:
    if not statement_id:
        raise Invalid("statementId cannot be empty.")
    if not _STATEMENT_ID.fullmatch(statement_id):
        raise Invalid(
            "Statement ID must contain only alphanumeric characters, underscores, and dashes",
            reason="InvalidPermissionStatement",
        )
    if len(statement_id) > MAX_STATEMENT_ID:
        raise Invalid(
            f"Statement ID must be less than {MAX_STATEMENT_ID} characters length", reason="InvalidPermissionStatement"
        )


def _make_permission(tx: Tx, profile: Profile, new: NewPermission) -> ProfilePermission:
    principal_id = _get_principal_id(tx, profile, new.principal)
    if new.action not in ACTIONS:
        raise Invalid(
            f"Action {new.action} not supported for platform {profile.platform_id}. "
            f"Action must be one of [{', '.join(ACTIONS)}]"
        )
    if new.profile_version not in (None, profile.version):
        raise NotFound(
            f"Version {new.profile_version} does not exist for SigningProfile {profile.name}.",
            reason="ProfileVersionNotFound",
        )
    return ProfilePermission(
        statement_id=new.statement_id,
        action=new.action,
        principal=new.principal,
        principal_id=principal_id,
        profile_version=new.profile_version,
    )


def _get_principal_id(tx: Tx, profile: Profile, principal: str) -> str:
    """Answer the unique id of a role, an empty text for an account.

    Raises:
        Invalid: It is neither.
        NotFound: It does not exist.
    """
    if _ACCOUNT.fullmatch(principal):
        if accounts.find(tx, account=principal) is None:
            raise _principal_not_found()
        return ""
    if not _ROLE.fullmatch(principal) or not principal.startswith(f"arn:{partition_of(profile.region)}:"):
        raise Invalid("Principal is not a valid AWS account id or IAM Role Arn", reason="InvalidPrincipal")
    role = find_named(tx, principal)
    if role is None:
        raise _principal_not_found()
    return role.entity_id


def _principal_not_found() -> NotFound:
    return NotFound("Principal not found", reason="PrincipalNotFound")


def _is_there(policy: ProfilePolicy | None, permission: ProfilePermission) -> bool:
    """Tell whether a permission is given already.

    Raises:
        Invalid: Another one has its statement's id.
    """
    same = [each for each in _permissions_of(policy) if each.statement_id == permission.statement_id]
    if same and same != [permission]:
        raise Invalid(
            f"Statement with statementId {permission.statement_id} is already in the policy",
            reason="InvalidPermissionStatement",
        )
    return bool(same)


def _check_revision(policy: ProfilePolicy | None, revision_id: str | None, name: str) -> None:
    if policy is None:
        if revision_id:
            raise Invalid("Resource Policy does not exist but revisionId was specified in the request")
        return
    if not revision_id:
        raise Invalid(f"Resource Policy exists for Profile Name {name}. But no revisionId was provided in the request")
    if revision_id != policy.revision_id:
        raise PreconditionFailed(
            f"Specified revisionId ({revision_id}) does not match the revisionId of the existing policy "
            f"({policy.revision_id})",
            reason="PolicyRevisionIdMismatch",
        )

"""Managed policies and their versions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from sealgate.arn import entity_arn, partition_of
from sealgate.clock import Clock
from sealgate.errors import Denied
from sealgate.services.iam.aws_managed import AWS, find_aws_managed, list_aws_managed
from sealgate.services.iam.documents import check_managed
from sealgate.services.iam.errors import DeleteConflict, EntityExists, NoSuchEntity, QuotaExceeded, check_quota
from sealgate.services.iam.managed import find_version, get_managed
from sealgate.services.iam.names import POLICY_PREFIX, new_unique_id
from sealgate.services.iam.pages import Range, cut_page
from sealgate.services.iam.quotas import MAX_POLICIES, MAX_VERSIONS
from sealgate.services.iam.tags import Pair, new_tags
from sealgate.services.paging import ListTokens, Page
from sealgate.services.scope import Scope
from sealgate.store.database import Database, Tx
from sealgate.store.iam import policies as store
from sealgate.store.iam.entities import count_bounded, find_bounded
from sealgate.store.iam.generation import changing_identity
from sealgate.store.iam.policies import ManagedPolicy, PolicyVersion

Owner = Literal["All", "AWS", "Local"]
"""Whose policies are listed."""
Usage = Literal["PermissionsPolicy", "PermissionsBoundary"]
"""What a policy is used for: attached, or as a boundary."""

_VERSION_ID = re.compile(r"v([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPolicy:
    """What a managed policy is made from."""

    name: str
    document: str
    path: str = "/"
    description: str | None = None
    tags: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyUse:
    """A managed policy, and how many entities of an account use it.

    Attributes:
        attached: To how many it is attached.
        bounding: How many it bounds.
    """

    policy: ManagedPolicy
    attached: int
    bounding: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFilter:
    """Which managed policies are wanted.

    Attributes:
        used_only: Leave out those that nothing uses.
        usage: Which use `used_only` is about; None: attached.
    """

    owner: Owner = "All"
    used_only: bool = False
    usage: Usage | None = None
    path_prefix: str = "/"

    def takes(self, use: PolicyUse) -> bool:
        """Tell whether a policy is wanted."""
        if not use.policy.path.startswith(self.path_prefix):
            return False
        if self.usage == "PermissionsBoundary":
            return use.bounding > 0
        return use.attached > 0 or not (self.used_only or self.usage)


class PolicyService:
    """The use cases of managed policies."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def create(self, scope: Scope, new: NewPolicy) -> PolicyUse:
        """Make a policy with one version.

        Raises:
            MalformedPolicy: The document is no policy.
            EntityExists: The name is taken, in whichever path.
            InvalidInput: The tags cannot be.
            QuotaExceeded: The document is too long, or there are too many policies or tags.
        """
        check_managed(new.document)
        now = self._clock()
        policy = ManagedPolicy(
            arn=entity_arn(partition_of(scope.region), scope.account, "policy", new.path, new.name),
            account=scope.account,
            policy_id=new_unique_id(POLICY_PREFIX),
            path=new.path,
            name=new.name,
            key=new.name.lower(),
            description=new.description,
            default_version=1,
            last_version=1,
            tags=new_tags(new.tags),
            created_at=now,
            updated_at=now,
        )
        with changing_identity(self._db) as tx:
            if store.find_policy_named(tx, account=scope.account, name=new.name) is not None:
                raise EntityExists(f"A policy called {new.name} already exists. Duplicate names are not allowed.")
            check_quota("CustomerManagedPoliciesPerAccount", MAX_POLICIES, used=store.count_policies(tx, scope.account))
            store.policies.insert(tx, policy)
            store.versions.insert(tx, _version(policy, 1, new.document))
        return PolicyUse(policy=policy, attached=0, bounding=0)

    def get(self, scope: Scope, arn: str) -> PolicyUse:
        """Answer a policy.

        Raises:
            Invalid: It is no ARN of a policy.
            NoSuchEntity: There is none that the account can use.
        """
        with self._db.read() as tx:
            policy = get_managed(tx, scope.account, arn)
            attached = len(store.list_attachments_to(tx, account=scope.account, policy_arn=arn))
            bounding = len(find_bounded(tx, account=scope.account, policy_arn=arn))
        return PolicyUse(policy=policy, attached=attached, bounding=bounding)

    def list(self, scope: Scope, wanted: Range, only: PolicyFilter) -> Page[PolicyUse]:
        """Answer policies, the account's own and AWS's, by name.

        Raises:
            Invalid: The marker is none of this list's.
        """
        with self._db.read() as tx:
            attached = store.count_attachments(tx, scope.account)
            bounding = count_bounded(tx, scope.account)
            found = list(_owned_by(tx, scope, only))
        uses = (
            PolicyUse(policy=each, attached=attached.get(each.arn, 0), bounding=bounding.get(each.arn, 0))
            for each in found
        )
        tokens = ListTokens("policies", scope.account, only)
        return cut_page(filter(only.takes, uses), wanted, tokens, lambda use: f"{use.policy.key}/{use.policy.account}")

    def delete(self, scope: Scope, arn: str) -> None:
        """Delete a policy that nothing uses, with its one version.

        Raises:
            Invalid: It is no ARN of a policy.
            NoSuchEntity: There is none.
            Denied: It is AWS's.
            DeleteConflict: Something uses it, or it has more than one version.
        """
        with changing_identity(self._db) as tx:
            policy = get_own(tx, scope, arn, action="DeletePolicy")
            if store.list_attachments_to(tx, account=scope.account, policy_arn=arn):
                raise DeleteConflict("Cannot delete a policy attached to entities.")
            if find_bounded(tx, account=scope.account, policy_arn=arn):
                raise DeleteConflict("Cannot delete a policy that is the permissions boundary of entities.")
            if len(store.list_versions(tx, arn)) > 1:
                raise DeleteConflict(
                    "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                    "versions. The default version is deleted with the policy."
                )
            store.versions.delete(tx, policy_arn=arn, number=policy.default_version)
            store.policies.delete(tx, arn=arn)

    def create_version(
        self, scope: Scope, arn: str, document: str, *, as_default: bool
    ) -> tuple[ManagedPolicy, PolicyVersion]:
        """Add a version to a policy; it counts only where it is made the default. Answers both as they are then.

        Raises:
            Invalid, NoSuchEntity, Denied: As `delete`.
            MalformedPolicy: The document is no policy.
            QuotaExceeded: The document is too long, or the policy has as many versions as it may have.
        """
        check_managed(document)
        with changing_identity(self._db) as tx:
            policy = get_own(tx, scope, arn, action="CreatePolicyVersion")
            if len(store.list_versions(tx, arn)) >= MAX_VERSIONS:
                raise QuotaExceeded(
                    f"A managed policy can have up to {MAX_VERSIONS} versions. Before you create a new version, you "
                    "must delete an existing version."
                )
            number, now = policy.last_version + 1, self._clock()
            default = number if as_default else policy.default_version
            changed = replace(policy, last_version=number, default_version=default, updated_at=now)
            store.policies.replace(tx, changed)
            version = PolicyVersion(policy_arn=arn, number=number, document=document, created_at=now)
            store.versions.insert(tx, version)
        return changed, version

    def get_version(self, scope: Scope, arn: str, version_id: str) -> tuple[ManagedPolicy, PolicyVersion]:
        """Answer a version (`v2`), and its policy.

        Raises:
            Invalid: It is no ARN of a policy.
            NoSuchEntity: There is no such policy or version.
        """
        with self._db.read() as tx:
            policy = get_managed(tx, scope.account, arn)
            return policy, _get_version(tx, policy, version_id)

    def list_versions(self, scope: Scope, arn: str, wanted: Range) -> tuple[ManagedPolicy, Page[PolicyVersion]]:
        """Answer a policy and its versions, the newest first.

        Raises:
            Invalid: It is no ARN of a policy, or the marker is none of this list's.
            NoSuchEntity: There is no such policy.
        """
        with self._db.read() as tx:
            policy = get_managed(tx, scope.account, arn)
            offered = find_aws_managed(arn)
            found = store.list_versions(tx, arn) if offered is None else [offered.version]
        # The higher the number, the earlier in the list.
        tokens = ListTokens("versions", arn)
        return policy, cut_page(found, wanted, tokens, lambda version: f"{10**9 - version.number:010d}")

    def delete_version(self, scope: Scope, arn: str, version_id: str) -> None:
        """Delete a version that is not the default; its number is not given again.

        Raises:
            Invalid, NoSuchEntity, Denied: As `delete`.
            DeleteConflict: It is the default.
        """
        with changing_identity(self._db) as tx:
            policy = get_own(tx, scope, arn, action="DeletePolicyVersion")
            version = _get_version(tx, policy, version_id)
            if version.number == policy.default_version:
                raise DeleteConflict("Cannot delete the default version of a policy.")
            store.versions.delete(tx, policy_arn=arn, number=version.number)

    def set_default_version(self, scope: Scope, arn: str, version_id: str) -> None:
        """Make a version the one that counts, wherever the policy is attached.

        Raises:
            Invalid, NoSuchEntity, Denied: As `delete`.
        """
        with changing_identity(self._db) as tx:
            policy = get_own(tx, scope, arn, action="SetDefaultPolicyVersion")
            version = _get_version(tx, policy, version_id)
            store.policies.replace(tx, replace(policy, default_version=version.number))


def get_own(tx: Tx, scope: Scope, arn: str, *, action: str) -> ManagedPolicy:
    """Answer a policy that the account may change.

    Raises:
        Invalid: It is no ARN of a policy.
        NoSuchEntity: There is none.
        Denied: It is AWS's.
    """
    policy = get_managed(tx, scope.account, arn)
    if policy.account == AWS:
        raise Denied(f"User: {scope.caller_arn} is not authorized to perform: iam:{action} on resource: policy {arn}")
    return policy


def _owned_by(tx: Tx, scope: Scope, only: PolicyFilter) -> Iterable[ManagedPolicy]:
    if only.owner != "AWS":
        yield from store.list_policies(tx, account=scope.account, path_prefix=only.path_prefix)
    if only.owner != "Local":
        yield from list_aws_managed(partition_of(scope.region))


def _version(policy: ManagedPolicy, number: int, document: str) -> PolicyVersion:
    return PolicyVersion(policy_arn=policy.arn, number=number, document=document, created_at=policy.created_at)


def _get_version(tx: Tx, policy: ManagedPolicy, version_id: str) -> PolicyVersion:
    match = _VERSION_ID.fullmatch(version_id)
    found = find_version(tx, policy, int(match[1])) if match else None
    if found is None:
        raise NoSuchEntity(f"Policy {policy.arn} version {version_id} does not exist or is not attachable.")
    return found

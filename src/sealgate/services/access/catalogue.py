"""What is known of the resources that policies are asked about: whose they are, their tags, their own policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from sealgate.arn import Arn, parse_arn
from sealgate.errors import Invalid
from sealgate.policy.document import Policy
from sealgate.policy.request import Context
from sealgate.services.functions.names import FunctionName
from sealgate.services.functions.policies import find_function_policy
from sealgate.services.iam.aws_managed import AWS
from sealgate.services.iam.entities import BY_KIND
from sealgate.services.layers.names import find_version_name
from sealgate.services.layers.permissions import find_layer_policy
from sealgate.services.objects.policies import find_bucket_policy, is_public
from sealgate.services.signing.permissions import find_profile_policy
from sealgate.store.configs import configs
from sealgate.store.database import Database, Tx
from sealgate.store.functions import find_latest as find_latest_function
from sealgate.store.iam.entities import Actor, Kind
from sealgate.store.iam.policies import ManagedPolicy, policies
from sealgate.store.jobs import jobs
from sealgate.store.logs import log_groups
from sealgate.store.objects import buckets, find_latest, find_version
from sealgate.store.parameters import parameters
from sealgate.store.profiles import profiles
from sealgate.store.stacks import find_live_stack, stacks

_PROFILE = "/signing-profiles/"
_JOB = "/signing-jobs/"
_FUNCTION = "function:"
_LAYER = "layer:"
_CONFIG = "code-signing-config:"
_PARAMETER = "parameter/"
_POLICY = "policy/"
_LOG_GROUP = "log-group:"
_ABOUT_NAMES = frozenset({"s3:CreateBucket"})
"""What is done with a name that nobody need have yet: who has it has no say in it."""
_ENTITY = re.compile(r"(user|role)/(?:.*/)?([^/]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one resource.

    Attributes:
        account: Who owns it.
        context: What conditions may ask of it (`aws:resourcetag/team`, `signer:profileversion`).
        policy: Its own policy, if it has one.
        is_restricted: The policy gives other accounts nothing: it is public, and the bucket's settings forbid that.
        named_ids: The unique ids, by ARN, that the users and roles it names had when it was given.
    """

    account: str
    context: Context
    policy: Policy | None = None
    is_restricted: bool = False
    named_ids: Mapping[str, str] = field(default_factory=dict)


class Catalogue:
    """Answers what is known of a resource, as it stands now."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def find(self, resource: str, *, action: str) -> Facts | None:
        """Answer the facts of an ARN; None of one that names nothing here, and of a pattern.

        Args:
            resource: The ARN.
            action: What shall be done with it; a policy of a resource may be about few actions only.
        """
        try:
            arn = parse_arn(resource)
        except Invalid:
            return None
        look = _BY_SERVICE.get(arn.service)
        if look is None:
            return None
        with self._db.read() as tx:
            return look(tx, arn, action)

    def find_object_tags(self, resource: str, version_id: str | None) -> Context:
        """Answer the tags of an object, or of a version of it, as conditions name them; none where there is none."""
        bucket, _, key = parse_arn(resource).resource.partition("/")
        with self._db.read() as tx:
            found = find_latest(tx, bucket, key) if version_id is None else find_version(tx, bucket, key, version_id)
        tags = found.tags if found is not None else {}
        return {f"s3:existingobjecttag/{name.lower()}": (value,) for name, value in tags.items()}


def _find_signer(tx: Tx, arn: Arn, _action: str) -> Facts | None:
    name = arn.resource.removeprefix(_PROFILE)
    if name != arn.resource:
        return _find_profile(tx, arn, name.partition("/")[0])
    job = None
    if arn.resource.startswith(_JOB):
        job_id = arn.resource.removeprefix(_JOB)
        job = jobs.find(tx, account=arn.account, region=arn.region, job_id=job_id)
    return None if job is None else _find_profile(tx, arn, job.profile_name)


def _find_profile(tx: Tx, arn: Arn, name: str) -> Facts | None:
    profile = profiles.find(tx, account=arn.account, region=arn.region, name=name)
    if profile is None:
        return None
    tags = _tag_context(profile.tags) if arn.resource.startswith(_PROFILE) else {}
    policy, named_ids = find_profile_policy(tx, profile) or (None, {})
    return Facts(
        account=profile.account,
        context={**tags, "signer:profileversion": (profile.version,)},
        policy=policy,
        named_ids=named_ids,
    )


def _find_lambda(tx: Tx, arn: Arn, _action: str) -> Facts | None:
    where = {"account": arn.account, "region": arn.region}
    if arn.resource.startswith(_FUNCTION):
        return _find_function(tx, arn)
    if arn.resource.startswith(_LAYER):
        version = find_version_name(str(arn))
        policy = None if version is None else find_layer_policy(tx, version)
        return Facts(account=arn.account, context={}, policy=policy)
    config = configs.find(tx, **where, config_id=arn.resource.removeprefix(_CONFIG))
    return None if config is None else Facts(account=arn.account, context=_tag_context(config.tags))


def _find_function(tx: Tx, arn: Arn) -> Facts:
    """Answer the facts of a function, a version or an alias: its own policy, and the tags of the function."""
    bare, _, qualifier = arn.resource.removeprefix(_FUNCTION).partition(":")
    name = FunctionName(account=arn.account, region=arn.region, name=bare, qualifier=qualifier or None)
    function = find_latest_function(tx, **name.place, name=bare)
    policy, named_ids = find_function_policy(tx, name) or (None, {})
    tags = {} if function is None else _tag_context(function.tags)
    return Facts(
        account=arn.account,
        context={**tags, "lambda:functionarn": (str(arn),)},
        policy=policy,
        named_ids=named_ids,
    )


def _find_bucket(tx: Tx, arn: Arn, action: str) -> Facts | None:
    if action in _ABOUT_NAMES:
        return None
    bucket = buckets.find(tx, name=arn.resource.partition("/")[0])
    if bucket is None:
        return None
    policy, stored = find_bucket_policy(tx, bucket.name) or (None, None)
    return Facts(
        account=bucket.account,
        context={"s3:resourceaccount": (bucket.account,)},
        policy=policy,
        is_restricted=policy is not None
        and "RestrictPublicBuckets" in (bucket.blocked_access or ())
        and is_public(policy),
        named_ids=stored.named_ids if stored else {},
    )


def _find_iam(tx: Tx, arn: Arn, _action: str) -> Facts | None:
    """Answer the tags of a user, a role or an account's own policy; IAM has a name of its own for them too."""
    found = _find_policy(tx, arn) if arn.resource.startswith(_POLICY) else _find_actor(tx, arn)
    if found is None:
        return None
    tags = _tag_context(found.tags)
    return Facts(account=arn.account, context={**tags, **{key.replace("aws:", "iam:"): tags[key] for key in tags}})


def _find_policy(tx: Tx, arn: Arn) -> ManagedPolicy | None:
    return None if arn.account == AWS else policies.find(tx, arn=str(arn))  # AWS's own are nobody's, and have no tags


def _find_actor(tx: Tx, arn: Arn) -> Actor | None:
    match = _ENTITY.fullmatch(arn.resource)
    found = None if match is None else BY_KIND[cast("Kind", match[1])].find(tx, account=arn.account, name=match[2])
    return found if isinstance(found, Actor) else None


def _find_parameter(tx: Tx, arn: Arn, _action: str) -> Facts | None:
    """Answer the tags of a parameter; its name may begin with the slash that its ARN shows once."""
    where = {"account": arn.account, "region": arn.region}
    bare = arn.resource.removeprefix(_PARAMETER)
    found = parameters.find(tx, **where, name=f"/{bare}") or parameters.find(tx, **where, name=bare)
    return None if found is None else Facts(account=arn.account, context=_tag_context(found.tags))


def _find_log_group(tx: Tx, arn: Arn, _action: str) -> Facts | None:
    """Answer the tags of a log group, which count for its streams too."""
    name = arn.resource.removeprefix(_LOG_GROUP).partition(":")[0]
    found = log_groups.find(tx, account=arn.account, region=arn.region, name=name)
    return None if found is None else Facts(account=arn.account, context=_tag_context(found.tags))


def _find_stack(tx: Tx, arn: Arn, _action: str) -> Facts | None:
    """Answer the tags of a stack, which calls name without its unique part (`stack/NAME/*`), or with it."""
    _, name, unique = (*arn.resource.split("/"), "", "")[:3]
    found = (
        find_live_stack(tx, account=arn.account, region=arn.region, name=name)
        if unique == "*"
        else stacks.find(tx, stack_id=str(arn))
    )
    return None if found is None else Facts(account=arn.account, context=_tag_context(found.definition.tags))


def _tag_context(tags: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {f"aws:resourcetag/{key.lower()}": (value,) for key, value in tags.items()}


_BY_SERVICE: Mapping[str, Callable[[Tx, Arn, str], Facts | None]] = {
    "signer": _find_signer,
    "lambda": _find_lambda,
    "s3": _find_bucket,
    "iam": _find_iam,
    "logs": _find_log_group,
    "ssm": _find_parameter,
    "cloudformation": _find_stack,
}

"""Bucket policies: who may do what with a bucket and its objects, whichever account they are of.

Source: Amazon S3 API reference, PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy, GetBucketPolicyStatus; S3 User
Guide, "Policies and permissions in Amazon S3". Texts are those of S3's answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sealgate.arn import bucket_arn
from sealgate.policy.conditions import Condition
from sealgate.policy.document import MAX_BUCKET_POLICY_BYTES, MalformedPolicy, Policy, PolicyKind, parse_policy
from sealgate.policy.principals import Principals
from sealgate.policy.statement import Effect, Statement
from sealgate.services.iam.named import find_named_ids
from sealgate.services.objects.buckets import get_bucket
from sealgate.services.objects.errors import NoSuchBucketPolicy, NotBucketOwner, PublicPolicyBlocked
from sealgate.services.scope import Scope
from sealgate.store.bucket_policies import BucketPolicy, bucket_policies
from sealgate.store.database import Database, Tx
from sealgate.store.objects import Bucket

_S3_ACTION = re.compile(r"\*|s3:.+", re.IGNORECASE)
_BUCKET_ARN = re.compile(r"arn:aws[a-z-]*:s3:::([^/]+)(/.*)?", re.DOTALL)
_FIXING_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:userid",
    }
)
"""Keys whose conditions, with fixed values, make a policy for everyone not public (S3 User Guide, "The meaning of
public")."""


class BucketPolicyService:
    """The use cases of bucket policies."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def put(self, scope: Scope, bucket: str, document: str) -> None:
        """Give a bucket a policy, in the place of the one it has.

        Raises:
            MalformedPolicy: It is no bucket policy, or too long, about something else than this bucket, or names
                somebody who does not exist.
            NoSuchBucket, WrongRegion: The bucket cannot be used.
            NotBucketOwner: The caller belongs to another account.
            PublicPolicyBlocked: It gives something to everyone, and the bucket's settings forbid that.
        """
        if len(document.encode()) > MAX_BUCKET_POLICY_BYTES:
            raise MalformedPolicy("Policy exceeds the maximum allowed document size.")
        if not document.startswith("{"):
            raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'")
        policy = parse_policy(document, kind=PolicyKind.RESOURCE)
        _check_about(policy.statements, bucket)
        with self._db.write() as tx:
            found = _get_own(tx, scope, bucket)
            if "BlockPublicPolicy" in (found.blocked_access or ()) and is_public(policy):
                raise PublicPolicyBlocked(scope.caller_arn, bucket_arn(scope.region, bucket))
            new = BucketPolicy(bucket=bucket, document=document, named_ids=find_named_ids(tx, policy))
            present = bucket_policies.find(tx, bucket=bucket)
            (bucket_policies.insert if present is None else bucket_policies.replace)(tx, new)

    def get(self, scope: Scope, bucket: str) -> str:
        """Answer a bucket's policy, as it was given.

        Raises:
            NoSuchBucketPolicy: It has none.
            NoSuchBucket, WrongRegion, NotBucketOwner: As `put`.
        """
        with self._db.read() as tx:
            _get_own(tx, scope, bucket)
            found = bucket_policies.find(tx, bucket=bucket)
        if found is None:
            raise NoSuchBucketPolicy(bucket)
        return found.document

    def is_public(self, scope: Scope, bucket: str) -> bool:
        """Tell whether a bucket's policy gives anything to everyone. Raises as `get`."""
        return is_public(parse_policy(self.get(scope, bucket), kind=PolicyKind.RESOURCE))

    def delete(self, scope: Scope, bucket: str) -> None:
        """Take a bucket's policy away; where it has none, nothing happens.

        Raises:
            NoSuchBucket, WrongRegion, NotBucketOwner: As `put`.
        """
        with self._db.write() as tx:
            _get_own(tx, scope, bucket)
            bucket_policies.delete(tx, bucket=bucket)


def find_bucket_policy(tx: Tx, bucket: str) -> tuple[Policy, BucketPolicy] | None:
    """Answer a bucket's policy, parsed, and as it is kept; None where it has none."""
    stored = bucket_policies.find(tx, bucket=bucket)
    if stored is None:
        return None
    return parse_policy(stored.document, kind=PolicyKind.RESOURCE, name=bucket, source="resource"), stored


def is_public(policy: Policy) -> bool:
    """Tell whether a policy gives anything to everyone (S3 User Guide, "The meaning of public")."""
    return any(_is_public(statement) for statement in policy.statements)


def _get_own(tx: Tx, scope: Scope, name: str) -> Bucket:
    """Answer a bucket; refuse whoever is not of its account, even where its policy gives it the action; S3 does."""
    bucket = get_bucket(tx, scope, name)
    if bucket.account != scope.account:
        raise NotBucketOwner
    return bucket


def _check_about(statements: Iterable[Statement], bucket: str) -> None:
    for statement in statements:
        assert statement.resources is not None
        assert statement.principals is not None
        if not all(_S3_ACTION.fullmatch(text) for text in statement.actions.texts):
            raise MalformedPolicy("Policy has invalid action")
        if not all(_is_of(text, bucket) for text in statement.resources.texts):
            raise MalformedPolicy("Policy has invalid resource")
        _check_known(statement.principals)


def _check_known(principals: Principals) -> None:
    """Refuse kinds of principals that no caller here is of: a denial of them would never be one."""
    unknown = next(iter(sorted((*principals.canonical_users, *principals.federated))), None)
    if unknown is not None:
        raise MalformedPolicy("Invalid principal in policy", unknown)


def _is_of(resource: str, bucket: str) -> bool:
    match = _BUCKET_ARN.fullmatch(resource)
    return match is not None and match[1] == bucket


def _is_public(statement: Statement) -> bool:
    assert statement.principals is not None
    if statement.effect is Effect.DENY or not (statement.principals.everyone or statement.principals.excluding):
        return False
    return not any(_is_fixing(condition) for condition in statement.conditions)


def _is_fixing(condition: Condition) -> bool:
    is_loose = condition.negated or condition.if_exists or condition.null or condition.variables
    is_wide = any("*" in value or "?" in value or value.endswith("/0") for value in condition.values)
    return condition.key in _FIXING_KEYS and not is_loose and not is_wide

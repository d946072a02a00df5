"""What events are about: resources by their ARN, packages by their content."""

from __future__ import annotations

import re
from functools import lru_cache

from sealgate.arn import bucket_arn, config_arn, entity_arn, function_arn, job_arn, partition_of, profile_arn
from sealgate.store.audit import EventResource

SIGNING_JOB = "AWS::Signer::SigningJob"
PACKAGE = "Sealgate::Package"
_MAX_NAME_BYTES = 2000
"""PostgreSQL indexes texts of at most 2,704 bytes; no ARN of these services is longer than 1,200."""

_KINDS = (
    (re.compile(r"arn:[^:]+:signer:[^:]*:[^:]*:/signing-profiles/.+"), "AWS::Signer::SigningProfile"),
    (re.compile(r"arn:[^:]+:signer:[^:]*:[^:]*:/signing-jobs/.+"), SIGNING_JOB),
    (re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:.+"), "AWS::Lambda::Function"),
    (re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:code-signing-config:.+"), "AWS::Lambda::CodeSigningConfig"),
    (re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:layer:.+"), "AWS::Lambda::LayerVersion"),
    (re.compile(r"arn:[^:]+:s3:::[^/]+/.+", re.DOTALL), "AWS::S3::Object"),
    (re.compile(r"arn:[^:]+:s3:::[^/]+"), "AWS::S3::Bucket"),
    (re.compile(r"arn:[^:]+:iam:[^:]*:[^:]*:user/.+"), "AWS::IAM::User"),
    (re.compile(r"arn:[^:]+:iam:[^:]*:[^:]*:group/.+"), "AWS::IAM::Group"),
    (re.compile(r"arn:[^:]+:iam:[^:]*:[^:]*:role/.+"), "AWS::IAM::Role"),
    (re.compile(r"arn:[^:]+:iam:[^:]*:[^:]*:policy/.+"), "AWS::IAM::Policy"),
    (re.compile(r"arn:[^:]+:cloudformation:[^:]*:[^:]*:stack/.+"), "AWS::CloudFormation::Stack"),
)
_OTHER = "AWS::Other::Resource"


@lru_cache(maxsize=4096)
def resource_of(arn: str) -> EventResource:
    """Describe a resource, its kind as CloudFormation names it where it has a name for it."""
    kind = next((kind for form, kind in _KINDS if form.fullmatch(arn)), _OTHER)
    return EventResource(type=kind, name=storable(arn))


def names_of(name: str, *, account: str, region: str) -> tuple[str, ...]:
    """Answer under which names a resource may be found that somebody calls so: by its ARN, or by its bare name.

    Args:
        name: An ARN, or a name or id of something of this account and region; IAM's without path, objects with bucket.
        account: Whose things bare names name.
        region: Where.
    """
    if name.startswith("arn:"):
        return (storable(name),)
    partition = partition_of(region)
    arns = (
        profile_arn(region, account, name),
        job_arn(region, account, name),
        function_arn(region, account, name),
        config_arn(region, account, name),
        bucket_arn(region, name),
        *(entity_arn(partition, account, kind, "/", name) for kind in ("user", "group", "role", "policy")),
    )
    return tuple(map(storable, (name, *arns)))


def package_resource(sha256: str) -> EventResource:
    """Describe a package by its content: 64 hexadecimal digits."""
    return EventResource(type=PACKAGE, name=f"sha256:{sha256}")


def storable(text: str) -> str:
    """Answer a text as a look-up column of either database can hold it: cut, and without NUL."""
    if text.isascii() and len(text) <= _MAX_NAME_BYTES and "\0" not in text:
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode()[:_MAX_NAME_BYTES].decode(errors="ignore")

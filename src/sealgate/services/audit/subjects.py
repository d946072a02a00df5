"""What events are about: resources by their ARN, packages by their content."""

from __future__ import annotations

import re
from functools import lru_cache

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


def package_resource(sha256: str) -> EventResource:
    """Describe a package by its content: 64 hexadecimal digits."""
    return EventResource(type=PACKAGE, name=f"sha256:{sha256}")


def storable(text: str) -> str:
    """Answer a text as a look-up column of either database can hold it: cut, and without NUL."""
    if text.isascii() and len(text) <= _MAX_NAME_BYTES and "\0" not in text:
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode()[:_MAX_NAME_BYTES].decode(errors="ignore")

"""Which condition keys the door answers, whatever a request's own members say; docs/OPERATIONS.md is written from it.

What a request's members answer is declared with each operation (`sealgate.aws.permissions`). A key of this list that
has a part of its own for each tag (`aws:resourcetag/team`) stands here without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RESOURCE_TAG, _IAM_TAG = "aws:resourcetag", "iam:resourcetag"

OF_EVERY_CALL = (
    "aws:currenttime",
    "aws:epochtime",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltag",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:userid",
    "aws:username",
)
"""What request and caller answer, as far as they have it: a user its name, a session when it began."""

OF_EVERY_RESOURCE = ("aws:resourceaccount",)
OF_SIGNATURES_TO_S3 = ("s3:authtype", "s3:signatureage", "s3:signatureversion", "s3:x-amz-content-sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceKind:
    """Resources about which the same is known.

    Attributes:
        service: As actions begin with it.
        pattern: What the resource part of its ARN matches, and what operations write in its place
            (`sealgate.aws.resources`).
        keys: What such a resource answers, where it is there.
    """

    service: str
    pattern: re.Pattern[str]
    keys: tuple[str, ...]


def _kind(service: str, pattern: str, *keys: str) -> ResourceKind:
    return ResourceKind(service=service, pattern=re.compile(pattern), keys=keys)


RESOURCE_KINDS = (
    _kind("signer", r"/signing-profiles/.+|\{resource_arn\}", _RESOURCE_TAG, "signer:profileversion"),
    _kind("signer", "/signing-jobs/.+", "signer:profileversion"),
    _kind("lambda", r"function:.+|\{resource\}", _RESOURCE_TAG, "lambda:functionarn"),
    _kind("lambda", r"layer:.+|\{arn\}"),
    _kind("lambda", r"code-signing-config:.+|\{code_signing_config_arn\}", _RESOURCE_TAG),
    _kind("s3", r".+/.+|\{copy_source\}", "s3:existingobjecttag", "s3:resourceaccount"),
    _kind("s3", "[^/]+", "s3:resourceaccount"),
    _kind("iam", r"(user|role|policy)\W.+|\{(role|role_arn|policy_arn|policy_source_arn)\}", _RESOURCE_TAG, _IAM_TAG),
    _kind("iam", r"group\W.+"),
    _kind("sts", r"role/.+|\{role_arn\}", _RESOURCE_TAG),
    _kind("logs", r"log-group:.*|\{resource_arn\}", _RESOURCE_TAG),
    _kind("ssm", "parameter/.+", _RESOURCE_TAG),
    _kind("cloudformation", "stack/.+", _RESOURCE_TAG),
)
"""Every kind of resource that permissions name; of two that match, the first counts."""


def find_resource_kind(action: str, resource: str) -> ResourceKind | None:
    """Answer the kind of what an action is on: the resource part of an ARN, or its template; None: there is no such."""
    service = action.partition(":")[0]
    kinds = (each for each in RESOURCE_KINDS if each.service == service)
    return next((each for each in kinds if each.pattern.fullmatch(resource)), None)

"""What is asked of the policies: who wants to do what to which resource, and what else is known of the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Context = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case (`aws:sourceip`, `aws:principaltag/team`) to their values.

A key that the request does not have is not there; a single-valued key has one value. Dates are ISO 8601 or seconds of
the epoch, booleans `true` or `false`, binary values base64.
"""

MULTI_VALUED = frozenset(
    {
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "lambda:layer",
        "lambda:securitygroupids",
        "lambda:subnetids",
        "s3:requestobjecttagkeys",
    }
)
"""The keys that hold several values (ArrayOf... in the Service Authorization Reference); none is a policy variable."""


class CallerKind(StrEnum):
    """What kind of principal calls; `aws:PrincipalType` has other words."""

    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "role session"
    FEDERATED_USER = "federated user"
    SERVICE = "service"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as policies can name it.

    Attributes:
        kind: What it is.
        arn: Its own ARN: of the user, of the session (`arn:aws:sts::...:assumed-role/NAME/SESSION`), of the account's
            root; a service's name (`lambda.amazonaws.com`); empty for an anonymous caller.
        account: The account it belongs to; empty for a service or an anonymous caller.
        issuer: The ARN of the role, with its path, that a session was made from, or of the user that a federated
            user's session was; else empty.
        canonical_user: S3's canonical id of its account, where bucket policies may name it.
    """

    kind: CallerKind
    arn: str
    account: str
    issuer: str = ""
    canonical_user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One action on one resource.

    Attributes:
        principal: Who.
        action: As IAM names it (`signer:StartSigningJob`); its case does not count.
        resource: The ARN acted on; `*` for an action that has no resource.
        context: What conditions and variables may read.
    """

    principal: Caller
    action: str
    resource: str
    context: Context

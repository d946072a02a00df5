"""Amazon Resource Names: the forms Sealgate reads and the ones it writes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sealgate.errors import Invalid

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-zA-Z-]*):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>\d{12})?:(?P<resource>.+)"
)
_PROFILE_VERSION = re.compile(
    r"/signing-profiles/(?P<name>[a-zA-Z0-9_-]{2,64})/(?P<versions>versions/)?(?P<version>[a-zA-Z0-9]{10})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arn:
    """One parsed ARN. `str()` gives back the text."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def parse_arn(text: str) -> Arn:
    """Read an ARN.

    Raises:
        Invalid: The text is not `arn:partition:service:region:account:resource`.
    """
    match = _ARN.fullmatch(text)
    if match is None:
        raise Invalid(f"{text!r} is not an ARN (arn:partition:service:region:account:resource)")
    parts = match.groupdict(default="")
    return Arn(**parts)


def account_of(text: str) -> str:
    """Answer the account that an ARN names; empty where it names none (AWS's own policies too), or is no ARN."""
    parts = text.split(":", 5)
    named = parts[4] if len(parts) == 6 and parts[0] == "arn" else ""  # noqa: PLR2004 - the parts of an ARN
    return "" if named == "aws" else named


def partition_of(region: str) -> str:
    """Name the partition that a region belongs to."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _arn(service: str, region: str, account: str, resource: str) -> str:
    return f"arn:{partition_of(region)}:{service}:{region}:{account}:{resource}"


def profile_arn(region: str, account: str, name: str) -> str:
    """Name a signing profile, whatever its version."""
    return _arn("signer", region, account, f"/signing-profiles/{name}")


def profile_version_arn(region: str, account: str, name: str, version: str) -> str:
    """Name one version of a signing profile: the publisher that a signature carries."""
    return _arn("signer", region, account, f"/signing-profiles/{name}/{version}")


def job_arn(region: str, account: str, job_id: str) -> str:
    """Name a signing job."""
    return _arn("signer", region, account, f"/signing-jobs/{job_id}")


def function_arn(region: str, account: str, name: str) -> str:
    """Name a function, unqualified."""
    return _arn("lambda", region, account, f"function:{name}")


def layer_arn(region: str, account: str, name: str) -> str:
    """Name a layer, whatever its version."""
    return _arn("lambda", region, account, f"layer:{name}")


def layer_version_arn(region: str, account: str, name: str, version: int) -> str:
    """Name one version of a layer."""
    return f"{layer_arn(region, account, name)}:{version}"


def config_arn(region: str, account: str, config_id: str) -> str:
    """Name a code signing config (`csc-` and 17 hexadecimal digits)."""
    return _arn("lambda", region, account, f"code-signing-config:{config_id}")


def log_group_arn(region: str, account: str, name: str) -> str:
    """Name a log group."""
    return _arn("logs", region, account, f"log-group:{name}")


def parameter_arn(region: str, account: str, name: str) -> str:
    """Name a parameter of Systems Manager; whether its name begins with a slash is not to be seen."""
    return _arn("ssm", region, account, f"parameter/{name.removeprefix('/')}")


def bucket_arn(region: str, bucket: str) -> str:
    """Name a bucket; its name is unique without region and account."""
    return f"arn:{partition_of(region)}:s3:::{bucket}"


def object_arn(region: str, bucket: str, key: str) -> str:
    """Name an object."""
    return f"{bucket_arn(region, bucket)}/{key}"


def root_user_arn(region: str, account: str) -> str:
    """Name an account's root user."""
    return f"arn:{partition_of(region)}:iam::{account}:root"


def entity_arn(partition: str, account: str, kind: str, path: str, name: str) -> str:
    """Name a user, group, role or policy of IAM; IAM is the same in every region of a partition."""
    return f"arn:{partition}:iam::{account}:{kind}{path}{name}"


def assumed_role_arn(partition: str, account: str, role: str, session: str) -> str:
    """Name a session of a role; the role's path is no part of it."""
    return f"arn:{partition}:sts::{account}:assumed-role/{role}/{session}"


def canonical_publisher(text: str) -> str:
    """Write a publisher ARN in AWS's own form.

    The tutorial form `/signing-profiles/NAME/versions/VERSION` loses its `versions/`; whatever else is no profile
    version ARN is left as it is, since AWS accepts and never resolves such entries.
    """
    match = _ARN.fullmatch(text)
    version = match and _PROFILE_VERSION.fullmatch(match["resource"])
    if match is None or not version or not version["versions"]:
        return text
    return f"{text[: match.start('resource')]}/signing-profiles/{version['name']}/{version['version']}"

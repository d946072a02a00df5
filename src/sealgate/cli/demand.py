"""What is demanded of packages, by a code signing config: of a data folder, a running server or AWS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sealgate.arn import Arn, parse_arn
from sealgate.errors import Invalid, NotFound
from sealgate.policy.admission import AdmissionPolicy, Mode

if TYPE_CHECKING:
    from sealgate.store.offline import OfflineRecords

_CONFIG = re.compile(r"code-signing-config:csc-[a-z0-9]{17}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is demanded.

    Attributes:
        source: Who demands it: the ARN of a config, or the name of a file.
        policy: As admission asks for it.
        requires_manifest: Besides, a package has to be cut into entries as a signed manifest says.
    """

    source: str
    policy: AdmissionPolicy
    requires_manifest: bool = False


def make_demand(source: str, *, publishers: Sequence[str], policy: str, requires_manifest: bool = False) -> Demand:
    """Make a demand of what a config says.

    Args:
        source: Who demands it.
        publishers: Profile version ARNs, compared as text.
        policy: `Warn`; anything else enforces.
        requires_manifest: Whether it demands manifests.
    """
    # Warn is named, so that a policy which should not exist denies.
    mode: Mode = "Warn" if policy == "Warn" else "Enforce"
    admission = AdmissionPolicy(mode=mode, publishers=frozenset(publishers))
    return Demand(source=source, policy=admission, requires_manifest=requires_manifest)


def parse_config_arn(text: str) -> Arn:
    """Read the ARN of a code signing config.

    Raises:
        Invalid: It is none.
    """
    arn = parse_arn(text)
    if arn.service != "lambda" or not _CONFIG.fullmatch(arn.resource):
        raise Invalid(f"{text!r} is not the ARN of a code signing config (arn:...:code-signing-config:csc-...)")
    return arn


def find_recorded(arn: Arn, records: OfflineRecords) -> Demand:
    """Read a config that a data folder has.

    Raises:
        NotFound: It has none of this ARN.
    """
    found = records.find_config(str(arn))
    if found is None:
        raise _not_found(arn)
    return make_demand(str(arn), publishers=found.publishers, policy=found.policy)


def ask_server(arn: Arn, endpoint: str | None) -> Demand:
    """Ask a server, or AWS, for a config.

    Args:
        arn: The config's.
        endpoint: The server's address; None takes the environment's, and without one AWS's own.

    Raises:
        NotFound: There is no such config for this caller.
        CallFailed: The server could not be asked, or has refused to answer.
    """
    from sealgate.cli.client import CallFailed, Client  # noqa: PLC0415 - botocore only where a server is asked

    try:
        answer = Client("lambda", region=arn.region, endpoint=endpoint).call(
            "get_code_signing_config", CodeSigningConfigArn=str(arn)
        )
    except CallFailed as error:
        if error.reason == "ResourceNotFoundException":
            raise _not_found(arn) from error
        raise
    try:
        config = answer["CodeSigningConfig"]
        publishers = config["AllowedPublishers"]["SigningProfileVersionArns"]
        policy = config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"]
    except KeyError as error:
        raise CallFailed(f"lambda get-code-signing-config: the answer has no {error}") from error
    return make_demand(str(arn), publishers=publishers, policy=policy)


def _not_found(arn: Arn) -> NotFound:
    return NotFound(f"there is no code signing config {arn}")

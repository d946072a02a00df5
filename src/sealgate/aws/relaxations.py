"""The one list of deliberate relaxations: what Sealgate accepts and AWS refuses. `strict_aws` turns all of it off.

Each has its reason in the mission's own commands, which AWS or its clients would refuse, or in what deployment tools
do. What a relaxation means for patterns and members of the service models is data here; what it means for a rule stands
in the service named, or on the way to every one, which takes `strict_aws` as an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """One deliberate difference.

    Attributes:
        key: A stable word for documents and tests.
        service: The service model it concerns; `*`: every one.
        aws: What AWS does.
        here: What Sealgate does instead.
        patterns: Shapes of the model whose pattern is replaced.
        members: Structures that gain members: structure -> member -> shape.
    """

    key: str
    service: str
    aws: str
    here: str
    patterns: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


RELAXATIONS = (
    Relaxation(
        key="hyphen-in-profile-names",
        service="signer",
        aws="ProfileName is 2 to 64 letters, digits and underscores.",
        here="A hyphen is allowed too, in every operation that takes a profile name.",
        patterns={"ProfileName": "^[a-zA-Z0-9_-]{2,}"},
    ),
    Relaxation(
        key="versions-in-publisher-arns",
        service="lambda",
        aws="A publisher ARN ends in /signing-profiles/NAME/VERSION; any other text is kept and never matches.",
        here="/signing-profiles/NAME/versions/VERSION is read as AWS's form, and kept and answered in it.",
    ),
    Relaxation(
        key="config-by-function-configuration",
        service="lambda",
        aws="UpdateFunctionConfiguration has no CodeSigningConfigArn; PutFunctionCodeSigningConfig attaches a config.",
        here="UpdateFunctionConfiguration takes CodeSigningConfigArn, and function configurations name their config.",
        members={
            "UpdateFunctionConfigurationRequest": {"CodeSigningConfigArn": "CodeSigningConfigArn"},
            "FunctionConfiguration": {"CodeSigningConfigArn": "CodeSigningConfigArn"},
        },
    ),
    Relaxation(
        key="revocation-status-for-lambda",
        service="signer",
        aws="GetRevocationStatus refuses the platform AWSLambda-SHA384-ECDSA.",
        here="It answers for that platform as for any that supports revocation.",
    ),
    Relaxation(
        key="versions-in-revocation-status",
        service="signer",
        aws="GetRevocationStatus names a profile version by an ARN that ends in /signing-profiles/NAME/VERSION.",
        here="/signing-profiles/NAME/versions/VERSION names the same version, and is answered as it was asked.",
    ),
    Relaxation(
        key="loopback-is-secure-transport",
        service="*",
        aws="aws:SecureTransport is true where a request came over TLS.",
        here="It is true too where a request came over the loopback interface, hence over no network: the policies "
        "that `sam` and `cdk` give their buckets deny everything else.",
    ),
)


def relaxed_patterns(service: str) -> dict[str, str]:
    """Answer the replaced patterns of one service model, by shape."""
    return {shape: text for rule in _of(service) for shape, text in rule.patterns.items()}


def added_members(service: str) -> dict[str, dict[str, str]]:
    """Answer the members that structures of one service model gain: structure -> member -> shape."""
    merged: dict[str, dict[str, str]] = {}
    for rule in _of(service):
        for structure, members in rule.members.items():
            merged.setdefault(structure, {}).update(members)
    return merged


def _of(service: str) -> list[Relaxation]:
    return [rule for rule in RELAXATIONS if rule.service == service]


_NOT_ENFORCED = {"s3": frozenset({"CopySource"})}
"""Shapes whose pattern AWS itself does not hold to: S3 takes a source whose slash is percent-encoded too."""


class Dialect:
    """A service model as this server reads it: AWS's, with the relaxations unless AWS's own strictness is asked for.

    Attributes:
        service: The model's service.
    """

    def __init__(self, service: str, *, strict_aws: bool) -> None:
        self.service = service
        self._patterns = {} if strict_aws else relaxed_patterns(service)
        self._dropped = added_members(service) if strict_aws else {}

    def members(self, shape: Any) -> dict[str, Any]:
        """Answer a structure's members (name -> shape) that exist in this dialect."""
        dropped = self.dropped(shape)
        return {name: member for name, member in shape.members.items() if name not in dropped}

    def dropped(self, shape: Any) -> frozenset[str]:
        """Answer the members of a structure that exist as a relaxation only, where those are turned off."""
        return frozenset(self._dropped.get(shape.name, ()))

    def pattern(self, shape: Any) -> str | None:
        """Answer the pattern of a string shape, or None."""
        if shape.name in _NOT_ENFORCED.get(self.service, ()):
            return None
        found = self._patterns.get(shape.name, shape.metadata.get("pattern"))
        return None if found is None else str(found)

"""What a caller has to say that it knows of, before a template may do it (API reference, CreateStack, Capabilities)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sealgate.services.stacks.errors import missing_capabilities
from sealgate.services.stacks.templates.template import ResourceDeclaration

IAM: Final = "CAPABILITY_IAM"
NAMED_IAM: Final = "CAPABILITY_NAMED_IAM"
AUTO_EXPAND: Final = "CAPABILITY_AUTO_EXPAND"

_NAMING: Mapping[str, str | None] = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}
"""Types that change who may do what, and the property that names such a thing."""


def needed_capability(resources: Mapping[str, ResourceDeclaration]) -> tuple[str, str] | None:
    """Answer what resources need to be acknowledged, and why; None where nothing does."""
    types = sorted({each.type for each in resources.values()} & _NAMING.keys())
    if not types:
        return None
    is_named = any(_NAMING.get(each.type) in each.properties for each in resources.values())
    return (NAMED_IAM if is_named else IAM), f"The following resource(s) require capabilities: [{', '.join(types)}]"


def check_capabilities(resources: Mapping[str, ResourceDeclaration], given: Collection[str]) -> None:
    """Refuse what was not acknowledged.

    Raises:
        InsufficientCapabilities: Something was not.
    """
    needed = needed_capability(resources)
    if needed is None or needed[0] in given or (needed[0] == IAM and NAMED_IAM in given):
        return
    raise missing_capabilities([needed[0]])


def check_expansion(transforms: Collection[str], given: Collection[str]) -> None:
    """Refuse a template that becomes another one, where nobody has looked at that.

    Raises:
        InsufficientCapabilities: It was not acknowledged.
    """
    if transforms and AUTO_EXPAND not in given:
        raise missing_capabilities([AUTO_EXPAND])

"""Every resource type that there is."""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.services.stacks.resource import ResourceType
from sealgate.services.stacks.resources.iam_policies import ManagedPolicy, Policy
from sealgate.services.stacks.resources.iam_roles import Role
from sealgate.services.stacks.resources.iam_users import AccessKey, Group, User
from sealgate.services.stacks.resources.lambda_configs import CodeSigningConfig
from sealgate.services.stacks.resources.lambda_functions import Function
from sealgate.services.stacks.resources.lambda_invocation import EventInvokeConfig, Permission
from sealgate.services.stacks.resources.lambda_layers import LayerVersion, LayerVersionPermission
from sealgate.services.stacks.resources.lambda_versions import Alias, Version
from sealgate.services.stacks.resources.logs import LogGroup
from sealgate.services.stacks.resources.placeholders import CdkMetadata, WaitConditionHandle
from sealgate.services.stacks.resources.s3 import Bucket, BucketPolicy
from sealgate.services.stacks.resources.signer import ProfilePermission, SigningProfile
from sealgate.services.stacks.resources.ssm import Parameter

_TYPES: tuple[ResourceType, ...] = (
    SigningProfile(),
    ProfilePermission(),
    CodeSigningConfig(),
    Function(),
    LayerVersion(),
    LayerVersionPermission(),
    Version(),
    Alias(),
    Permission(),
    EventInvokeConfig(),
    Role(),
    Policy(),
    ManagedPolicy(),
    User(),
    Group(),
    AccessKey(),
    Bucket(),
    BucketPolicy(),
    LogGroup(),
    Parameter(),
    WaitConditionHandle(),
    CdkMetadata(),
)

RESOURCE_TYPES: Mapping[str, ResourceType] = {each.name: each for each in _TYPES}
"""By name, as templates write it."""

"""CloudFormation's operations, bound: stacks, change sets, templates, exports. Others answer NotImplemented."""

from sealgate.aws.api import (
    cloudformation_change_sets,
    cloudformation_reading,
    cloudformation_stacks,
    cloudformation_templates,
)
from sealgate.aws.api.cloudformation_service import cloudformation

__all__ = [
    "cloudformation",
    "cloudformation_change_sets",
    "cloudformation_reading",
    "cloudformation_stacks",
    "cloudformation_templates",
]

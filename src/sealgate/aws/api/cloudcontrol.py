"""Cloud Control: that a function has no URL, which is what `sam list endpoints` asks. Nothing else of it is there."""

from __future__ import annotations

from typing import NoReturn

from sealgate.aws.context import Call
from sealgate.aws.operation import Api
from sealgate.aws.permissions import Permission
from sealgate.aws.resources import parse_template
from sealgate.errors import NotFound, Unsupported

cloudcontrol = Api("cloudcontrol")

_URL = "AWS::Lambda::Url"
_READ = Permission(action="cloudformation:GetResource", resource=parse_template("cloudformation", None))


@cloudcontrol.operation(instead=(_READ,), inline=True)
def get_resource(call: Call, *, type_name: str, identifier: str) -> NoReturn:  # noqa: ARG001 - as every operation
    """Answer that there is no such resource: no function here has a URL."""
    if type_name != _URL:
        raise Unsupported(f"TypeName {type_name} is not supported: of Cloud Control, only {_URL} can be asked for")
    raise NotFound(f"Resource of type '{_URL}' with identifier '{identifier}' was not found.")

"""Systems Manager: the parameters that templates refer to, and that `cdk` reads before it deploys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sealgate.arn import parameter_arn
from sealgate.aws.context import Call
from sealgate.aws.operation import Api
from sealgate.aws.permissions import Permission
from sealgate.errors import Unsupported
from sealgate.services.parameters.errors import (
    InvalidParameterRequest,
    ParameterNotFound,
    ParameterVersionNotFound,
    UnknownFilter,
)
from sealgate.services.parameters.service import Condition, NewValue
from sealgate.store.parameters import Parameter

ssm = Api("ssm")

_STANDARD = "Standard"
_TEXT = "text"
_FILTERS: Mapping[str, Sequence[str]] = {"Name": ("Equals", "BeginsWith"), "Type": ("Equals",)}


class ParameterResource:
    """The parameter that a call names, by its name, with a version behind it or without, or by its ARN."""

    def __init__(self, parameter: str) -> None:
        self._parameter = parameter

    @property
    def parameters(self) -> list[str]:
        """The parameter that names it."""
        return [self._parameter]

    def render(self, values: Mapping[str, Any], *, region: str, account: str) -> str:
        """Answer the ARN; of several parameters, that of the first, and the others are asked about in the handling."""
        given = values[self._parameter]
        named = given if isinstance(given, str) else given[0]
        if named.startswith("arn:"):
            return ":".join(named.split(":")[:6])
        return parameter_arn(region, account, named.partition(":")[0])

    def __str__(self) -> str:
        return f"parameter/{{{self._parameter}}}"


PARAMETER = ParameterResource("name")
TAGGED = ParameterResource("resource_id")


@ssm.operation(
    resource=PARAMETER,
    keys={"ssm:overwrite": "overwrite"},
    tags="tags",
    also=(Permission(action="ssm:AddTagsToResource", resource=PARAMETER, when="tags", tags="tags"),),
)
def put_parameter(
    call: Call,
    *,
    name: str,
    value: str,
    type: str | None = None,  # noqa: A002 - the member's name
    description: str | None = None,
    overwrite: bool | None = None,
    tags: Sequence[Mapping[str, str]] | None = None,
    tier: str | None = None,
    data_type: str | None = None,
) -> dict[str, Any]:
    """Give a parameter a value."""
    if tier not in (None, _STANDARD):
        raise Unsupported(f"Tier {tier} is not supported: every parameter is of the tier {_STANDARD}")
    if data_type not in (None, _TEXT):
        raise Unsupported(f"DataType {data_type} is not supported: every parameter is {_TEXT}")
    new = NewValue(
        value=value,
        type=type,
        description=description,
        tags={tag["Key"]: tag["Value"] for tag in tags or ()},
        overwrite=bool(overwrite),
    )
    made = call.services.parameters.put(call.scope, name, new)
    return {"Version": made.version, "Tier": _STANDARD}


@ssm.operation(resource=PARAMETER)
def get_parameter(call: Call, *, name: str, with_decryption: bool | None = None) -> dict[str, Any]:  # noqa: ARG001 - nothing is encrypted
    """Answer a parameter."""
    return {"Parameter": _describe(call.services.parameters.get(call.scope, name), asked=name)}


@ssm.operation(resource=ParameterResource("names"))
def get_parameters(call: Call, *, names: Sequence[str], with_decryption: bool | None = None) -> dict[str, Any]:  # noqa: ARG001 - as above
    """Answer several parameters, and the names that are none's."""
    for name in names[1:]:
        resource = ParameterResource("name").render({"name": name}, region=call.region, account=call.account)
        call.demand("ssm:GetParameters", resource)
    found, missing = [], []
    for name in dict.fromkeys(names):
        try:
            found.append(_describe(call.services.parameters.get(call.scope, name), asked=name))
        except (ParameterNotFound, ParameterVersionNotFound):
            missing.append(name)
    return {"Parameters": found, "InvalidParameters": missing}


@ssm.operation(resource=PARAMETER)
def delete_parameter(call: Call, *, name: str) -> None:
    """Delete a parameter."""
    call.services.parameters.delete(call.scope, name)


@ssm.operation()
def describe_parameters(
    call: Call,
    *,
    parameter_filters: Sequence[Mapping[str, Any]] | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """List parameters, without their values."""
    conditions = [_parse_filter(each) for each in parameter_filters or ()]
    page = call.services.parameters.list(call.scope, conditions, token=next_token, limit=max_results)
    return {"Parameters": [_summarise(each) for each in page.items], "NextToken": page.next_token}


@ssm.operation(resource=TAGGED, tags="tags")
def add_tags_to_resource(
    call: Call, *, resource_type: str, resource_id: str, tags: Sequence[Mapping[str, str]]
) -> None:
    """Tag a parameter."""
    _check_type(resource_type)
    call.services.parameters.tag(call.scope, resource_id, {tag["Key"]: tag["Value"] for tag in tags})


@ssm.operation(resource=TAGGED, tags="tag_keys")
def remove_tags_from_resource(call: Call, *, resource_type: str, resource_id: str, tag_keys: Sequence[str]) -> None:
    """Remove tags from a parameter."""
    _check_type(resource_type)
    call.services.parameters.untag(call.scope, resource_id, tag_keys)


@ssm.operation(resource=TAGGED)
def list_tags_for_resource(call: Call, *, resource_type: str, resource_id: str) -> dict[str, Any]:
    """Answer a parameter's tags."""
    _check_type(resource_type)
    tags = call.services.parameters.get_tags(call.scope, resource_id)
    return {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _check_type(resource_type: str) -> None:
    if resource_type != "Parameter":
        raise Unsupported(f"ResourceType {resource_type} is not supported: only Parameter is")


def _parse_filter(given: Mapping[str, Any]) -> Condition:
    key, option = given["Key"], given.get("Option", "Equals")
    if option not in _FILTERS.get(key, ()):
        known = ", ".join(f"{name} ({' or '.join(options)})" for name, options in _FILTERS.items())
        raise UnknownFilter(f"ParameterFilters {key} ({option}) is not supported; those that are: {known}")
    if not given.get("Values"):
        raise InvalidParameterRequest(f"ParameterFilters {key}: Values must be given")
    return Condition(field=key, values=tuple(given["Values"]), begins=option == "BeginsWith")


def _describe(parameter: Parameter, *, asked: str) -> dict[str, Any]:
    _, colon, version = ("", "", "") if asked.startswith("arn:") else asked.partition(":")
    return {
        "Name": parameter.name,
        "Type": parameter.type,
        "Value": parameter.value,
        "Version": parameter.version,
        "LastModifiedDate": parameter.modified_at,
        "ARN": parameter_arn(parameter.region, parameter.account, parameter.name),
        "DataType": _TEXT,
        **({"Selector": f":{version}"} if colon else {}),
    }


def _summarise(parameter: Parameter) -> dict[str, Any]:
    return {
        "Name": parameter.name,
        "ARN": parameter_arn(parameter.region, parameter.account, parameter.name),
        "Type": parameter.type,
        "LastModifiedDate": parameter.modified_at,
        "LastModifiedUser": parameter.modified_by,
        "Description": parameter.description,
        "Version": parameter.version,
        "Tier": _STANDARD,
        "Policies": [],
        "DataType": _TEXT,
    }

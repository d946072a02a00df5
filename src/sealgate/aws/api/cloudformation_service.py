"""The CloudFormation API that the modules beside this one bind their operations to, and what they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sealgate.arn import partition_of
from sealgate.aws.context import Call
from sealgate.aws.operation import Api
from sealgate.aws.permissions import Permission
from sealgate.aws.resources import Resource, parse_template
from sealgate.errors import Invalid, Unsupported
from sealgate.services.paging import ListTokens, Page
from sealgate.services.stacks.definitions import Asker, Given, Source
from sealgate.services.stacks.templates.parameters import GivenParameter
from sealgate.store.stacks import ChangeSet, Stack

T = TypeVar("T")

cloudformation = Api("cloudformation")

PAGE = 100
"""Items in one page of any list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackArn:
    """A stack that is named by its name, as policies know it (`stack/NAME/*`), or by its ARN.

    Attributes:
        name: The parameter with its name; what is not given stands for any stack.
    """

    name: str = "stack_name"

    @property
    def parameters(self) -> list[str]:
        """The parameter that it reads."""
        return [self.name]

    def render(self, values: Mapping[str, Any], *, region: str, account: str) -> str:
        """Answer its ARN."""
        given = values.get(self.name) or "*"
        if given.startswith("arn:"):
            return str(given)
        return f"arn:{partition_of(region)}:cloudformation:{region}:{account}:stack/{given}/*"

    def __str__(self) -> str:
        return f"stack/{{{self.name}}}/*"


STACK: Resource = StackArn()
PASS_ROLE = Permission(
    action="iam:PassRole",
    resource=parse_template("iam", "{role_arn}"),
    when="role_arn",
    fixed={"iam:passedtoservice": "cloudformation.amazonaws.com"},
)
DEFINING = {"cloudformation:templateurl": "template_url", "cloudformation:rolearn": "role_arn"}
"""Condition keys of operations that say what a stack is to be."""


def asker_of(call: Call) -> Asker:
    """Answer who asks, as the services take it."""
    return Asker(principal=call.principal, region=call.region, host=call.endpoint.partition("://")[2])


def parse_given(
    *,
    template_body: str | None,
    template_url: str | None,
    use_previous_template: bool | None,
    parameters: Sequence[Mapping[str, Any]] | None,
    capabilities: Sequence[str] | None,
    tags: Sequence[Mapping[str, str]] | None,
    role_arn: str | None,
) -> Given:
    """Read what a request says of a stack.

    Raises:
        Invalid: A tag or parameter stands twice.
    """
    return Given(
        source=Source(body=template_body, url=template_url, previous=bool(use_previous_template)),
        parameters=tuple(map(_parse_parameter, _once(parameters, "ParameterKey"))),
        tags=None if tags is None else {each["Key"]: each["Value"] for each in _once(tags, "Key")},
        capabilities=tuple(capabilities or ()),
        role_arn=role_arn,
    )


def refuse_given(operation: str, **members: object) -> None:
    """Refuse members that are taken only where they say nothing (an empty list, false).

    Raises:
        Unsupported: One says something.
    """
    for name, value in members.items():
        if value:
            raise Unsupported(f"The member {name} of {operation} is not supported")


def check_deployment(operation: str, config: Mapping[str, Any] | None) -> None:
    """Refuse a way of deploying other than the standard one, which `cdk` asks for by name.

    Raises:
        Unsupported: It is EXPRESS, or says when to roll back, for which operations have a member of their own.
    """
    mode = (config or {}).get("Mode", "STANDARD")
    if mode != "STANDARD":
        raise Unsupported(f"The DeploymentConfig Mode {mode} of {operation} is not supported")
    refuse_given(operation, **{"DeploymentConfig.DisableRollback": (config or {}).get("DisableRollback")})


def demand_stack(call: Call, stack: Stack, **context: str) -> None:
    """Go on only if the caller may do this with a stack that a call has named by something of it.

    Args:
        call: The call, which the door has asked about `stack/*/*`.
        stack: Which one it is.
        context: CloudFormation's condition keys, without their prefix.

    Raises:
        AccessDenied: It may not.
    """
    known = {f"cloudformation:{name}": (value,) for name, value in context.items()}
    call.demand(f"cloudformation:{call.operation}", stack.stack_id, context=known)


def get_change_set(call: Call, name: str, stack_name: str | None) -> tuple[ChangeSet, Stack]:
    """Answer the change set that a call names, and its stack.

    Raises:
        ChangeSetNotFound, StackNotFound: There is none.
        AccessDenied: It is named alone, and the caller may not do this with its stack.
    """
    found, stack = call.services.stacks.lookup.get_change_set(asker_of(call), name, stack_name)
    if stack_name is None:
        demand_stack(call, stack, changesetname=name)
    return found, stack


def page_of(items: Sequence[T], token: str | None, *asked: object) -> Page[T]:
    """Answer one page of a list that is made as a whole.

    Raises:
        Invalid: The token is none of this list's.
    """
    tokens = ListTokens(*asked)
    start = 0 if token is None else int(tokens.parse(token, parts=1)[0])
    end = start + PAGE
    return Page(items=tuple(items[start:end]), next_token=tokens.encode(str(end)) if end < len(items) else None)


def _parse_parameter(given: Mapping[str, Any]) -> GivenParameter:
    if "ParameterKey" not in given:
        raise Invalid("Every member of Parameters must have a ParameterKey")
    return GivenParameter(
        name=given["ParameterKey"],
        value=given.get("ParameterValue"),
        use_previous=bool(given.get("UsePreviousValue")),
    )


def _once(items: Sequence[Mapping[str, Any]] | None, key: str) -> Sequence[Mapping[str, Any]]:
    seen: set[str] = set()
    for each in items or ():
        if each.get(key) in seen:
            raise Invalid(f"Duplicate {key}: {each[key]}")
        seen.add(each.get(key, ""))
    return items or ()

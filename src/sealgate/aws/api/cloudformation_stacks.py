"""CloudFormation: stacks made, changed and removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sealgate.aws.api.cloudformation_service import (
    DEFINING,
    PASS_ROLE,
    STACK,
    asker_of,
    check_deployment,
    cloudformation,
    parse_given,
    refuse_given,
)
from sealgate.aws.context import Call
from sealgate.errors import Invalid
from sealgate.services.stacks.service import Options


@cloudformation.operation(resource=STACK, keys=DEFINING, tags="tags", also=(PASS_ROLE,))
def create_stack(
    call: Call,
    *,
    stack_name: str,
    template_body: str | None = None,
    template_url: str | None = None,
    parameters: Sequence[Mapping[str, Any]] | None = None,
    disable_rollback: bool | None = None,
    notification_arns: Sequence[str] | None = None,
    capabilities: Sequence[str] | None = None,
    role_arn: str | None = None,
    on_failure: str | None = None,
    tags: Sequence[Mapping[str, str]] | None = None,
    client_request_token: str | None = None,
    enable_termination_protection: bool | None = None,
    retain_except_on_create: bool | None = None,
    deployment_config: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Begin to make a stack."""
    refuse_given("CreateStack", NotificationARNs=notification_arns, RetainExceptOnCreate=retain_except_on_create)
    check_deployment("CreateStack", deployment_config)
    if disable_rollback is not None and on_failure is not None:
        raise Invalid("You can specify either DisableRollback or OnFailure, but not both.")
    given = parse_given(
        template_body=template_body,
        template_url=template_url,
        use_previous_template=None,
        parameters=parameters,
        capabilities=capabilities,
        tags=tags,
        role_arn=role_arn,
    )
    made = call.services.stacks.service.create(
        asker_of(call),
        stack_name,
        given,
        options=Options(
            client_token=client_request_token,
            disable_rollback=bool(disable_rollback) or on_failure == "DO_NOTHING",
            delete_on_failure=on_failure == "DELETE",
        ),
        is_protected=bool(enable_termination_protection),
    )
    return {"StackId": made.stack_id}


@cloudformation.operation(resource=STACK, keys=DEFINING, tags="tags", also=(PASS_ROLE,))
def update_stack(
    call: Call,
    *,
    stack_name: str,
    template_body: str | None = None,
    template_url: str | None = None,
    use_previous_template: bool | None = None,
    parameters: Sequence[Mapping[str, Any]] | None = None,
    capabilities: Sequence[str] | None = None,
    role_arn: str | None = None,
    notification_arns: Sequence[str] | None = None,
    tags: Sequence[Mapping[str, str]] | None = None,
    disable_rollback: bool | None = None,
    client_request_token: str | None = None,
    retain_except_on_create: bool | None = None,
    deployment_config: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Begin to change a stack."""
    refuse_given("UpdateStack", NotificationARNs=notification_arns, RetainExceptOnCreate=retain_except_on_create)
    check_deployment("UpdateStack", deployment_config)
    given = parse_given(
        template_body=template_body,
        template_url=template_url,
        use_previous_template=use_previous_template,
        parameters=parameters,
        capabilities=capabilities,
        tags=tags,
        role_arn=role_arn,
    )
    options = Options(client_token=client_request_token, disable_rollback=bool(disable_rollback))
    return {"StackId": call.services.stacks.service.update(asker_of(call), stack_name, given, options=options).stack_id}


@cloudformation.operation(resource=STACK, keys={"cloudformation:rolearn": "role_arn"}, also=(PASS_ROLE,))
def delete_stack(
    call: Call,
    *,
    stack_name: str,
    retain_resources: Sequence[str] | None = None,
    role_arn: str | None = None,
    client_request_token: str | None = None,
    deployment_config: Mapping[str, Any] | None = None,
) -> None:
    """Begin to remove a stack."""
    check_deployment("DeleteStack", deployment_config)
    call.services.stacks.service.delete(
        asker_of(call),
        stack_name,
        retained=tuple(retain_resources or ()),
        role_arn=role_arn,
        client_token=client_request_token,
    )


@cloudformation.operation(resource=STACK, keys={"cloudformation:rolearn": "role_arn"}, also=(PASS_ROLE,))
def continue_update_rollback(
    call: Call,
    *,
    stack_name: str,
    role_arn: str | None = None,
    resources_to_skip: Sequence[str] | None = None,
    client_request_token: str | None = None,
) -> None:
    """Try again to undo an update."""
    call.services.stacks.service.continue_rollback(
        asker_of(call),
        stack_name,
        skipped=tuple(resources_to_skip or ()),
        role_arn=role_arn,
        client_token=client_request_token,
    )


@cloudformation.operation(resource=STACK)
def rollback_stack(call: Call, *, stack_name: str, client_request_token: str | None = None) -> dict[str, str]:
    """Begin to undo what was left as it was when it failed."""
    stack = call.services.stacks.service.roll_back(asker_of(call), stack_name, client_token=client_request_token)
    return {"StackId": stack.stack_id}


@cloudformation.operation(resource=STACK)
def update_termination_protection(
    call: Call, *, enable_termination_protection: bool, stack_name: str
) -> dict[str, str]:
    """Say whether a stack may be removed."""
    stack = call.services.stacks.service.protect(asker_of(call), stack_name, is_protected=enable_termination_protection)
    return {"StackId": stack.stack_id}

"""CloudFormation: change sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sealgate.aws.api.cloudformation_service import (
    DEFINING,
    PASS_ROLE,
    STACK,
    asker_of,
    check_deployment,
    cloudformation,
    get_change_set,
    page_of,
    parse_given,
    refuse_given,
)
from sealgate.aws.api.cloudformation_shapes import describe_change_set as describe
from sealgate.aws.api.cloudformation_shapes import summarize_change_set
from sealgate.aws.context import Call
from sealgate.errors import Unsupported
from sealgate.services.stacks.drafts import Wanted
from sealgate.services.stacks.errors import ChangeSetNotFound
from sealgate.services.stacks.service import Options

_NAMED = {"cloudformation:changesetname": "change_set_name"}
_NO_VALUES = (
    "[WARN] --include-property-values option can return incomplete ChangeSet data because values are not told here"
)
"""How CloudFormation says that values are missing, and how `cdk`, which always asks for them, understands it."""


@cloudformation.operation(resource=STACK, keys={**DEFINING, **_NAMED}, tags="tags", also=(PASS_ROLE,))
def create_change_set(
    call: Call,
    *,
    stack_name: str,
    change_set_name: str,
    template_body: str | None = None,
    template_url: str | None = None,
    use_previous_template: bool | None = None,
    parameters: Sequence[Mapping[str, Any]] | None = None,
    capabilities: Sequence[str] | None = None,
    role_arn: str | None = None,
    notification_arns: Sequence[str] | None = None,
    tags: Sequence[Mapping[str, str]] | None = None,
    client_token: str | None = None,
    description: str | None = None,
    change_set_type: str | None = None,
    resources_to_import: Sequence[Mapping[str, Any]] | None = None,
    include_nested_stacks: bool | None = None,
    on_stack_failure: str | None = None,
    import_existing_resources: bool | None = None,
    deployment_config: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Think a change of a stack through."""
    refuse_given("CreateChangeSet", NotificationARNs=notification_arns, ResourcesToImport=resources_to_import)
    check_deployment("CreateChangeSet", deployment_config)
    kind = change_set_type or "UPDATE"
    if kind == "IMPORT":
        raise Unsupported("ChangeSetType IMPORT is not supported")
    given = parse_given(
        template_body=template_body,
        template_url=template_url,
        use_previous_template=use_previous_template,
        parameters=parameters,
        capabilities=capabilities,
        tags=tags,
        role_arn=role_arn,
    )
    options = Options(
        client_token=client_token,
        disable_rollback=on_stack_failure == "DO_NOTHING",
        delete_on_failure=on_stack_failure == "DELETE",
    )
    wanted = Wanted(
        stack=stack_name,
        name=change_set_name,
        kind=kind,
        given=given,
        options=options,
        description=description,
        includes_nested=bool(include_nested_stacks),
        imports_existing=bool(import_existing_resources),
    )
    made = call.services.stacks.change_sets.create(asker_of(call), wanted)
    return {"Id": made.change_set_id, "StackId": made.stack_id}


@cloudformation.operation(resource=STACK, keys=_NAMED)
def describe_change_set(
    call: Call,
    *,
    change_set_name: str,
    stack_name: str | None = None,
    next_token: str | None = None,
    include_property_values: bool | None = None,
) -> dict[str, Any]:
    """Describe a change set; the values of properties, which may be secret, are not told."""
    found, stack = get_change_set(call, change_set_name, stack_name)
    page = page_of(found.changes, next_token, "changes", found.change_set_id)
    described = {**describe(found, stack), "Changes": list(page.items), "NextToken": page.next_token}
    if include_property_values and found.status_reason is None:
        described["StatusReason"] = _NO_VALUES
    return described


@cloudformation.operation(resource=STACK, keys=_NAMED)
def execute_change_set(
    call: Call,
    *,
    change_set_name: str,
    stack_name: str | None = None,
    client_request_token: str | None = None,
    disable_rollback: bool | None = None,
    retain_except_on_create: bool | None = None,
) -> None:
    """Begin to do what a change set says."""
    refuse_given("ExecuteChangeSet", RetainExceptOnCreate=retain_except_on_create)
    options = Options(client_token=client_request_token, disable_rollback=bool(disable_rollback))
    get_change_set(call, change_set_name, stack_name)
    call.services.stacks.change_sets.execute(asker_of(call), change_set_name, stack_name, options=options)


@cloudformation.operation(resource=STACK, keys=_NAMED)
def delete_change_set(call: Call, *, change_set_name: str, stack_name: str | None = None) -> None:
    """Remove a change set; one that is not there is removed."""
    with suppress(ChangeSetNotFound):
        get_change_set(call, change_set_name, stack_name)
    call.services.stacks.change_sets.delete(asker_of(call), change_set_name, stack_name)


@cloudformation.operation(resource=STACK)
def list_change_sets(call: Call, *, stack_name: str, next_token: str | None = None) -> dict[str, Any]:
    """List the change sets of a stack."""
    stack, found = call.services.stacks.lookup.list_change_sets(asker_of(call), stack_name)
    page = page_of(found, next_token, "change sets", stack.stack_id)
    return {
        "Summaries": [summarize_change_set(each, stack) for each in page.items],
        "NextToken": page.next_token,
    }

"""CloudFormation: stacks, their resources, events and exports as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sealgate.aws.api.cloudformation_service import STACK, asker_of, cloudformation, demand_stack, page_of
from sealgate.aws.api.cloudformation_shapes import (
    describe_event,
    describe_resource,
    describe_resource_detail,
    describe_stack,
    summarize_resource,
    summarize_stack,
)
from sealgate.aws.context import Call
from sealgate.errors import Invalid
from sealgate.services.stacks.errors import no_resource


@cloudformation.operation(resource=STACK, waits=True)
def describe_stacks(call: Call, *, stack_name: str | None = None, next_token: str | None = None) -> dict[str, Any]:
    """Describe one stack, or all that are not deleted; the end of what is under way on the one is awaited a little."""
    asker, lookup = asker_of(call), call.services.stacks.lookup
    if stack_name is not None:
        call.services.stacks.worker.await_end(lookup.get(asker, stack_name).stack_id)
        return {"Stacks": [describe_stack(lookup.get(asker, stack_name))]}
    page = page_of(lookup.list_live(asker), next_token, "stacks", call.account, call.region)
    return {"Stacks": list(map(describe_stack, page.items)), "NextToken": page.next_token}


@cloudformation.operation()
def list_stacks(
    call: Call, *, next_token: str | None = None, stack_status_filter: Sequence[str] | None = None
) -> dict[str, Any]:
    """List stacks, deleted ones too."""
    wanted = tuple(stack_status_filter or ())
    found = call.services.stacks.lookup.list_by_status(asker_of(call), wanted)
    page = page_of(found, next_token, "summaries", call.account, call.region, wanted)
    return {"StackSummaries": list(map(summarize_stack, page.items)), "NextToken": page.next_token}


@cloudformation.operation(resource=STACK)
def describe_stack_events(call: Call, *, stack_name: str, next_token: str | None = None) -> dict[str, Any]:
    """Tell what has happened to a stack, the newest first."""
    stack, page = call.services.stacks.lookup.list_events(asker_of(call), stack_name, token=next_token)
    return {"StackEvents": [describe_event(each, stack) for each in page.items], "NextToken": page.next_token}


@cloudformation.operation(resource=STACK)
def describe_stack_resource(call: Call, *, stack_name: str, logical_resource_id: str) -> dict[str, Any]:
    """Describe one resource."""
    stack, rows = call.services.stacks.lookup.list_resources(asker_of(call), stack_name)
    for row in rows:
        if row.logical_id == logical_resource_id:
            return {"StackResourceDetail": describe_resource_detail(row, stack)}
    raise no_resource(logical_resource_id, stack.name)


@cloudformation.operation(resource=STACK)
def describe_stack_resources(
    call: Call,
    *,
    stack_name: str | None = None,
    logical_resource_id: str | None = None,
    physical_resource_id: str | None = None,
) -> dict[str, Any]:
    """Describe the resources of a stack, or of the stack that has a resource."""
    asker, lookup = asker_of(call), call.services.stacks.lookup
    if (stack_name is None) is (physical_resource_id is None):
        raise Invalid("Exactly one of StackName and PhysicalResourceId must be specified.")
    if stack_name is None:
        owner = lookup.find_stack_of(asker, physical_resource_id or "")
        demand_stack(call, owner)
        stack_name = owner.stack_id
    stack, rows = lookup.list_resources(asker, stack_name)
    found = [row for row in rows if logical_resource_id in (None, row.logical_id)]
    if not found and logical_resource_id is not None:
        raise no_resource(logical_resource_id, stack.name)
    return {"StackResources": [describe_resource(row, stack) for row in found]}


@cloudformation.operation(resource=STACK)
def list_stack_resources(call: Call, *, stack_name: str, next_token: str | None = None) -> dict[str, Any]:
    """List the resources of a stack."""
    stack, rows = call.services.stacks.lookup.list_resources(asker_of(call), stack_name)
    page = page_of(rows, next_token, "resources", stack.stack_id)
    return {"StackResourceSummaries": list(map(summarize_resource, page.items)), "NextToken": page.next_token}


@cloudformation.operation()
def list_exports(call: Call, *, next_token: str | None = None) -> dict[str, Any]:
    """List what stacks export."""
    page = page_of(call.services.stacks.lookup.list_exports(asker_of(call)), next_token, "exports", call.account)
    exports = [{"ExportingStackId": each.stack_id, "Name": each.name, "Value": each.value} for each in page.items]
    return {"Exports": exports, "NextToken": page.next_token}


@cloudformation.operation()
def list_imports(call: Call, *, export_name: str, next_token: str | None = None) -> dict[str, Any]:
    """List the stacks that import a value."""
    found = call.services.stacks.lookup.list_importers(asker_of(call), export_name)
    page = page_of(found, next_token, "imports", call.account, export_name)
    return {"Imports": list(page.items), "NextToken": page.next_token}

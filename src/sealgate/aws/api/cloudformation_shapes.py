"""Stacks as CloudFormation's answers describe them; a member that is None is left out of an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sealgate.services.stacks.templates.summary import Summary
from sealgate.services.stacks.templates.template import ParameterDeclaration
from sealgate.store.stacks import ChangeSet, Definition, Stack, StackEvent, StackParameter, StackResource

_DRIFT = {"StackDriftStatus": "NOT_CHECKED"}
_RESOURCE_DRIFT = {"StackResourceDriftStatus": "NOT_CHECKED"}


def describe_stack(stack: Stack) -> dict[str, Any]:
    """Describe a stack."""
    definition = stack.definition
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "ChangeSetId": stack.change_set_id,
        "Description": stack.description,
        "Parameters": describe_parameters(definition),
        "CreationTime": stack.created_at,
        "DeletionTime": stack.deleted_at,
        "LastUpdatedTime": stack.updated_at,
        "RollbackConfiguration": {},
        "StackStatus": stack.status,
        "StackStatusReason": stack.status_reason,
        "DisableRollback": stack.disable_rollback,
        "NotificationARNs": [],
        "Capabilities": list(definition.capabilities),
        "Outputs": [
            {
                "OutputKey": each.key,
                "OutputValue": each.value,
                "Description": each.description,
                "ExportName": each.export_name,
            }
            for each in stack.outputs
        ],
        "RoleARN": definition.role_arn,
        "Tags": describe_tags(definition.tags),
        "EnableTerminationProtection": stack.termination_protection,
        "ParentId": stack.parent_id,
        "RootId": stack.root_id,
        "DriftInformation": _DRIFT,
    }


def summarize_stack(stack: Stack) -> dict[str, Any]:
    """Describe a stack in a list."""
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "TemplateDescription": stack.description,
        "CreationTime": stack.created_at,
        "LastUpdatedTime": stack.updated_at,
        "DeletionTime": stack.deleted_at,
        "StackStatus": stack.status,
        "StackStatusReason": stack.status_reason,
        "ParentId": stack.parent_id,
        "RootId": stack.root_id,
        "DriftInformation": _DRIFT,
    }


def describe_parameters(definition: Definition) -> list[dict[str, Any]]:
    """Describe parameters, without what may not be shown."""
    return [
        {"ParameterKey": each.name, "ParameterValue": each.shown, "ResolvedValue": _resolved(each)}
        for each in definition.parameters
    ]


def describe_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Describe tags."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def describe_event(event: StackEvent, stack: Stack) -> dict[str, Any]:
    """Describe an event."""
    return {
        "StackId": event.stack_id,
        "EventId": event.event_id,
        "StackName": stack.name,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "Timestamp": event.at,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": event.properties,
        "ClientRequestToken": event.client_token,
    }


def describe_resource(row: StackResource, stack: Stack) -> dict[str, Any]:
    """Describe a resource."""
    return {
        "StackName": stack.name,
        "StackId": stack.stack_id,
        **_describe_resource(row),
        "Timestamp": row.updated_at,
        "DriftInformation": _RESOURCE_DRIFT,
    }


def describe_resource_detail(row: StackResource, stack: Stack) -> dict[str, Any]:
    """Describe one resource, with its metadata."""
    metadata = row.current.metadata
    return {
        "StackName": stack.name,
        "StackId": stack.stack_id,
        **_describe_resource(row),
        "LastUpdatedTimestamp": row.updated_at,
        "Metadata": "{}" if metadata is None else json.dumps(metadata),
        "DriftInformation": _RESOURCE_DRIFT,
    }


def summarize_resource(row: StackResource) -> dict[str, Any]:
    """Describe a resource in a list."""
    return {**_describe_resource(row), "LastUpdatedTimestamp": row.updated_at, "DriftInformation": _RESOURCE_DRIFT}


def describe_change_set(found: ChangeSet, stack: Stack) -> dict[str, Any]:
    """Describe a change set but for its changes."""
    definition = found.definition
    return {
        "ChangeSetName": found.name,
        "ChangeSetId": found.change_set_id,
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "Description": found.description,
        "Parameters": describe_parameters(definition),
        "CreationTime": found.created_at,
        "ExecutionStatus": found.execution_status,
        "Status": found.status,
        "StatusReason": found.status_reason,
        "NotificationARNs": [],
        "RollbackConfiguration": {},
        "Capabilities": list(definition.capabilities),
        "Tags": describe_tags(definition.tags),
        "IncludeNestedStacks": found.includes_nested,
        "ParentChangeSetId": found.parent_id,
        "RootChangeSetId": found.root_id,
    }


def summarize_change_set(found: ChangeSet, stack: Stack) -> dict[str, Any]:
    """Describe a change set in a list."""
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "ChangeSetId": found.change_set_id,
        "ChangeSetName": found.name,
        "ExecutionStatus": found.execution_status,
        "Status": found.status,
        "StatusReason": found.status_reason,
        "CreationTime": found.created_at,
        "Description": found.description,
        "IncludeNestedStacks": found.includes_nested,
        "ParentChangeSetId": found.parent_id,
        "RootChangeSetId": found.root_id,
    }


def describe_summary(summary: Summary) -> dict[str, Any]:
    """Describe what a template declares."""
    return {
        "Parameters": [_describe_declaration(each) for each in summary.parameters],
        "Description": summary.description,
        "Capabilities": list(summary.capabilities),
        "CapabilitiesReason": summary.reason,
        "ResourceTypes": list(summary.types),
        "Version": summary.version,
        "Metadata": summary.metadata,
        "DeclaredTransforms": list(summary.transforms),
        "ResourceIdentifierSummaries": [],
    }


def describe_validation(summary: Summary) -> dict[str, Any]:
    """Describe what a template declares, as ValidateTemplate does."""
    return {
        "Parameters": [
            {
                "ParameterKey": each.name,
                "DefaultValue": each.default,
                "NoEcho": each.no_echo,
                "Description": each.description,
            }
            for each in summary.parameters
        ],
        "Description": summary.description,
        "Capabilities": list(summary.capabilities),
        "CapabilitiesReason": summary.reason,
        "DeclaredTransforms": list(summary.transforms),
    }


def _describe_resource(row: StackResource) -> dict[str, Any]:
    return {
        "LogicalResourceId": row.logical_id,
        "PhysicalResourceId": row.current.physical_id,
        "ResourceType": row.current.type,
        "ResourceStatus": row.status,
        "ResourceStatusReason": row.status_reason,
    }


def _describe_declaration(declared: ParameterDeclaration) -> dict[str, Any]:
    allowed = declared.allowed_values
    return {
        "ParameterKey": declared.name,
        "DefaultValue": declared.default,
        "ParameterType": declared.type,
        "NoEcho": declared.no_echo,
        "Description": declared.description,
        "ParameterConstraints": {} if allowed is None else {"AllowedValues": list(allowed)},
    }


def _resolved(parameter: StackParameter) -> str | None:
    return None if parameter.no_echo else parameter.resolved

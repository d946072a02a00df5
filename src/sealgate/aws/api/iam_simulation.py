"""IAM: the policy simulator. It answers one result for each action, and in it one for each resource that is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sealgate.aws.api.iam_service import SIMULATED, iam
from sealgate.aws.api.iam_shapes import Members, describe_page, range_of
from sealgate.aws.context import Call
from sealgate.policy.evaluate import Layer
from sealgate.policy.positions import Position
from sealgate.policy.simulate import DecidingStatement
from sealgate.services.iam.findings import Finding, Outcome
from sealgate.services.iam.simulated_context import ContextEntry
from sealgate.services.iam.simulation import Question
from sealgate.services.paging import Page

_LAYERS = {
    Layer.IDENTITY: "IAM Policy",
    Layer.RESOURCE: "Resource Policy",
    Layer.BOUNDARY: "Permissions Boundary Policy",
}
"""As AWS answers them; the words of its model's PolicySourceType it does not use."""
_EVERYTHING = "*"


@iam.operation()
def simulate_custom_policy(
    call: Call,
    *,
    policy_input_list: Sequence[str],
    action_names: Sequence[str],
    permissions_boundary_policy_input_list: Sequence[str] | None = None,
    resource_arns: Sequence[str] | None = None,
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: Sequence[Mapping[str, Any]] | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> dict[str, Any]:
    """Say what policies that are given as texts would allow."""
    question = Question(
        actions=tuple(action_names),
        resources=tuple(resource_arns or ()),
        policies=tuple(policy_input_list),
        boundaries=tuple(permissions_boundary_policy_input_list or ()),
        resource_policy=resource_policy,
        resource_owner=resource_owner,
        caller_arn=caller_arn,
        entries=_parse_entries(context_entries),
    )
    page = call.services.iam.simulation.simulate_custom(call.scope, question, range_of(marker, max_items))
    return _describe_outcomes(page)


@iam.operation(resource=SIMULATED)
def simulate_principal_policy(
    call: Call,
    *,
    policy_source_arn: str,
    action_names: Sequence[str],
    policy_input_list: Sequence[str] | None = None,
    permissions_boundary_policy_input_list: Sequence[str] | None = None,
    resource_arns: Sequence[str] | None = None,
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: Sequence[Mapping[str, Any]] | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> dict[str, Any]:
    """Say what a user, group or role may do."""
    question = Question(
        actions=tuple(action_names),
        resources=tuple(resource_arns or ()),
        policies=tuple(policy_input_list or ()),
        boundaries=tuple(permissions_boundary_policy_input_list or ()),
        resource_policy=resource_policy,
        resource_owner=resource_owner,
        caller_arn=caller_arn,
        entries=_parse_entries(context_entries),
    )
    page = call.services.iam.simulation.simulate_principal(
        call.scope, policy_source_arn, question, range_of(marker, max_items)
    )
    return _describe_outcomes(page)


@iam.operation()
def get_context_keys_for_custom_policy(call: Call, *, policy_input_list: Sequence[str]) -> dict[str, Any]:
    """Name the context keys that policies read."""
    return {"ContextKeyNames": list(call.services.iam.simulation.list_custom_keys(policy_input_list))}


@iam.operation(resource=SIMULATED)
def get_context_keys_for_principal_policy(
    call: Call, *, policy_source_arn: str, policy_input_list: Sequence[str] | None = None
) -> dict[str, Any]:
    """Name the context keys that the policies of a user, group or role read."""
    keys = call.services.iam.simulation.list_principal_keys(call.scope, policy_source_arn, policy_input_list or ())
    return {"ContextKeyNames": list(keys)}


def _parse_entries(entries: Sequence[Mapping[str, Any]] | None) -> tuple[ContextEntry, ...]:
    return tuple(
        ContextEntry(
            name=entry.get("ContextKeyName", ""),
            type=entry.get("ContextKeyType"),
            values=tuple(entry.get("ContextKeyValues", ())),
        )
        for entry in entries or ()
    )


def _describe_outcomes(page: Page[Outcome]) -> Members:
    return {"EvaluationResults": [_describe_outcome(outcome) for outcome in page.items], **describe_page(page)}


def _describe_outcome(outcome: Outcome) -> Members:
    named = [finding for finding in outcome.findings if finding.resource != _EVERYTHING]
    described = {
        "EvalActionName": outcome.action,
        "EvalResourceName": named[0].resource if len(named) == 1 else _EVERYTHING,
        "EvalDecision": outcome.decision,
        **_describe_reasons(outcome),
    }
    if named:
        described["EvalDecisionDetails"] = _describe_details(outcome)
        described["ResourceSpecificResults"] = [_describe_finding(finding) for finding in named]
    return described


def _describe_finding(finding: Finding) -> Members:
    return {
        "EvalResourceName": finding.resource,
        "EvalResourceDecision": finding.decision,
        **_describe_reasons(finding),
        "EvalDecisionDetails": _describe_details(finding) or None,
    }


def _describe_reasons(found: Finding | Outcome) -> Members:
    within = found.is_within_boundary
    return {
        "MatchedStatements": [_describe_statement(statement) for statement in found.statements],
        "MissingContextValues": list(found.missing),
        "PermissionsBoundaryDecisionDetail": None if within is None else {"AllowedByPermissionsBoundary": within},
    }


def _describe_details(found: Finding | Outcome) -> Members:
    return {_LAYERS[layer]: decision for layer, decision in found.details.items()}


def _describe_statement(statement: DecidingStatement) -> Members:
    return {
        "SourcePolicyId": statement.policy,
        "SourcePolicyType": _LAYERS[statement.layer],
        "StartPosition": _describe_position(statement.span.start),
        "EndPosition": _describe_position(statement.span.end),
    }


def _describe_position(position: Position) -> Members:
    return {"Line": position.line, "Column": position.column}

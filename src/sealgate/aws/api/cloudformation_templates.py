"""CloudFormation: templates, of stacks or not."""

from __future__ import annotations

from typing import Any

from sealgate.aws.api.cloudformation_service import STACK, asker_of, cloudformation, get_change_set
from sealgate.aws.api.cloudformation_shapes import describe_summary, describe_validation
from sealgate.aws.context import Call
from sealgate.errors import Invalid
from sealgate.services.stacks import statuses
from sealgate.services.stacks.definitions import Source
from sealgate.services.stacks.templates.summary import Summary, summarize

_STAGES = ["Original", "Processed"]


@cloudformation.operation(resource=STACK)
def get_template(
    call: Call, *, stack_name: str | None = None, change_set_name: str | None = None, template_stage: str | None = None
) -> dict[str, Any]:
    """Answer the template of a stack or change set."""
    if change_set_name is not None:
        definition = get_change_set(call, change_set_name, stack_name)[0].definition
    elif stack_name is not None:
        stack = call.services.stacks.lookup.get(asker_of(call), stack_name)
        if stack.status == statuses.REVIEW:
            return {"TemplateBody": "", "StagesAvailable": _STAGES}
        definition = stack.definition
    else:
        raise Invalid("Either StackName or ChangeSetName must be specified.")
    body = definition.template if template_stage == "Original" else definition.effective
    return {"TemplateBody": body, "StagesAvailable": _STAGES}


@cloudformation.operation(resource=STACK, keys={"cloudformation:templateurl": "template_url"})
def get_template_summary(
    call: Call, *, template_body: str | None = None, template_url: str | None = None, stack_name: str | None = None
) -> dict[str, Any]:
    """Tell what a template declares, or that of a stack."""
    if stack_name is not None:
        if template_body is not None or template_url is not None:
            raise Invalid("Exactly one of StackName, TemplateBody and TemplateURL must be specified.")
        stack = call.services.stacks.lookup.get(asker_of(call), stack_name)
        return describe_summary(summarize(stack.definition.template))
    return describe_summary(_summarize(call, template_body, template_url))


@cloudformation.operation(keys={"cloudformation:templateurl": "template_url"})
def validate_template(
    call: Call, *, template_body: str | None = None, template_url: str | None = None
) -> dict[str, Any]:
    """Tell what a template declares, if it is one."""
    return describe_validation(_summarize(call, template_body, template_url))


def _summarize(call: Call, body: str | None, url: str | None) -> Summary:
    text = call.services.stacks.definitions.read(asker_of(call), Source(body=body, url=url))
    return summarize(text)

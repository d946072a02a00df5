"""A template with its parameters, for one stack: everything that its values depend on but the resources themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sealgate.arn import partition_of
from sealgate.services.stacks.resource import StackIdentity
from sealgate.services.stacks.templates.conditions import evaluate_conditions
from sealgate.services.stacks.templates.intrinsics import Evaluator, Names
from sealgate.services.stacks.templates.spending import Spending
from sealgate.services.stacks.templates.template import OutputDeclaration, ResourceDeclaration, Template, parse_template
from sealgate.services.stacks.templates.values import Value
from sealgate.store.stacks import Definition, StackParameter

_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A template in a stack.

    Attributes:
        conditions: Which of them hold.
        constants: Parameters and pseudo parameters.
        masked: The same, without what may not be shown.
    """

    template: Template
    stack: StackIdentity
    conditions: Mapping[str, bool]
    constants: Mapping[str, Value]
    masked: Mapping[str, Value]

    @property
    def resources(self) -> dict[str, ResourceDeclaration]:
        """The resources that exist under the conditions."""
        return {name: each for name, each in self.template.resources.items() if self._is_there(each.condition)}

    @property
    def outputs(self) -> list[OutputDeclaration]:
        """The outputs that exist under the conditions."""
        return [each for each in self.template.outputs.values() if self._is_there(each.condition)]

    def evaluator(self, names: Names, *, masked: bool = False, spending: Spending | None = None) -> Evaluator:
        """Answer what evaluates values of the template; masked: for what is shown; with others' spending, if given."""
        return Evaluator(
            constants=self.masked if masked else self.constants,
            mappings=self.template.mappings,
            conditions=self.conditions,
            names=names,
            spending=spending or Spending(),
        )

    def _is_there(self, condition: str | None) -> bool:
        return condition is None or self.conditions.get(condition, False)


def settle(template: Template, parameters: Mapping[str, StackParameter], stack: StackIdentity) -> Setting:
    """Put a template into a stack.

    Raises:
        TemplateInvalid: A condition cannot be evaluated.
    """
    pseudo = pseudo_parameters(stack)
    constants = {**pseudo, **{name: each.value for name, each in parameters.items()}}
    masked = {**pseudo, **{name: each.masked for name, each in parameters.items()}}
    conditions = evaluate_conditions(template.conditions, constants=constants, mappings=template.mappings)
    return Setting(template=template, stack=stack, conditions=conditions, constants=constants, masked=masked)


def settle_definition(definition: Definition, stack: StackIdentity) -> Setting:
    """Put what a stack is to be into the stack.

    Raises:
        TemplateInvalid: It was stored by a release that took more.
    """
    parameters = {each.name: each for each in definition.parameters}
    return settle(parse_template(definition.effective), parameters, stack)


def pseudo_parameters(stack: StackIdentity) -> dict[str, Value]:
    """Answer what every template may refer to (user guide, "Get AWS values using pseudo parameters")."""
    partition = partition_of(stack.region)
    return {
        "AWS::AccountId": stack.account,
        "AWS::NotificationARNs": [],
        "AWS::Partition": partition,
        "AWS::Region": stack.region,
        "AWS::StackId": stack.arn,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": _SUFFIXES.get(partition, "amazonaws.com"),
    }

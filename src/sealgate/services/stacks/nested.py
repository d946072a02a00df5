"""AWS::CloudFormation::Stack: a stack that is a resource of another, worked on as a step of that one's operation.

It acts with the rights of the outer stack, and has what that one's caller has acknowledged. What begins something on it
is an operation of the API (CreateStack, UpdateStack, DeleteStack, ContinueUpdateRollback): let in with these rights, in
the audit trail too. A crash leaves it to its outer stack, whose step is taken up again, and with it the inner one. An
update that fails further out is undone by another update of it, from the template that it had, whatever its former
address names by now; and what was reviewed in a change set is made of the template that was read then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sealgate.errors import Conflict
from sealgate.services.stacks import statuses
from sealgate.services.stacks.acting import Acting, identity_of
from sealgate.services.stacks.definitions import Asker, Definitions, Given, Source
from sealgate.services.stacks.execution import Execution
from sealgate.services.stacks.ledger import STACK_TYPE, Ledger
from sealgate.services.stacks.operations import Operations, Work
from sealgate.services.stacks.resource import Made, Properties, ResourceCall
from sealgate.services.stacks.service import Options, Parents, StackService
from sealgate.services.stacks.templates.parameters import GivenParameter
from sealgate.services.stacks.templates.shapes import ListOf, MapOf, Property, Structure, Text
from sealgate.store.stacks import ChangeSet, Definition, Stack

MAX_DEPTH = 10
"""Stacks, each in the next. Ours: a template may name itself."""
MAX_NAME = 128
_TEMPLATE = "Template"
"""What an inner stack was made of, among what `Fn::GetAtt` answers, where no template can ask for it."""
Members = Mapping[str, Any]
"""Of a request or its answer, as the API names them."""
_TAG = Structure({"Key": Property(shape=Text(), required=True), "Value": Property(shape=Text(), required=True)})


class EmbeddedFailed(Conflict):
    """An inner stack has not become what its outer one wants."""


class NestedStack:
    """A stack in a stack.

    Args:
        stacks: Makes, changes and removes them.
        definitions: Makes what an inner stack is to be.
        operations: Lets these operations in, with the rights of the outer stack.
        acting: Knows whose rights these are.
        execution: Does what is under way on the inner stack, in the thread of the outer one's step.
        ledger: Knows both.
        may_go_on: Tells whether more may be begun.
    """

    name = STACK_TYPE
    attributes = frozenset({"Outputs.*"})
    properties = {  # noqa: RUF012 - never changed
        "TemplateURL": Property(shape=Text(), required=True),
        "Parameters": Property(shape=MapOf(Text())),
        "Tags": Property(shape=ListOf(_TAG)),
    }

    def __init__(
        self,
        *,
        stacks: StackService,
        definitions: Definitions,
        operations: Operations,
        acting: Acting,
        execution: Execution,
        ledger: Ledger,
        may_go_on: Callable[[], bool],
    ) -> None:
        self._stacks = stacks
        self._definitions = definitions
        self._operations = operations
        self._acting = acting
        self._execution = execution
        self._ledger = ledger
        self._may_go_on = may_go_on

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make the inner stack; the one that was reviewed, if it was."""
        outer = self._ledger.load(call.stack.arn)
        reviewed = self._ledger.find_reviewed(outer, call.logical_id)
        inner = self._find_made(call, reviewed) or self._begin(call, properties, outer, reviewed)
        call.record(inner.stack_id)
        ended = self._run(inner)
        if ended.status != statuses.CREATED:
            raise self._failed(ended, "created")
        return _made(ended)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:  # noqa: ARG002 - the inner stack knows what it is
        """Change the inner stack; where an undoing of it has failed, that is tried again first."""
        inner = self._run(self._ledger.load(physical_id))
        outer = self._ledger.load(call.stack.arn)
        asker = self._asker(outer)
        if inner.status == statuses.RESTORE_FAILED:
            inner = self._undo_again(asker, inner)
        if inner.status not in statuses.UPDATABLE:
            raise self._failed(inner, "updated")
        former = call.former.get(_TEMPLATE)
        reviewed = None if former is not None else self._ledger.find_reviewed(outer, call.logical_id)
        given = given_to(outer.definition, new, template=former or _template_of(reviewed))
        if former is not None and self._find_change(asker, inner, given) is None:
            return _made(inner)  # nothing has come of what is to be undone, and who may not change it need not
        ended = self._change(asker, inner, given, reviewed, _members(outer, new))
        if ended.status != statuses.UPDATED and ended.task.task_id != inner.task.task_id:
            raise self._failed(ended, "updated")
        return _made(ended)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - the inner stack knows what it is
        """Remove the inner stack."""
        inner = self._run(self._ledger.load(physical_id))
        if inner.status == statuses.DELETED:
            return
        asker = self._asker(self._ledger.load(call.stack.arn))

        def begin() -> dict[str, str]:
            self._stacks.begin_deletion(asker, inner)
            return {}

        self._perform(asker, "DeleteStack", begin, StackName=inner.stack_id)
        ended = self._run(inner)
        if ended.status != statuses.DELETED:
            raise self._failed(ended, "deleted")

    def _change(self, asker: Asker, inner: Stack, given: Given, reviewed: ChangeSet | None, members: Members) -> Stack:
        """Make the inner stack what is given; answer how that has ended, or the same stack where nothing changes."""

        def begin() -> dict[str, str]:
            definition = self._find_change(asker, inner, given, is_reviewed=reviewed is not None)
            if definition is not None:
                change_set_id = None if reviewed is None else reviewed.change_set_id
                self._stacks.begin_update(asker, inner, definition, Options(), change_set_id=change_set_id)
            return {"StackId": inner.stack_id}

        self._perform(asker, "UpdateStack", begin, StackName=inner.stack_id, **members)
        return self._run(inner)

    def _find_change(self, asker: Asker, inner: Stack, given: Given, *, is_reviewed: bool = False) -> Definition | None:
        """Answer what the inner stack would be; None where that is what it is."""
        definition, sound = self._definitions.make(
            asker, given, identity_of(inner), previous=inner, is_reviewed=is_reviewed
        )
        return definition if self._stacks.is_change(inner, definition, sound) else None

    def _undo_again(self, asker: Asker, inner: Stack) -> Stack:
        def begin() -> dict[str, str]:
            self._stacks.continue_rollback(asker, inner.stack_id, skipped=(), role_arn=None, client_token=None)
            return {}

        self._perform(asker, "ContinueUpdateRollback", begin, StackName=inner.stack_id)
        return self._run(inner)

    def _perform(self, asker: Asker, operation: str, begin: Work, **members: Any) -> Members:
        """Let an operation in, and begin what it is about; answer what a request would be answered.

        Raises:
            OperationRefused: It is not allowed, or cannot begin.
        """
        perform = self._operations.acting_as(asker.principal, asker.region, work=begin)
        return perform("cloudformation", operation, **members)

    def _run(self, inner: Stack) -> Stack:
        return self._execution.run(inner.stack_id, may_go_on=self._may_go_on)

    def _find_made(self, call: ResourceCall, reviewed: ChangeSet | None) -> Stack | None:
        """Answer what an earlier attempt at this step has made, or None."""
        if reviewed is not None:
            found = self._ledger.load(reviewed.stack_id)
            return found if found.status != statuses.REVIEW else None
        live = self._stacks.find_live(call.stack.account, call.stack.region, call.generated_name(MAX_NAME))
        return live if live is not None and live.parent_id == call.stack.arn else None

    def _begin(self, call: ResourceCall, properties: Properties, outer: Stack, reviewed: ChangeSet | None) -> Stack:
        self._check_depth(outer)
        asker = self._asker(outer)
        given = given_to(outer.definition, properties, template=_template_of(reviewed))
        options = Options(disable_rollback=outer.task.disable_rollback)
        inner = None if reviewed is None else self._ledger.load(reviewed.stack_id)
        name = call.generated_name(MAX_NAME) if inner is None else inner.name

        def begin() -> dict[str, str]:
            if inner is None or reviewed is None:
                parents = Parents(parent_id=outer.stack_id, root_id=outer.root_id or outer.stack_id)
                return {"StackId": self._stacks.create(asker, name, given, options=options, parents=parents).stack_id}
            definition, _ = self._definitions.make(asker, given, identity_of(inner), previous=None, is_reviewed=True)
            change_set_id = reviewed.change_set_id
            self._stacks.begin_creation(asker, inner, definition, options, change_set_id=change_set_id)
            return {"StackId": inner.stack_id}

        made = self._perform(asker, "CreateStack", begin, StackName=name, **_members(outer, properties))
        return self._ledger.load(made["StackId"])

    def _check_depth(self, outer: Stack) -> None:
        """Refuse to go deeper than `MAX_DEPTH`.

        Raises:
            EmbeddedFailed: It would.
        """
        depth, each = 1, outer
        while each.parent_id is not None:
            depth, each = depth + 1, self._ledger.load(each.parent_id)
        if depth >= MAX_DEPTH:
            raise EmbeddedFailed(f"Stacks are nested more than {MAX_DEPTH} deep in {each.stack_id}")

    def _failed(self, inner: Stack, done: str) -> EmbeddedFailed:
        reason = self._ledger.find_failure(inner) or inner.status
        return EmbeddedFailed(f"Embedded stack {inner.stack_id} was not successfully {done}: {reason}")

    def _asker(self, outer: Stack) -> Asker:
        return Asker(principal=self._acting.principal(outer), region=outer.region, host=outer.task.host)


def given_to(outer: Definition, properties: Properties, *, template: str | None = None) -> Given:
    """Answer what an outer stack says of an inner one.

    Args:
        outer: What the outer stack is, or is to be.
        properties: The inner one's in its template.
        template: What is at the address, where that was read before.
    """
    parameters = properties.get("Parameters", {})
    return Given(
        source=Source(url=properties["TemplateURL"]) if template is None else Source(kept=template),
        parameters=tuple(GivenParameter(name=name, value=value) for name, value in parameters.items()),
        tags={each["Key"]: each["Value"] for each in properties.get("Tags", [])},
        capabilities=outer.capabilities,
        role_arn=outer.role_arn,
    )


def _template_of(reviewed: ChangeSet | None) -> str | None:
    return None if reviewed is None else reviewed.definition.template


def _members(outer: Stack, properties: Properties) -> Members:
    """Answer what a request would say of an inner stack, without what it would not."""
    parameters = properties.get("Parameters", {})
    members = {
        "TemplateURL": properties["TemplateURL"],
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        "Tags": properties.get("Tags"),
        "Capabilities": list(outer.definition.capabilities),
    }
    return {name: each for name, each in members.items() if each}


def _made(inner: Stack) -> Made:
    outputs = {f"Outputs.{each.key}": each.value for each in inner.outputs}
    return Made(physical_id=inner.stack_id, attributes={**outputs, _TEMPLATE: inner.definition.template})

"""The policy simulator: what the door would rule, asked before anybody stands at it.

It rules by the same function as the door (`sealgate.policy.evaluate`), about a request that is imagined: nothing is
looked up of resources, and their tags, their policy and all else that conditions ask is what the caller says it is.
(IAM API Reference, `SimulateCustomPolicy` and `SimulatePrincipalPolicy`; IAM User Guide, "Testing IAM policies with the
IAM policy simulator"; texts of errors from answers of AWS that others have published.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sealgate.arn import account_of, parse_arn
from sealgate.errors import Invalid
from sealgate.policy.document import MalformedPolicy, Policy, PolicyKind, parse_policy
from sealgate.policy.evaluate import authorise
from sealgate.policy.request import Ask, Context
from sealgate.policy.simulate import find_context_keys, find_missing_keys
from sealgate.services.iam.errors import InvalidInput
from sealgate.services.iam.findings import Finding, Outcome
from sealgate.services.iam.pages import Range, start_of
from sealgate.services.iam.simulated_context import ContextEntry, read_entries
from sealgate.services.iam.subjects import Subject, in_place, nobody, read_subject
from sealgate.services.paging import ListTokens, Page, invalid_token
from sealgate.services.scope import Scope
from sealgate.store.database import Database

MAX_CHECKS = 100_000
"""How often a statement is asked about a resource within one page, at most: each may have to be told of, too."""

_EVERYTHING = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is imagined.

    Attributes:
        actions: As IAM names them, without wildcards.
        resources: ARNs; none stands for `*`.
        policies: Identity policies besides those that the subject has.
        boundaries: At most one: the permissions boundary, in place of the subject's.
        resource_policy: What each resource has for a policy; None for none.
        resource_owner: The ARN of the account that owns a resource whose own ARN does not say; None: the caller's.
        caller_arn: The user, group or role that calls; None: the subject, or nobody in particular.
        entries: What else conditions may ask.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    boundaries: tuple[str, ...] = ()
    resource_policy: str | None = None
    resource_owner: str | None = None
    caller_arn: str | None = None
    entries: tuple[ContextEntry, ...] = ()


class SimulationService:
    """The use cases of the simulator; none of them changes anything."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    def simulate_custom(self, scope: Scope, question: Question, wanted: Range) -> Page[Outcome]:
        """Rule by the question's policies alone.

        Raises:
            InvalidInput: The question means nothing, or is too large; the text says what.
            Invalid: The marker is none of this list's.
        """
        return _simulate(nobody(scope.account), question, wanted)

    def simulate_principal(self, scope: Scope, source_arn: str, question: Question, wanted: Range) -> Page[Outcome]:
        """Rule by all that applies to a user, group or role, and the question's policies.

        Raises:
            InvalidInput, Invalid: As `simulate_custom`; or the ARN is none of a user, group or role.
            NoSuchEntity: The account has none of this ARN.
            PolicyEvaluation: A stored policy cannot be read.
        """
        return _simulate(self._read_subject(scope, source_arn), question, wanted)

    def list_custom_keys(self, policies: Sequence[str]) -> tuple[str, ...]:
        """Answer the context keys that policies read.

        Raises:
            InvalidInput: One is no identity policy.
        """
        return find_context_keys(_read_inputs(policies))

    def list_principal_keys(self, scope: Scope, source_arn: str, policies: Sequence[str]) -> tuple[str, ...]:
        """Answer the context keys that policies read, and those of a user, group or role with its boundary.

        Raises:
            InvalidInput, NoSuchEntity, PolicyEvaluation: As `simulate_principal`.
        """
        inputs = _read_inputs(policies)
        return find_context_keys((*inputs, *_policies_of(self._read_subject(scope, source_arn))))

    def _read_subject(self, scope: Scope, source_arn: str) -> Subject:
        with self._db.read() as tx:
            return read_subject(tx, scope.account, source_arn)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Simulation:
    """A question that makes sense, about somebody."""

    subject: Subject
    resources: tuple[str, ...]
    resource_policy: Policy | None
    owner: str
    context: Context

    @property
    def policies(self) -> tuple[Policy, ...]:
        """All that are asked."""
        return _policies_of(self.subject) + (() if self.resource_policy is None else (self.resource_policy,))

    def examine(self, action: str) -> Outcome:
        """Rule about one action on each resource."""
        return Outcome(action=action, findings=tuple(self._find(action, resource) for resource in self.resources))

    def _find(self, action: str, resource: str) -> Finding:
        owner, subject = account_of(resource) or self.owner, self.subject
        about = {"aws:resourceaccount": (owner,)} if resource != _EVERYTHING else {}
        context = {**subject.context, **about, **self.context}
        is_same = owner == subject.caller.account
        ruling = authorise(
            Ask(principal=subject.caller, action=action, resource=resource, context=context),
            identity=subject.identity,
            boundary=subject.boundary,
            resource=self.resource_policy,
            same_account=is_same,
        )
        missing = find_missing_keys(self.policies, action, context)
        return Finding(resource=resource, ruling=ruling, missing=missing, crosses_accounts=not is_same)


def _simulate(subject: Subject, question: Question, wanted: Range) -> Page[Outcome]:
    _check_actions(question.actions)
    tokens = ListTokens("simulation", subject.caller, question)
    start = _parse_place(start_of(wanted, tokens) or "0")
    simulation = _prepare(subject, question)
    shown = question.actions[start : start + min(wanted.limit, _affordable(simulation))]
    end = start + len(shown)
    return Page(
        items=tuple(map(simulation.examine, shown)),
        next_token=tokens.encode(str(end)) if end < len(question.actions) else None,
    )


def _parse_place(text: str) -> int:
    if not text.isdecimal():
        raise invalid_token()
    return int(text)


def _prepare(subject: Subject, question: Question) -> _Simulation:
    if len(question.boundaries) > 1:
        raise InvalidInput("The list of Permissions Boundary policies cannot exceed 1 items.")
    boundaries = _read_inputs(question.boundaries, kind=PolicyKind.BOUNDARY, name="PermissionsBoundaryPolicyInputList")
    asked = replace(
        subject,
        identity=subject.identity + _read_inputs(question.policies),
        boundary=boundaries[0] if boundaries else subject.boundary,
    )
    caller_arn = question.caller_arn
    if caller_arn is not None and caller_arn != (subject.caller.arn or subject.caller.issuer):
        asked = in_place(asked, caller_arn)
    resources = question.resources or (_EVERYTHING,)
    _check_resources(resources)
    return _Simulation(
        subject=asked,
        resources=resources,
        resource_policy=_read_resource_policy(asked, resources, question.resource_policy),
        owner=_read_owner(question.resource_owner) or asked.caller.account,
        context=read_entries(question.entries),
    )


def _policies_of(subject: Subject) -> tuple[Policy, ...]:
    return subject.identity + (() if subject.boundary is None else (subject.boundary,))


def _affordable(simulation: _Simulation) -> int:
    """Answer how many actions a page may have.

    Raises:
        InvalidInput: Not even one.
    """
    statements = sum(len(policy.statements) for policy in simulation.policies)
    affordable = MAX_CHECKS // max(len(simulation.resources) * statements, 1)
    if not affordable:
        raise InvalidInput(
            f"{len(simulation.resources)} resources and {statements} statements are too many for one simulation."
        )
    return affordable


def _read_inputs(
    texts: Iterable[str], *, kind: PolicyKind = PolicyKind.IDENTITY, name: str = "PolicyInputList"
) -> tuple[Policy, ...]:
    return tuple(_read_policy(text, kind, f"{name}.{number}") for number, text in enumerate(texts, 1))


def _read_policy(text: str, kind: PolicyKind, name: str) -> Policy:
    try:
        return parse_policy(text, kind=kind, name=name)
    except MalformedPolicy as error:
        raise InvalidInput(f"{name} has invalid content: {error.message}") from None


def _read_resource_policy(subject: Subject, resources: Iterable[str], text: str | None) -> Policy | None:
    """Answer the policy of the resources; as on AWS only a user can be simulated with one."""
    if text is None:
        return None
    if not subject.kind:
        raise InvalidInput("Invalid caller - Caller cannot be null or empty.")
    if subject.kind != "user":
        raise InvalidInput("Invalid caller - Caller must be an IAM user in this context.")
    if _EVERYTHING in resources:
        raise InvalidInput("Invalid Entity Arn: * does not clearly define entity type and name.")
    return _read_policy(text, PolicyKind.RESOURCE, "ResourcePolicy")


def _read_owner(arn: str | None) -> str:
    """Answer the account that the ARN of one names; empty where none is given."""
    owner = "" if arn is None else account_of(arn)
    if arn is not None and not (owner and arn.endswith(f":iam::{owner}:root")):
        raise InvalidInput(f"'{arn}' is not a valid as a Resource Owner.")  # AWS's words
    return owner


def _check_actions(actions: Iterable[str]) -> None:
    for action in actions:
        vendor, _, name = action.partition(":")
        if not vendor or not name:
            raise InvalidInput(f"{action} is not an action: it must be a service and an operation (iam:CreateUser).")
        if "*" in action or "?" in action:
            raise InvalidInput(f"{action} has a wildcard, which the name of an action cannot have here.")


def _check_resources(resources: Sequence[str]) -> None:
    for resource in resources:
        if not _is_arn(resource) and resources != (_EVERYTHING,):
            raise InvalidInput(f"ResourceNames are not in a valid ARN format: {resource}.")


def _is_arn(text: str) -> bool:
    try:
        parse_arn(text)
    except Invalid:
        return False
    return True

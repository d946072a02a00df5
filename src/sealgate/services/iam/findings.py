"""What a simulation finds: of one action on one resource, and of one action on all resources together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sealgate.policy.evaluate import Decision, Layer, Ruling
from sealgate.policy.simulate import DecidingStatement, locate_matches

_BY_RESTRICTION = (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY, Decision.ALLOWED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one resource.

    Attributes:
        resource: Its ARN, or `*`.
        ruling: As the door would rule.
        missing: The context keys that the ruling may hang on and that were not given.
        crosses_accounts: The caller belongs to another account than the resource.
    """

    resource: str
    ruling: Ruling
    missing: tuple[str, ...]
    crosses_accounts: bool

    @property
    def decision(self) -> Decision:
        """Allowed, or how denied."""
        return self.ruling.decision

    @property
    def statements(self) -> tuple[DecidingStatement, ...]:
        """The statements that decided."""
        return locate_matches(self.ruling)

    @property
    def is_within_boundary(self) -> bool | None:
        """Whether the permissions boundary allows the action; None without one."""
        decision = self._layers().get(Layer.BOUNDARY)
        return None if decision is None else decision is Decision.ALLOWED

    @property
    def details(self) -> Mapping[Layer, Decision]:
        """Across accounts, what each kind of policy says by itself; else nothing."""
        return {Layer.RESOURCE: Decision.IMPLICIT_DENY, **self._layers()} if self.crosses_accounts else {}

    def _layers(self) -> dict[Layer, Decision]:
        return {verdict.layer: verdict.decision for verdict in self.ruling.verdicts}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was found of one action: the most restrictive of its findings counts.

    Attributes:
        action: As it was given.
        findings: One for each resource, of which there is at least one.
    """

    action: str
    findings: tuple[Finding, ...]

    @property
    def decision(self) -> Decision:
        """Allowed only where every resource is."""
        return _most_restrictive(*(finding.decision for finding in self.findings))

    @property
    def statements(self) -> tuple[DecidingStatement, ...]:
        """The statements that made the decision, each once."""
        decision = self.decision
        deciding = (finding for finding in self.findings if finding.decision is decision)
        return tuple(dict.fromkeys(statement for finding in deciding for statement in finding.statements))

    @property
    def missing(self) -> tuple[str, ...]:
        """The context keys that any finding lacks, each once."""
        return tuple(dict.fromkeys(key for finding in self.findings for key in finding.missing))

    @property
    def is_within_boundary(self) -> bool | None:
        """Whether the permissions boundary allows the action on every resource; None without one."""
        within = [finding.is_within_boundary for finding in self.findings]
        return None if None in within else all(within)

    @property
    def details(self) -> Mapping[Layer, Decision]:
        """What each kind of policy says at its most restrictive; nothing where no finding crosses accounts."""
        details: dict[Layer, Decision] = {}
        for finding in self.findings:
            for layer, decision in finding.details.items():
                details[layer] = _most_restrictive(decision, details.get(layer, Decision.ALLOWED))
        return details


def _most_restrictive(*decisions: Decision) -> Decision:
    return min(decisions, key=_BY_RESTRICTION.index)

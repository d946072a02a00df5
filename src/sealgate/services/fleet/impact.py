"""What a revocation stops, before it happens or after: every version, alias and layer that carries a subject.

For each version whose signature falls it is said what becomes of it, by the settings that count now:

- a deployment of the same package again, by the function's code signing config: refused, let in with a warning, or let
  in without a word where there is no config;
- its next start and its running processes, by the tag `sealgate:on-revocation`: stopped, or recorded only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sealgate.errors import NotFound
from sealgate.runtime.stored import StoredPackage
from sealgate.services.fleet.holdings import Holding, Holdings, read_holdings
from sealgate.services.fleet.subjects import Subject
from sealgate.services.functions.parts import Part, package_of
from sealgate.services.signing.revocation import find_profile_version, find_signing_job
from sealgate.services.switches import ON_REVOCATION, read_switch
from sealgate.store.database import Tx
from sealgate.store.jobs import Job
from sealgate.store.layers import LayerVersion

Deploying = Literal["refused", "warned of", "not governed", "unaffected"]
Starting = Literal["stopped", "recorded", "unaffected"]


class SubjectUnknown(NotFound):
    """Nothing here is known by this name, and nothing that is deployed carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedPart:
    """One package of a version that carries the subject.

    Attributes:
        signed_at: When it was signed; None where no job of this server has.
        falls: Whether its signature falls.
    """

    part: Part
    signed_at: datetime | None
    falls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionImpact:
    """What becomes of one version of a function.

    Attributes:
        parts: Those that carry the subject.
        deploying: The same packages again.
        starting: New starts, and processes that run already.
    """

    holding: Holding
    parts: tuple[CarriedPart, ...]
    deploying: Deploying
    starting: Starting


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerImpact:
    """What becomes of one layer version.

    Attributes:
        signed_at: When it was signed; None where no job of this server has.
        falls: Whether its signature falls: a config that enforces lets no function take it then.
    """

    layer: LayerVersion
    signed_at: datetime | None
    falls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What carries a subject.

    Attributes:
        judged_at: The moment that the answer is of.
        versions: By account, region, name and number.
        layers: By account, region, name and number.
    """

    judged_at: datetime
    subject: Subject
    versions: tuple[VersionImpact, ...]
    layers: tuple[LayerImpact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """All that is deployed, and the records of the jobs that have signed it, by ARN."""

    holdings: Holdings
    jobs: Mapping[str, Job]

    def job_of(self, package: StoredPackage) -> Job | None:
        """Answer the record of the job that has signed a package; None where none of this server has."""
        return None if package.job_arn is None else self.jobs.get(package.job_arn)


def read_deployed(tx: Tx) -> Deployed:
    """Read what is deployed in every account and region."""
    holdings = read_holdings(tx)
    arns = {package.job_arn for package in holdings.packages if package.job_arn is not None}
    found = {arn: find_signing_job(tx, arn) for arn in arns}
    return Deployed(holdings=holdings, jobs={arn: job for arn, job in found.items() if job is not None})


def find_impact(tx: Tx, subject: Subject, deployed: Deployed, *, now: datetime) -> Impact:
    """Answer what carries a subject, and what becomes of it."""
    return Impact(
        judged_at=now,
        subject=subject,
        versions=tuple(_versions(tx, subject, deployed)),
        layers=tuple(_layers(subject, deployed)),
    )


def _versions(tx: Tx, subject: Subject, deployed: Deployed) -> Iterator[VersionImpact]:
    for holding in deployed.holdings.versions:
        parts = tuple(
            CarriedPart(part=part, signed_at=None if job is None else job.signing_time, falls=subject.falls(job))
            for part in holding.parts
            if subject.carries(part.package, job := deployed.job_of(part.package))
        )
        if parts:
            fallen = [each.part.package for each in parts if each.falls]
            yield VersionImpact(
                holding=holding,
                parts=parts,
                deploying=_deploying(holding, fallen),
                starting=_starting(tx, holding, fallen),
            )


def _layers(subject: Subject, deployed: Deployed) -> Iterator[LayerImpact]:
    for layer in deployed.holdings.layers:
        job = deployed.job_of(package_of(layer))
        if subject.carries(package_of(layer), job):
            signed_at = None if job is None else job.signing_time
            yield LayerImpact(layer=layer, signed_at=signed_at, falls=subject.falls(job))


def _deploying(holding: Holding, fallen: list[StoredPackage]) -> Deploying:
    if not fallen:
        return "unaffected"
    if holding.config is None:
        return "not governed"
    return "warned of" if holding.config.policy == "Warn" else "refused"


def _starting(tx: Tx, holding: Holding, fallen: list[StoredPackage]) -> Starting:
    if not fallen:
        return "unaffected"
    return "stopped" if any(_is_enforced(tx, holding, each) for each in fallen) else "recorded"


def _is_enforced(tx: Tx, holding: Holding, package: StoredPackage) -> bool:
    """Tell what a start would be told, as `sealgate.services.invocations.starting` does."""
    profile = find_profile_version(tx, package.profile_version_arn or "")
    holders = (holding.latest, holding.config, profile)
    return read_switch(ON_REVOCATION, *(None if each is None else each.tags for each in holders)) != "Warn"

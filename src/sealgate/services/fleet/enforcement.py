"""What would be refused if every code signing config said Enforce: before anyone makes it so.

Each function's present packages are put before the gate once more (`sealgate.services.functions.admission`), with the
config's own publishers, and the policy Enforce. Nothing is written, and nothing is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sealgate.clock import Clock
from sealgate.errors import IntegrityError, NotFound
from sealgate.policy.admission import Decision, Outcome
from sealgate.services.fleet.crew import on_all_cores
from sealgate.services.fleet.holdings import Holding, read_holdings
from sealgate.services.functions.admission import Admission
from sealgate.services.functions.code_sources import Candidate
from sealgate.services.functions.parts import Part
from sealgate.services.functions.verdicts import Deployment, Evidence
from sealgate.services.scope import Scope
from sealgate.store.blobs import BlobStore
from sealgate.store.database import Database
from sealgate.store.functions import LATEST_NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPart:
    """One package of a function, and what the gate would say."""

    part: Part
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What would become of a function's next deployment of the packages that it has.

    Attributes:
        holding: The function's `$LATEST`.
        parts: Its own code first, then its layers in order; none where no config governs it.
    """

    holding: Holding
    parts: tuple[JudgedPart, ...]

    @property
    def refused(self) -> JudgedPart | None:
        """The first package that would be refused, which the caller would be told of; None where none would be."""
        return next((each for each in self.parts if each.decision.outcome is Outcome.DENY), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """What would become of every function.

    Attributes:
        judged_at: The moment that they are of.
        functions: By account, region and name.
    """

    judged_at: datetime
    functions: tuple[Forecast, ...]


class Enforcement:
    """Asks the gate what it would say.

    Args:
        db: Where is recorded what is deployed.
        blobs: Where the packages are.
        admission: The gate.
        clock: Tells what has expired.
    """

    def __init__(self, *, db: Database, blobs: BlobStore, admission: Admission, clock: Clock) -> None:
        self._db = db
        self._blobs = blobs
        self._admission = admission
        self._clock = clock

    def forecast(self, *, account: str | None = None, region: str | None = None) -> Forecasts:
        """Judge everything.

        Args:
            account: Only the functions of this one.
            region: Only those there.
        """
        with self._db.read() as tx:
            functions = [
                each
                for each in read_holdings(tx).versions
                if each.function.version == LATEST_NUMBER and each.is_in(account, region)
            ]
        governed = [each for each in functions if each.config is not None]
        evidence = on_all_cores(self._examine, dict.fromkeys(part for each in governed for part in each.parts))
        return Forecasts(
            judged_at=self._clock(), functions=tuple(self._forecast_one(each, evidence) for each in functions)
        )

    def _examine(self, part: Part) -> Evidence:
        try:
            with self._blobs.open(part.package.sha256) as source:
                if part.layer is not None:
                    return self._admission.examine_layer(source, part.layer)
                return self._admission.examine(Candidate(source, part.package.sha256))
        except NotFound as error:
            return _missing(part, error)

    def _forecast_one(self, holding: Holding, evidence: Mapping[Part, Evidence]) -> Forecast:
        if holding.config is None:
            return Forecast(holding=holding, parts=())
        function = holding.function
        deployment = Deployment(
            scope=Scope(account=function.account, region=function.region, caller_arn=""),
            function=function.name,
            subject=function.arn,
            operation="UpdateFunctionCode",
            dry_run=True,
        )
        verdict = self._admission.judge(
            [evidence[part] for part in holding.parts], replace(holding.config, policy="Enforce"), deployment
        )
        return Forecast(
            holding=holding,
            parts=tuple(
                JudgedPart(part=part, decision=judged.decision)
                for part, judged in zip(holding.parts, verdict.packages, strict=True)
            ),
        )


def _missing(part: Part, error: NotFound) -> Evidence:
    """A package whose file is gone could not be deployed again; as evidence, its integrity is broken."""
    return Evidence(
        layer_arn=None if part.layer is None else part.layer.arn,
        sha256=part.package.sha256,
        size=0,
        unzipped_size=0,
        subject=IntegrityError(error.message, reason=error.reason),
        revocation=None,
        unreadable=None,
    )

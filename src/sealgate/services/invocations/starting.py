"""What a function is started from, and whether it may be: one straight line at every cold start.

    version and layers -> unpacked? -> (the interpreter starts meanwhile) -> whole? -> revoked or expired? -> run

Everything that was deployed is verified again, whatever the code signing config says: the stored packages against their
signatures, the unpacked files against their list (`sealgate.runtime.code`). Revocation and expiry stop a start only
where the tag `sealgate:on-revocation` asks for it, since on AWS they do not. What is refused is written down, and
counted as a metric, where somebody has asked for the start.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sealgate.clock import Clock
from sealgate.errors import IntegrityError, PackageError
from sealgate.policy.admission import AdmissionPolicy, Decision, Finding, Outcome, decide
from sealgate.runtime.code import CodeStore
from sealgate.runtime.stored import StoredPackage
from sealgate.services.audit.function_events import record_refused_start
from sealgate.services.audit.notes import RefusedStart, note_refused_start
from sealgate.services.functions.parts import Part
from sealgate.services.invocations.errors import StartRefused
from sealgate.services.metrics.meter import UNWATCHED, Meter
from sealgate.services.signing.revocation import RevocationService, find_profile_version
from sealgate.services.switches import ON_REVOCATION, read_switch
from sealgate.store.configs import configs
from sealgate.store.database import Database, Tx
from sealgate.store.functions import Function, find_latest
from sealgate.store.invocations import StartRefusal, start_refusals
from sealgate.trust.assessment import Assessment, Signature
from sealgate.trust.roots import RootKind

log = logging.getLogger("sealgate.starts")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where the files of a function version are; its layers' in the order of its list."""

    task: Path
    layers: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPart:
    """A part that was found whole, and signed."""

    part: Part
    signature: Signature


class Starter:
    """Judges what shall be started.

    Args:
        db: Where is recorded what was deployed, and where refusals are.
        code: Unpacks packages, and verifies what is unpacked.
        revocation: Tells what is revoked.
        clock: Tells what has expired.
        meter: Counts refusals.
    """

    def __init__(
        self, *, db: Database, code: CodeStore, revocation: RevocationService, clock: Clock, meter: Meter = UNWATCHED
    ) -> None:
        self._db = db
        self._code = code
        self._revocation = revocation
        self._clock = clock
        self._meter = meter

    def prepare(self, function: Function, parts: tuple[Part, ...]) -> Folders:
        """Unpack what is not unpacked yet.

        Raises:
            StartRefused: A stored package is not the one that was deployed.
        """
        task, *layers = [self._guarded(function, part, self._code.prepare) for part in parts]
        return Folders(task=task, layers=tuple(layers))

    def check(self, function: Function, parts: tuple[Part, ...]) -> tuple[SignedPart, ...]:
        """Verify everything, and judge each signature as of now; answer the signed parts.

        Raises:
            StartRefused: Something was altered, or is revoked or expired where that counts.
        """
        found = [(part, self._guarded(function, part, self._code.check)) for part in parts]
        signed = tuple(SignedPart(part=part, signature=each) for part, each in found if each is not None)
        for each in signed:
            decision = self.judge(function, each.signature)
            if decision.outcome is not Outcome.ALLOW:
                _conclude(function, each.part, decision)
        return signed

    def judge(self, function: Function, signature: Signature) -> Decision:
        """Decide whether a signature that is whole lets a function run now: by its expiry and by what is revoked."""
        with self._db.read() as tx:
            mode = read_switch(ON_REVOCATION, *_holders(tx, function, signature))
            revocation = self._revocation.find_revocation(tx, signature)
        self._db.give_way()
        return decide(
            Assessment(signature=signature),
            policy=AdmissionPolicy(mode="Warn" if mode == "Warn" else "Enforce", publishers=None),
            revocation=revocation,
            now=self._clock(),
            revocation_checked=signature.root_kind == RootKind.AUTHORITY,
        )

    def record(self, function: Function, refused: RefusedStart) -> None:
        """Write down that a start was refused, count it and say so.

        Not before the process that was coming up has ended: in a unit of work, whatever writes waits from here on.
        """
        now = self._clock()
        with self._db.write() as tx:
            start_refusals.insert(tx, _make_row(function, refused, at=now))
            record_refused_start(tx, refused, account=function.account, region=function.region, at=now)
        note_refused_start(refused)
        self._db.after_commit(lambda: self._meter.count_refused_start(reason=refused.reason))
        log.error("start refused: %s: %s: %s", refused.function_arn, refused.reason, refused.detail)

    def _guarded(self, function: Function, part: Part, do: Callable[[StoredPackage], T]) -> T:
        try:
            return do(part.package)
        except (IntegrityError, PackageError) as error:
            raise _refuse(function, part, reason=error.reason, detail=error.message) from error


def find_failed(decision: Decision) -> Finding:
    """Answer the finding that made a decision what it is; there is one where it is not ALLOW."""
    return next(finding for finding in decision.findings if finding.status == "failed")


def _conclude(function: Function, part: Part, decision: Decision) -> None:
    failed = find_failed(decision)
    if decision.outcome is Outcome.DENY:
        raise _refuse(function, part, reason=str(decision.kind), detail=failed.detail)
    log.warning("start with a warning: %s: %s", function.qualified_arn, failed.detail)


def _refuse(function: Function, part: Part, *, reason: str, detail: str) -> StartRefused:
    return StartRefused(
        RefusedStart(
            function_arn=function.qualified_arn,
            package_sha256=part.package.sha256,
            layer_version_arn=None if part.layer is None else part.layer.arn,
            reason=reason,
            detail=detail,
        )
    )


def _make_row(function: Function, refused: RefusedStart, *, at: datetime) -> StartRefusal:
    return StartRefusal(
        refusal_id=str(uuid.uuid4()),
        refused_at=at,
        account=function.account,
        region=function.region,
        function=function.name,
        version=function.version_name,
        package_sha256=refused.package_sha256,
        layer_version_arn=refused.layer_version_arn,
        reason=refused.reason,
        detail=refused.detail,
    )


def _holders(tx: Tx, function: Function, signature: Signature) -> tuple[dict[str, str] | None, ...]:
    """Answer the tags that say what a revocation means, in the order in which they count."""
    latest = find_latest(tx, account=function.account, region=function.region, name=function.name)
    if latest is None:
        return ()
    config = None
    if latest.config_id is not None:
        config = configs.find(tx, account=latest.account, region=latest.region, config_id=latest.config_id)
    profile = find_profile_version(tx, signature.profile_version_arn)
    return tuple(None if each is None else dict(each.tags) for each in (latest, config, profile))

"""Admission: whether packages may become a function's code and layers. One straight line.

    packages -> verify -> vouched for? -> revoked? -> decide -> record -> allow, warn or refuse

The packages are the function's code, where it is new, and then its layers in order; each is judged by itself, and the
first that is refused is named. The long part, `examine`, reads a package and runs outside every write transaction. The
short part, `judge`, is a pure decision by the code signing config; a service repeats it inside the write transaction
that stores the function, with what is revoked `renewed`, so that what was stored was judged by config and revocations
as they stood at that moment. `record` writes down what was decided, refusals too, and notes it for the call's audit
event; `conclude` raises where the answer is no, and has it counted and logged once the record is durable.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from sealgate.clock import Clock
from sealgate.errors import PackageError, SealgateError
from sealgate.package.source import Source
from sealgate.policy.admission import AdmissionPolicy, Decision, Finding, Kind, Mode, Outcome, decide
from sealgate.services.audit.notes import JudgedArtifact, Judgement, note_judgement
from sealgate.services.functions.code_sources import Candidate
from sealgate.services.functions.errors import NotProperlySigned, PublisherNotAccepted
from sealgate.services.functions.package_contents import measure_contents
from sealgate.services.functions.verdicts import Deployment, Evidence, PackageVerdict, Verdict
from sealgate.services.functions.verifying import Subject, verify_deployable
from sealgate.services.metrics.meter import UNWATCHED, Meter
from sealgate.services.signing.revocation import RevocationService
from sealgate.store.configs import CodeSigningConfig
from sealgate.store.database import Database, Tx
from sealgate.store.decisions import DecisionRecord, decisions
from sealgate.store.layers import LayerVersion
from sealgate.trust.assessment import Assessment
from sealgate.trust.revocation import Revocation
from sealgate.trust.roots import RootKind, TrustRoots

log = logging.getLogger("sealgate.admission")


class Admission:
    """The gate in front of every function's code and layers.

    Args:
        db: Where decisions are recorded.
        revocation: Which signatures were made here, and which are revoked.
        roots: Whose signatures count.
        clock: Says the moment that a package is judged at.
        meter: Counts what is decided.
    """

    def __init__(
        self,
        *,
        db: Database,
        revocation: RevocationService,
        roots: TrustRoots,
        clock: Clock,
        meter: Meter = UNWATCHED,
    ) -> None:
        self._db = db
        self._revocation = revocation
        self._roots = roots
        self._clock = clock
        self._meter = meter

    def examine(self, candidate: Candidate) -> Evidence:
        """Read and verify a package; nothing is refused yet. Not to be called inside a transaction."""
        subject = self._verify(candidate.source)
        is_verified = isinstance(subject, Assessment) and subject.signature is not None
        contents = measure_contents(candidate.source, is_verified=is_verified)
        return Evidence(
            layer_arn=None,
            sha256=candidate.sha256,
            size=candidate.size,
            unzipped_size=contents.unzipped_size,
            subject=subject,
            revocation=self._find_revocation(subject),
            unreadable=contents.unreadable,
        )

    def examine_layer(self, source: Source, version: LayerVersion) -> Evidence:
        """Verify the package of a layer version. That it can be unpacked was found when it was published."""
        subject = self._verify(source)
        return Evidence(
            layer_arn=version.arn,
            sha256=version.code_sha256,
            size=version.code_size,
            unzipped_size=version.unzipped_size,
            subject=subject,
            revocation=self._find_revocation(subject),
            unreadable=None,
        )

    def renewed(self, tx: Tx, evidence: Sequence[Evidence]) -> Sequence[Evidence]:
        """Answer the evidence with what is revoked now: somebody may have revoked while the packages were read."""
        return [self._renew(tx, each) for each in evidence]

    def judge(self, evidence: Sequence[Evidence], config: CodeSigningConfig | None, deployment: Deployment) -> Verdict:
        """Decide by a function's code signing config, or by none. Reads nothing but the clock."""
        return Verdict(
            deployment=deployment,
            config_arn=None if config is None else config.arn,
            packages=tuple(self._judge_package(each, config, deployment) for each in evidence),
        )

    def record(self, tx: Tx, verdict: Verdict) -> None:
        """Write a decision down, for whoever asks later why a package was let in or not."""
        deployment, deployment_id, now = verdict.deployment, str(uuid.uuid4()), self._clock()
        for each in verdict.packages:
            record = DecisionRecord(
                decision_id=str(uuid.uuid4()),
                deployment_id=deployment_id,
                decided_at=now,
                account=deployment.scope.account,
                region=deployment.scope.region,
                caller_arn=deployment.scope.caller_arn,
                function=deployment.function,
                layer_arn=each.evidence.layer_arn,
                operation=deployment.operation,
                dry_run=deployment.dry_run,
                config_arn=verdict.config_arn,
                package_sha256=each.evidence.sha256,
                outcome=each.decision.outcome,
                kind=each.decision.kind,
                findings="\n".join(map(_encode_finding, each.decision.findings)),
            )
            decisions.insert(tx, record)
        note_judgement(_as_note(verdict))

    def conclude(self, verdict: Verdict) -> None:
        """Raise a refusal; what was decided is counted, warnings and refusals logged, once the record is durable.

        Called after the decision was recorded.

        Raises:
            InvalidParameter: The package cannot be unpacked.
            CodeVerificationFailed: The config does not let a package in.
        """
        self._db.after_commit(partial(self._tell, verdict))
        if verdict.refusal is not None:
            raise verdict.refusal

    def _tell(self, verdict: Verdict) -> None:
        if not verdict.deployment.dry_run:
            self._meter.count_admission(outcome=verdict.outcome, failed=verdict.failed)
        for each in verdict.packages:
            if each.decision.outcome is not Outcome.ALLOW:
                _log_doubt(verdict.deployment, each)

    def _renew(self, tx: Tx, evidence: Evidence) -> Evidence:
        if evidence.signature is None:
            return evidence
        return replace(evidence, revocation=self._revocation.find_revocation(tx, evidence.signature))

    def _judge_package(
        self, evidence: Evidence, config: CodeSigningConfig | None, deployment: Deployment
    ) -> PackageVerdict:
        refusal: SealgateError | None = None
        if evidence.unreadable is not None and (config is None or isinstance(evidence.subject, Assessment)):
            unreadable = replace(evidence, subject=PackageError(evidence.unreadable.message))
            decision, refusal = self._decide(unreadable, _policy(config)), evidence.unreadable
        elif config is None:
            # As on AWS, nothing is demanded then; what the checks found is still written down.
            findings = self._decide(evidence, _policy(None)).findings
            decision = Decision(outcome=Outcome.ALLOW, kind=None, findings=findings)
        else:
            decision = self._decide(evidence, _policy(config))
            refusal = _find_refusal(decision, evidence.layer_arn or deployment.subject)
        return PackageVerdict(evidence=evidence, decision=decision, refusal=refusal)

    def _verify(self, source: Source) -> Subject:
        return verify_deployable(source, roots=self._roots, at=self._clock(), records=self._revocation)

    def _find_revocation(self, subject: Subject) -> Revocation | None:
        signature = subject.signature if isinstance(subject, Assessment) else None
        return None if signature is None else self._revocation.knowledge().find_revocation(signature)

    def _decide(self, evidence: Evidence, policy: AdmissionPolicy) -> Decision:
        return decide(
            evidence.subject,
            policy=policy,
            revocation=evidence.revocation,
            now=self._clock(),
            revocation_checked=evidence.signature is None or evidence.signature.root_kind == RootKind.AUTHORITY,
        )


def _as_note(verdict: Verdict) -> Judgement:
    return Judgement(
        function_arn=verdict.deployment.function_arn,
        config_arn=verdict.config_arn,
        outcome=verdict.outcome,
        failed=verdict.failed,
        artifacts=tuple(map(_as_artifact, verdict.packages)),
    )


def _as_artifact(judged: PackageVerdict) -> JudgedArtifact:
    decision, evidence = judged.decision, judged.evidence
    return JudgedArtifact(
        layer_version_arn=evidence.layer_arn,
        package_sha256=evidence.sha256,
        outcome=decision.outcome,
        failed=decision.kind,
        findings=tuple((finding.check, finding.status, finding.detail) for finding in decision.findings),
        profile_version_arn=None if evidence.signature is None else evidence.signature.profile_version_arn,
        job_arn=None if evidence.signature is None else evidence.signature.job_arn,
    )


def _log_doubt(deployment: Deployment, judged: PackageVerdict) -> None:
    layer_arn = judged.evidence.layer_arn
    log.warning(
        "admission %s: %s, %s%s: %s",
        judged.decision.outcome,
        deployment.function_arn,
        deployment.operation,
        "" if layer_arn is None else f", {layer_arn}",
        ", ".join(_encode_finding(finding) for finding in judged.decision.findings if finding.status == "failed"),
    )


def _policy(config: CodeSigningConfig | None) -> AdmissionPolicy:
    if config is None:
        return AdmissionPolicy(mode="Warn", publishers=None)
    mode: Mode = "Warn" if config.policy == "Warn" else "Enforce"
    return AdmissionPolicy(mode=mode, publishers=frozenset(config.publishers))


def _find_refusal(decision: Decision, subject: str) -> SealgateError | None:
    if decision.outcome is not Outcome.DENY:
        return None
    refusal = NotProperlySigned if decision.kind is Kind.INTEGRITY else PublisherNotAccepted
    return refusal(subject)


def _encode_finding(finding: Finding) -> str:
    """Write a finding on one line; details quote hostile text, whose control characters JSON escapes."""
    return json.dumps({"check": finding.check, "status": finding.status, "detail": finding.detail})

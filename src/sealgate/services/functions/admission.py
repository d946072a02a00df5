"""Admission: whether a package may become a function's code. One straight line.

    package -> verify -> vouched for? -> revoked? -> decide -> record -> allow, warn or refuse

The long part, `examine`, reads the package and runs outside every write transaction. The short part, `judge`, is a
pure decision by the code signing config; a service repeats it inside the write transaction that stores the function,
with what is revoked `renewed`, so that what was stored was judged by config and revocations as they stood at that
moment. `record` writes down what was decided, refusals too, and notes it for the call's audit event; `conclude` logs it
and raises where the answer is no.
"""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import dataclass, replace

from sealgate.arn import function_arn
from sealgate.clock import Clock
from sealgate.errors import IntegrityError, PackageError, SealgateError
from sealgate.package.source import Source
from sealgate.policy.admission import AdmissionPolicy, Decision, Finding, Kind, Mode, Outcome, decide
from sealgate.services.audit.notes import Judgement, note_judgement
from sealgate.services.functions.code_sources import Candidate
from sealgate.services.functions.errors import InvalidParameter, NotProperlySigned, PublisherNotAccepted
from sealgate.services.functions.package_contents import carries_signature, measure_contents
from sealgate.services.metrics.meter import UNWATCHED, Meter
from sealgate.services.scope import Scope
from sealgate.services.signing.revocation import RevocationService
from sealgate.store.configs import CodeSigningConfig
from sealgate.store.database import Tx
from sealgate.store.decisions import DecisionRecord, decisions
from sealgate.trust.assessment import Assessment, Signature
from sealgate.trust.revocation import Revocation
from sealgate.trust.roots import RootKind, TrustRoots
from sealgate.trust.verify import verify_package

log = logging.getLogger("sealgate.admission")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What somebody wants to do with a package.

    Attributes:
        function: The function's bare name.
        subject: What a refusal names: the function's ARN, or its bare name when it is being created, as on AWS.
        operation: The API operation.
        dry_run: Whether nothing shall be stored.
    """

    scope: Scope
    function: str
    subject: str
    operation: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a package itself says, before any policy.

    Attributes:
        sha256: The package: 64 hexadecimal digits.
        size: Its bytes.
        unzipped_size: Bytes of its contents; 0 where it cannot be unpacked.
        subject: What verification found, or why a signature that is there is not one of these bytes.
        revocation: The revocation that the signature is under, or None.
        unreadable: Why the package cannot be unpacked, or None.
    """

    sha256: str
    size: int
    unzipped_size: int
    subject: Assessment | IntegrityError | PackageError
    revocation: Revocation | None
    unreadable: InvalidParameter | None

    @property
    def signature(self) -> Signature | None:
        """The signature, if there is one and it is whole."""
        return self.subject.signature if isinstance(self.subject, Assessment) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided about one deployment.

    Attributes:
        config_arn: The config that it was judged by, or None.
        refusal: What the caller is told when the package is not let in; None when it is.
        signature: The package's, if there is one and it is whole.
    """

    deployment: Deployment
    config_arn: str | None
    package_sha256: str
    decision: Decision
    refusal: SealgateError | None
    signature: Signature | None


class Admission:
    """The gate in front of every function's code.

    Args:
        revocation: Which signatures were made here, and which are revoked.
        roots: Whose signatures count.
        clock: Says the moment that a package is judged at.
        meter: Counts what is decided.
    """

    def __init__(
        self, *, revocation: RevocationService, roots: TrustRoots, clock: Clock, meter: Meter = UNWATCHED
    ) -> None:
        self._revocation = revocation
        self._roots = roots
        self._clock = clock
        self._meter = meter

    def examine(self, candidate: Candidate) -> Evidence:
        """Read and verify a package; nothing is refused yet. Not to be called inside a transaction."""
        subject = self._verify(candidate.source)
        signature = subject.signature if isinstance(subject, Assessment) else None
        contents = measure_contents(candidate.source, is_verified=signature is not None)
        return Evidence(
            sha256=candidate.sha256,
            size=candidate.size,
            unzipped_size=contents.unzipped_size,
            subject=subject,
            revocation=None if signature is None else self._revocation.knowledge().find_revocation(signature),
            unreadable=contents.unreadable,
        )

    def renewed(self, tx: Tx, evidence: Evidence) -> Evidence:
        """Answer the evidence with what is revoked now: somebody may have revoked while the package was read."""
        if evidence.signature is None:
            return evidence
        return replace(evidence, revocation=self._revocation.find_revocation(tx, evidence.signature))

    def judge(self, evidence: Evidence, config: CodeSigningConfig | None, deployment: Deployment) -> Verdict:
        """Decide by a function's code signing config, or by none. Reads nothing but the clock."""
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
            refusal = _find_refusal(decision, deployment)
        return Verdict(
            deployment=deployment,
            config_arn=None if config is None else config.arn,
            package_sha256=evidence.sha256,
            decision=decision,
            refusal=refusal,
            signature=evidence.signature,
        )

    def record(self, tx: Tx, verdict: Verdict) -> None:
        """Write a decision down, for whoever asks later why a package was let in or not."""
        deployment, decision = verdict.deployment, verdict.decision
        record = DecisionRecord(
            decision_id=str(uuid.uuid4()),
            decided_at=self._clock(),
            account=deployment.scope.account,
            region=deployment.scope.region,
            caller_arn=deployment.scope.caller_arn,
            function=deployment.function,
            operation=deployment.operation,
            dry_run=deployment.dry_run,
            config_arn=verdict.config_arn,
            package_sha256=verdict.package_sha256,
            outcome=decision.outcome,
            kind=decision.kind,
            findings="\n".join(map(_encode_finding, decision.findings)),
        )
        decisions.insert(tx, record)
        note_judgement(_as_note(verdict))

    def conclude(self, verdict: Verdict) -> None:
        """Count a decision, log a warning or a refusal, and raise a refusal. Called once the decision is recorded.

        Raises:
            InvalidParameter: The package cannot be unpacked.
            CodeVerificationFailed: The config does not let the package in.
        """
        decision, deployment = verdict.decision, verdict.deployment
        if not deployment.dry_run:
            self._meter.count_admission(outcome=decision.outcome, failed=decision.kind)
        if decision.outcome is not Outcome.ALLOW:
            log.warning(
                "admission %s: %s, %s: %s",
                decision.outcome,
                function_arn(deployment.scope.region, deployment.scope.account, deployment.function),
                deployment.operation,
                ", ".join(_encode_finding(finding) for finding in decision.findings if finding.status == "failed"),
            )
        if verdict.refusal is not None:
            raise verdict.refusal

    def _verify(self, source: Source) -> Assessment | IntegrityError | PackageError:
        try:
            assessment = verify_package(source, roots=self._roots, at=self._clock())
            if assessment.signature is not None:
                self._verify_vouched(assessment.signature)
        except IntegrityError as error:
            return error
        except PackageError as error:
            # The strict reader of signatures refuses more than must be refused of packages that carry none.
            return error if carries_signature(source) else Assessment(signature=None)
        return assessment

    def _verify_vouched(self, signature: Signature) -> None:
        """Accept a signature in the name of this server only when a signing job of it made it.

        A stolen leaf or issuing key signs whatever it likes, with any time: only the record of the job tells. And an
        imported root speaks for its own profiles, never for one of this server's.
        """
        is_own = signature.root_kind == RootKind.AUTHORITY
        if not is_own and not self._revocation.has_profile_version(signature.profile_version_arn):
            return
        if not is_own or self._revocation.find_vouching(signature) is None:
            raise IntegrityError("no signing job of this server made this signature", reason="NotVouchedFor")

    def _decide(self, evidence: Evidence, policy: AdmissionPolicy) -> Decision:
        return decide(
            evidence.subject,
            policy=policy,
            revocation=evidence.revocation,
            now=self._clock(),
            revocation_checked=evidence.signature is None or evidence.signature.root_kind == RootKind.AUTHORITY,
        )


def _as_note(verdict: Verdict) -> Judgement:
    deployment, decision, signature = verdict.deployment, verdict.decision, verdict.signature
    return Judgement(
        function_arn=function_arn(deployment.scope.region, deployment.scope.account, deployment.function),
        package_sha256=verdict.package_sha256,
        config_arn=verdict.config_arn,
        outcome=decision.outcome,
        failed=decision.kind,
        findings=tuple((finding.check, finding.status, finding.detail) for finding in decision.findings),
        profile_version_arn=None if signature is None else signature.profile_version_arn,
        job_arn=None if signature is None else signature.job_arn,
    )


def _policy(config: CodeSigningConfig | None) -> AdmissionPolicy:
    if config is None:
        return AdmissionPolicy(mode="Warn", publishers=None)
    mode: Mode = "Warn" if config.policy == "Warn" else "Enforce"
    return AdmissionPolicy(mode=mode, publishers=frozenset(config.publishers))


def _find_refusal(decision: Decision, deployment: Deployment) -> SealgateError | None:
    if decision.outcome is not Outcome.DENY:
        return None
    refusal = NotProperlySigned if decision.kind is Kind.INTEGRITY else PublisherNotAccepted
    return refusal(deployment.subject)


def _encode_finding(finding: Finding) -> str:
    """Write a finding on one line; details quote hostile text, whose control characters JSON escapes."""
    return json.dumps({"check": finding.check, "status": finding.status, "detail": finding.detail})

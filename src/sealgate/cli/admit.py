"""The gate before a deployment: what the server would decide about a package, found without deploying it.

The findings are made as the server makes them (`sealgate.services.functions.verifying`), and so is the decision
(`sealgate.policy.admission`). What cannot be known here is "not checked", as for `sealgate verify`: whether a job
vouches for the signature where no data folder is given, and what was revoked where nothing given speaks of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sealgate.cli.demand import Demand
from sealgate.cli.evidence import Evidence
from sealgate.cli.framing import check_manifest
from sealgate.cli.judge import FAILED, NOT_CHECKED, PASSED, check_revocation
from sealgate.errors import Invalid, PackageError
from sealgate.package.files import FileSource
from sealgate.policy.admission import Decision, Finding, Outcome, decide
from sealgate.services.functions.package_contents import measure_contents
from sealgate.services.functions.verifying import Subject, verify_deployable
from sealgate.trust.assessment import Assessment, Signature
from sealgate.trust.roots import RootKind
from sealgate.values import replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What packages are judged by.

    Attributes:
        demand: What is demanded of them.
        evidence: Whom to trust, and who knows of jobs and revocations.
        at: The moment to judge at.
        now: The present, which the freshness of a revocation list is judged by.
        require_revocation: Refuse a signature of which nobody can tell whether it was revoked.
        require_manifest: Refuse what is not cut into entries as a signed manifest says.
    """

    demand: Demand
    evidence: Evidence
    at: datetime
    now: datetime
    require_revocation: bool
    require_manifest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What was decided about one package.

    Attributes:
        file: As it was named.
        sha256: Of its bytes: 64 hexadecimal digits.
        size: The number of them.
        decision: What would become of it, and why.
        signature: What its signature says, where that is whole.
    """

    file: str
    sha256: str
    size: int
    decision: Decision
    signature: Signature | None

    @property
    def is_let_in(self) -> bool:
        """Whether it would be deployed, with a warning perhaps."""
        return self.decision.outcome is not Outcome.DENY


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """What was decided about all packages, in the order in which they were named."""

    basis: Basis
    packages: tuple[Admitted, ...]

    @property
    def is_let_in(self) -> bool:
        """Whether all of them would be deployed."""
        return all(package.is_let_in for package in self.packages)

    def count(self, outcome: Outcome) -> int:
        """Count the packages of an outcome."""
        return sum(package.decision.outcome is outcome for package in self.packages)


def admit(file: str, basis: Basis) -> Admitted:
    """Decide about one package.

    Raises:
        Invalid: It is no regular file.
        OSError: It cannot be opened.
    """
    with _open(file) as source:
        with open(source.fileno(), "rb", closefd=False) as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        subject = _find_subject(source, basis)
        signature = subject.signature if isinstance(subject, Assessment) else None
        decision = _decide(subject, signature, basis)
        if basis.require_manifest:
            decision = _add_demand(decision, _find_manifest(source, subject))
        size = source.size
    return Admitted(file=file, sha256=sha256, size=size, decision=decision, signature=signature)


def _open(file: str) -> FileSource:
    try:
        return FileSource(file)
    except PackageError as error:
        raise Invalid(f"{file}: {error.message}") from error


def _find_subject(source: FileSource, basis: Basis) -> Subject:
    subject = verify_deployable(source, roots=basis.evidence.roots, at=basis.at, records=basis.evidence.records)
    if not isinstance(subject, Assessment):
        return subject
    contents = measure_contents(source, is_verified=subject.signature is not None)
    return subject if contents.unreadable is None else PackageError(contents.unreadable.message)


def _decide(subject: Subject, signature: Signature | None, basis: Basis) -> Decision:
    if signature is None:
        return decide(subject, policy=basis.demand.policy, revocation=None, now=basis.at)
    revocation, unknown = check_revocation(signature, basis.evidence, basis.now)
    decision = decide(subject, policy=basis.demand.policy, revocation=revocation, now=basis.at)
    if unknown is not None:
        decision = _weigh_unknown(decision, unknown, is_required=basis.require_revocation)
    return replace(decision, findings=(*decision.findings, *_tell_record(signature, basis)))


def _weigh_unknown(decision: Decision, unknown: Finding, *, is_required: bool) -> Decision:
    """Say why nobody can tell what was revoked. A list that cannot be trusted is none, and whoever gave it is told."""
    if unknown.status == NOT_CHECKED and is_required:
        unknown = replace(unknown, status=FAILED, detail=f"{unknown.detail}; it has to be known")
    others = tuple(each for each in decision.findings if each.check != unknown.check)
    return _add_demand(replace(decision, findings=others), unknown)


def _add_demand(decision: Decision, finding: Finding) -> Decision:
    """Add what this command checks beyond the server: where it fails, no policy lets the package pass."""
    outcome = Outcome.DENY if finding.status == FAILED else decision.outcome
    return replace(decision, outcome=outcome, findings=(*decision.findings, finding))


def _find_manifest(source: FileSource, subject: Subject) -> Finding:
    if not isinstance(subject, Assessment):
        return Finding(check="manifest", status=NOT_CHECKED, detail="the package's integrity is broken")
    found = None if subject.signature is None else check_manifest(source, subject.signature, is_required=True)
    return found or Finding(check="manifest", status=FAILED, detail="the package carries no signature")


def _tell_record(signature: Signature, basis: Basis) -> Iterator[Finding]:
    """Say whether a job vouches for the signature. One that none vouches for, and one should, is broken before this."""
    if basis.evidence.records is None:
        detail = "the records of the signer's jobs are out of reach; --data names the folder that has them"
        yield Finding(check="record", status=NOT_CHECKED, detail=detail)
    elif signature.root_kind == RootKind.AUTHORITY:
        yield Finding(check="record", status=PASSED, detail="the job's record vouches for this signature and its time")

"""The offline verdict: the server's own admission decision, less what cannot be known here.

Two checks may be left open, and say so: the publisher, when none is demanded, and revocation, when nothing given speaks
of the signer's authority. Two come on top: with a data folder, the record of the job has to vouch for the signature;
and where a package has a manifest, or needs one, it has to be cut into entries as that says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sealgate.cli.evidence import Evidence
from sealgate.cli.terminal import encode_time
from sealgate.errors import IntegrityError, PackageError
from sealgate.policy.admission import AdmissionPolicy, Finding, Status, decide
from sealgate.trust.assessment import Assessment, Signature
from sealgate.trust.roots import RootKind
from sealgate.values import value

if TYPE_CHECKING:
    from sealgate.trust.revocation import Revocation, TrustedRevocations

Subject = Assessment | IntegrityError | PackageError
"""What verification answered, or why it refused."""

PASSED: Final = "passed"
FAILED: Final = "failed"
NOT_CHECKED: Final = "not checked"


@value
class Verdict:
    """What was found.

    Attributes:
        findings: Check by check, in order.
        signature: What the signature says, where it is whole.
    """

    is_acceptable: bool
    findings: tuple[Finding, ...]
    signature: Signature | None


def judge(
    subject: Subject,
    *,
    evidence: Evidence,
    publishers: frozenset[str] | None,
    at: datetime,
    now: datetime,
    require_revocation: bool,
    manifest: Finding | None = None,
) -> Verdict:
    """Decide whether a package is acceptable.

    Args:
        subject: What was verified.
        evidence: What to judge by.
        publishers: Acceptable profile versions, in AWS's own form; None accepts any.
        at: The moment to judge expiry at.
        now: The present, which the freshness of a revocation list is judged by.
        require_revocation: Refuse what cannot be checked for revocation.
        manifest: What was found of the package's manifest, where that was looked at.
    """
    policy = AdmissionPolicy(mode="Enforce", publishers=publishers)
    signature = subject.signature if isinstance(subject, Assessment) else None
    if signature is None:
        findings = decide(subject, policy=policy, revocation=None, now=at).findings
        return Verdict(is_acceptable=False, findings=findings, signature=None)
    revocation, unknown = check_revocation(signature, evidence, now)
    answers = {found.check: found for found in decide(subject, policy=policy, revocation=revocation, now=at).findings}
    answers |= {check: _tell(answers[check], detail) for check, detail in _details(answers, signature).items()}
    if unknown is not None:
        answers["revocation"] = unknown
    findings = (*answers.values(), *_check_record(signature, evidence), *([] if manifest is None else [manifest]))
    open_checks = {"publisher"} if require_revocation else {"publisher", "revocation"}
    return Verdict(
        is_acceptable=all(_is_acceptable(finding, open_checks) for finding in findings),
        findings=findings,
        signature=signature,
    )


def _details(answers: Mapping[str, Finding], signature: Signature) -> Mapping[str, str]:
    """Write what the server's decision says for its log as the report says it, which tells who signed further down."""
    until = encode_time(signature.expires_at)
    details = {"expiry": f"good until {until}" if answers["expiry"].status == PASSED else f"expired at {until}"}
    if signature.sealed:
        details["integrity"] = "every byte of the file is the one that was signed"
    else:
        details["integrity"] = "names and contents are those that were signed; AWS's format covers no modes or times"
    if answers["publisher"].status == NOT_CHECKED:
        details["publisher"] = "any is accepted; --publisher ARN demands one"
    return details


def _tell(finding: Finding, detail: str) -> Finding:
    return Finding(check=finding.check, status=finding.status, detail=detail)


def _is_acceptable(finding: Finding, open_checks: set[str]) -> bool:
    return finding.status == PASSED or (finding.status == NOT_CHECKED and finding.check in open_checks)


def check_revocation(
    signature: Signature, evidence: Evidence, now: datetime
) -> tuple[Revocation | None, Finding | None]:
    """Answer the revocation that is known; or what to report instead, where "not revoked" would say too much.

    Args:
        signature: Whose revocation is asked about.
        evidence: Who may know of it.
        now: The present, which the freshness of a revocation list is judged by.
    """
    try:
        listed = _read_list(evidence, now)
    except IntegrityError as error:
        return None, _revocation(FAILED, f"the list cannot be trusted: {error.message}")
    for knowledge in (evidence.records, listed):
        found = None if knowledge is None else knowledge.find_revocation(signature)
        if found is not None:
            return found, None
    # An authority knows what it revoked among its own signatures; that it knows nothing of another's says nothing.
    if evidence.records is not None and signature.root_kind == RootKind.AUTHORITY:
        return None, None
    gap = _find_gap(signature, evidence, listed)
    return None, None if gap is None else _revocation(NOT_CHECKED, gap)


def _find_gap(signature: Signature, evidence: Evidence, listed: TrustedRevocations | None) -> str | None:
    """Answer why it cannot be known that a signature is not revoked; None where it is known."""
    if listed is None and evidence.records is None:
        return "nothing is known of it; --revocations or --data tells"
    if listed is None or not listed.covers(signature):
        return "what is given is another authority's, and says nothing of this signer"
    if listed.is_stale:
        return f"the list is out of date: a newer one was due at {encode_time(listed.revocations.next_update)}"
    return None


def _read_list(evidence: Evidence, now: datetime) -> TrustedRevocations | None:
    if evidence.revocation_list is None:
        return None
    from sealgate.trust.revocation_list import parse_revocation_list  # noqa: PLC0415 - loaded only where a list is given

    return parse_revocation_list(evidence.revocation_list, roots=evidence.roots, at=now)


def _revocation(status: Status, detail: str) -> Finding:
    return Finding(check="revocation", status=status, detail=detail)


def _check_record(signature: Signature, evidence: Evidence) -> Iterator[Finding]:
    """Where the authority's own records are at hand, only a signature that one of its jobs made is accepted.

    An imported root speaks for its own profiles, never for one of the data folder's.
    """
    records = evidence.records
    is_own = signature.root_kind == RootKind.AUTHORITY
    if records is None or not (is_own or records.has_profile_version(signature.profile_version_arn)):
        return
    if is_own and records.is_vouched(signature):
        yield Finding(check="record", status=PASSED, detail="the job's record vouches for this signature and its time")
    else:
        yield Finding(check="record", status=FAILED, detail="no signing job of this data folder made this signature")

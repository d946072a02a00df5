"""May this package be deployed? A pure function from what was found and what is demanded to a decision.

The four checks are AWS Lambda's: integrity, expiry, publisher ("mismatch"), revocation. Broken integrity always denies.
The other three deny under Enforce and warn under Warn. A package without a signature is a mismatch. (AWS Lambda
Developer Guide, "Using code signing to verify code integrity".)
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from sealgate.errors import IntegrityError, PackageError
from sealgate.trust.assessment import Assessment, Signature
from sealgate.values import value

if TYPE_CHECKING:  # the signed lists that come with it cost the command line milliseconds, and are not asked for here
    from sealgate.trust.revocation import Revocation


class Kind(StrEnum):
    """Which check failed; AWS's signatureStatus has these words but the first."""

    INTEGRITY = "INTEGRITY"
    EXPIRED = "EXPIRED"
    MISMATCH = "MISMATCH"
    REVOKED = "REVOKED"


class Outcome(StrEnum):
    """What to do about the package."""

    ALLOW = "ALLOW"
    WARN = "WARN"
    DENY = "DENY"


Status = Literal["passed", "failed", "not checked"]
Mode = Literal["Warn", "Enforce"]


@value
class AdmissionPolicy:
    """What a code signing config demands.

    Attributes:
        mode: `Enforce` denies what fails expiry, publisher or revocation; `Warn` lets it pass with a warning.
        publishers: The profile version ARNs allowed, in AWS's own form; compared as text. None checks no publisher.
    """

    mode: Mode
    publishers: frozenset[str] | None


@value
class Finding:
    """What one check found.

    Attributes:
        check: `integrity`, `expiry`, `publisher` or `revocation`.
        status: `passed`, `failed` or `not checked`.
        detail: One sentence for a human.
    """

    check: str
    status: Status
    detail: str


@value
class Decision:
    """What to do, and why.

    Attributes:
        outcome: Allow, warn or deny.
        kind: The first check that failed, in the order of `Kind`; None where none did.
        findings: All four checks, in that order.
    """

    outcome: Outcome
    kind: Kind | None
    findings: tuple[Finding, ...]


_KINDS = {
    "integrity": Kind.INTEGRITY,
    "expiry": Kind.EXPIRED,
    "publisher": Kind.MISMATCH,
    "revocation": Kind.REVOKED,
}


def decide(
    subject: Assessment | IntegrityError | PackageError,
    *,
    policy: AdmissionPolicy,
    revocation: Revocation | None,
    now: datetime,
    revocation_checked: bool = True,
) -> Decision:
    """Decide about one package.

    Args:
        subject: What the verifier answered or raised.
        policy: What is demanded.
        revocation: What revokes the signature, if anything known does.
        now: The present: a signature is good strictly before its expiry.
        revocation_checked: Somebody who knows was asked; else the finding says that nobody was, and nothing fails.
    """
    if not isinstance(subject, Assessment):
        findings = _broken(subject.message)
    elif subject.signature is None:
        findings = _unsigned()
    else:
        findings = (
            Finding(check="integrity", status="passed", detail=_describe_integrity(subject.signature)),
            _check_expiry(subject.signature, now),
            _check_publisher(subject.signature, policy.publishers),
            _check_revocation(revocation, checked=revocation_checked),
        )
    kind = next((_KINDS[finding.check] for finding in findings if finding.status == "failed"), None)
    return Decision(outcome=_outcome(kind, policy.mode), kind=kind, findings=findings)


def _outcome(kind: Kind | None, mode: Mode) -> Outcome:
    if kind is None:
        return Outcome.ALLOW
    # Warn is named, so that a mode which should not exist denies.
    return Outcome.WARN if mode == "Warn" and kind is not Kind.INTEGRITY else Outcome.DENY


def _broken(message: str) -> tuple[Finding, ...]:
    return (
        Finding(check="integrity", status="failed", detail=message),
        *_not_checked("the package's integrity is broken", "expiry", "publisher", "revocation"),
    )


def _unsigned() -> tuple[Finding, ...]:
    no_signature = "the package carries no signature"
    return (
        *_not_checked(no_signature, "integrity", "expiry"),
        Finding(check="publisher", status="failed", detail=no_signature),
        *_not_checked(no_signature, "revocation"),
    )


def _not_checked(why: str, *checks: str) -> tuple[Finding, ...]:
    return tuple(Finding(check=check, status="not checked", detail=why) for check in checks)


def _describe_integrity(signature: Signature) -> str:
    made = f"made by {signature.job_arn}, under the root {signature.root_name!r}"
    if signature.sealed:
        return f"every byte of the package is the one that was sealed: {made}"
    return f"names and contents are those that were signed, AWS's format covers neither modes nor times: {made}"


def _check_expiry(signature: Signature, now: datetime) -> Finding:
    until = signature.expires_at.isoformat()
    if now < signature.expires_at:
        return Finding(check="expiry", status="passed", detail=f"the signature is good until {until}")
    return Finding(check="expiry", status="failed", detail=f"the signature expired at {until}")


def _check_publisher(signature: Signature, publishers: frozenset[str] | None) -> Finding:
    arn = signature.profile_version_arn
    if publishers is None:
        return Finding(check="publisher", status="not checked", detail=f"no publisher is demanded; it is {arn}")
    if arn in publishers:
        return Finding(check="publisher", status="passed", detail=f"{arn} is an allowed publisher")
    return Finding(check="publisher", status="failed", detail=f"{arn} is not an allowed publisher")


def _check_revocation(revocation: Revocation | None, *, checked: bool) -> Finding:
    if revocation is not None:
        detail = f"{revocation.subject} {revocation.arn} was revoked: {revocation.reason}"
        return Finding(check="revocation", status="failed", detail=detail)
    if not checked:
        return Finding(check="revocation", status="not checked", detail="nobody was asked what was revoked")
    return Finding(check="revocation", status="passed", detail="neither job, profile version nor issuing CA is revoked")

"""The table of AWS Lambda's admission: check by policy by outcome."""

from datetime import timedelta
from itertools import product

import pytest

from sealgate.errors import IntegrityError, PackageError
from sealgate.policy.admission import AdmissionPolicy, Decision, Kind, Mode, Outcome, decide
from sealgate.trust.assessment import Assessment, CertificateFacts, Signature
from sealgate.trust.revocation import Revocation
from sealgate.values import replace
from tests.support.authority import ARN, JOB_ARN, NOW

LEAF = CertificateFacts(subject="CN=x", serial="1", not_before=NOW, not_after=NOW, sha256="00")
SIGNATURE = Signature(
    job_arn=JOB_ARN,
    profile_version_arn=ARN,
    signing_time=NOW - timedelta(days=1),
    expires_at=NOW + timedelta(seconds=1),
    sealed=True,
    seal=None,
    content_digest=None,
    message_digest=bytes(48),
    chain=(LEAF,),
    root_name="root",
    root_kind="authority",
    certificate_hashes=(),
)
REVOCATION = Revocation(subject="job", arn=JOB_ARN, revoked_at=NOW, effective_from=None, reason="lost")
ALLOWED = frozenset({ARN})
OTHERS = frozenset({ARN + "x"})


def judge(
    subject: Assessment | IntegrityError | PackageError,
    mode: Mode,
    *,
    publishers: frozenset[str] | None = ALLOWED,
    revocation: Revocation | None = None,
) -> Decision:
    policy = AdmissionPolicy(mode=mode, publishers=publishers)
    return decide(subject, policy=policy, revocation=revocation, now=NOW)


def expired(signature: Signature) -> Signature:
    return replace(signature, expires_at=NOW)


@pytest.mark.parametrize("mode", ["Warn", "Enforce"])
def test_a_good_signature_of_an_allowed_publisher_is_allowed(mode: Mode) -> None:
    decision = judge(Assessment(signature=SIGNATURE), mode)
    assert (decision.outcome, decision.kind) == (Outcome.ALLOW, None)
    assert {finding.status for finding in decision.findings} == {"passed"}


@pytest.mark.parametrize("mode", ["Warn", "Enforce"])
@pytest.mark.parametrize(
    "error", [IntegrityError("altered"), PackageError("no archive")], ids=lambda error: error.message
)
def test_broken_integrity_is_denied_whatever_the_mode(mode: Mode, error: IntegrityError | PackageError) -> None:
    decision = judge(error, mode)
    assert (decision.outcome, decision.kind) == (Outcome.DENY, Kind.INTEGRITY)
    assert [finding.status for finding in decision.findings] == ["failed", *["not checked"] * 3]
    assert decision.findings[0].detail == error.message


FAILURES = list(product((False, True), repeat=3))


@pytest.mark.parametrize("mode", ["Warn", "Enforce"])
@pytest.mark.parametrize(("is_expired", "is_foreign", "is_revoked"), FAILURES)
def test_every_combination_of_failures_is_decided_by_its_first(
    mode: Mode, is_expired: bool, is_foreign: bool, is_revoked: bool
) -> None:
    decision = judge(
        Assessment(signature=expired(SIGNATURE) if is_expired else SIGNATURE),
        mode,
        publishers=OTHERS if is_foreign else ALLOWED,
        revocation=REVOCATION if is_revoked else None,
    )
    failed = [is_expired, is_foreign, is_revoked]
    kinds = [Kind.EXPIRED, Kind.MISMATCH, Kind.REVOKED]
    first = next((kind for kind, has_failed in zip(kinds, failed, strict=True) if has_failed), None)
    blocking = Outcome.WARN if mode == "Warn" else Outcome.DENY
    assert decision.kind == first
    assert decision.outcome == (Outcome.ALLOW if first is None else blocking)
    assert [finding.status == "failed" for finding in decision.findings[1:]] == failed


@pytest.mark.parametrize(("mode", "outcome"), [("Warn", Outcome.WARN), ("Enforce", Outcome.DENY)])
@pytest.mark.parametrize("publishers", [ALLOWED, None])
def test_an_unsigned_package_is_a_mismatch(mode: Mode, outcome: Outcome, publishers: frozenset[str] | None) -> None:
    decision = judge(Assessment(signature=None), mode, publishers=publishers)
    assert (decision.outcome, decision.kind) == (outcome, Kind.MISMATCH)
    assert [finding.status for finding in decision.findings] == ["not checked", "not checked", "failed", "not checked"]


def test_a_signature_is_good_strictly_before_its_expiry() -> None:
    good = Assessment(signature=SIGNATURE)
    policy = AdmissionPolicy(mode="Enforce", publishers=ALLOWED)
    until = SIGNATURE.expires_at
    just_before = decide(good, policy=policy, revocation=None, now=until - timedelta(microseconds=1))
    assert just_before.outcome is Outcome.ALLOW
    assert decide(good, policy=policy, revocation=None, now=until).kind is Kind.EXPIRED


@pytest.mark.parametrize("publisher", [ARN.upper(), ARN + " ", ARN[:-11], ARN.rpartition("/")[0], "*", ""])
def test_publishers_are_compared_as_text(publisher: str) -> None:
    decision = judge(Assessment(signature=SIGNATURE), "Enforce", publishers=frozenset({publisher}))
    assert decision.kind is Kind.MISMATCH


def test_with_no_publisher_allowed_nobody_is() -> None:
    assert judge(Assessment(signature=SIGNATURE), "Enforce", publishers=frozenset()).kind is Kind.MISMATCH


def test_where_no_publisher_is_demanded_none_is_checked() -> None:
    decision = judge(Assessment(signature=SIGNATURE), "Enforce", publishers=None)
    assert decision.outcome is Outcome.ALLOW
    assert decision.findings[2].status == "not checked"


def test_where_nobody_knows_what_was_revoked_the_finding_says_so() -> None:
    policy = AdmissionPolicy(mode="Enforce", publishers=ALLOWED)
    decision = decide(
        Assessment(signature=SIGNATURE), policy=policy, revocation=None, now=NOW, revocation_checked=False
    )
    assert decision.outcome is Outcome.ALLOW
    assert decision.findings[3].status == "not checked"


def test_a_mode_that_should_not_exist_denies() -> None:
    assert judge(Assessment(signature=None), "warn").outcome is Outcome.DENY  # type: ignore[arg-type]


def test_findings_always_come_in_the_same_order() -> None:
    subjects = (Assessment(signature=SIGNATURE), Assessment(signature=None), IntegrityError("altered"))
    for subject in subjects:
        checks = [finding.check for finding in judge(subject, "Warn").findings]
        assert checks == ["integrity", "expiry", "publisher", "revocation"]


def test_an_assessment_is_no_truth_value() -> None:
    with pytest.raises(TypeError, match="no verdict"):
        bool(Assessment(signature=SIGNATURE))

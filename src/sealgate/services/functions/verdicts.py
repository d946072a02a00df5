"""What admission is asked, what packages say of themselves, and what is decided about them: values, without a rule."""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.arn import function_arn
from sealgate.errors import SealgateError
from sealgate.policy.admission import Decision, Kind, Outcome
from sealgate.services.functions.errors import InvalidParameter
from sealgate.services.functions.verifying import Subject
from sealgate.services.scope import Scope
from sealgate.trust.assessment import Assessment, Signature
from sealgate.trust.revocation import Revocation

_STRICTNESS = (Outcome.ALLOW, Outcome.WARN, Outcome.DENY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What somebody wants to do with packages.

    Attributes:
        function: The function's bare name.
        subject: What a refusal of its code names: the function's ARN, or its bare name when it is being created, as on
            AWS.
        operation: The API operation.
        dry_run: Whether nothing shall be stored.
    """

    scope: Scope
    function: str
    subject: str
    operation: str
    dry_run: bool = False

    @property
    def function_arn(self) -> str:
        """The function's ARN."""
        return function_arn(self.scope.region, self.scope.account, self.function)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a package itself says, before any policy.

    Attributes:
        layer_arn: The layer version that it is; None for the function's own code, or a layer that is to be published.
        sha256: The package: 64 hexadecimal digits.
        size: Its bytes.
        unzipped_size: Bytes of its contents; 0 where it cannot be unpacked.
        subject: What verification found, or why a signature that is there is not one of these bytes.
        revocation: The revocation that the signature is under, or None.
        unreadable: Why the package cannot be unpacked, or None.
    """

    layer_arn: str | None
    sha256: str
    size: int
    unzipped_size: int
    subject: Subject
    revocation: Revocation | None
    unreadable: InvalidParameter | None

    @property
    def signature(self) -> Signature | None:
        """The signature, if there is one and it is whole."""
        return self.subject.signature if isinstance(self.subject, Assessment) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageVerdict:
    """What was decided about one package of a deployment.

    Attributes:
        evidence: The package, and what it says.
        refusal: What the caller is told when the package is not let in; None when it is.
    """

    evidence: Evidence
    decision: Decision
    refusal: SealgateError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided about one deployment.

    Attributes:
        config_arn: The config that it was judged by, or None.
        packages: One for each package, in the order of their evidence.
    """

    deployment: Deployment
    config_arn: str | None
    packages: tuple[PackageVerdict, ...]

    @property
    def refusal(self) -> SealgateError | None:
        """What the caller is told: of the first package that is not let in; None where all are."""
        return next((each.refusal for each in self.packages if each.refusal is not None), None)

    @property
    def outcome(self) -> Outcome:
        """The strictest of the packages'."""
        return max((each.decision.outcome for each in self.packages), key=_STRICTNESS.index, default=Outcome.ALLOW)

    @property
    def failed(self) -> Kind | None:
        """What failed first of the first package of which a check failed."""
        return next((each.decision.kind for each in self.packages if each.decision.kind is not None), None)

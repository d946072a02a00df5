"""What is deployed, and the state of each signature now: every stored package is read and verified again.

    versions and layers -> their packages -> verified, each once -> expired? revoked? -> the worst part's status

Nothing is written. What the unpacked copies of packages are worth is no question here: they are verified whenever they
are started from (`sealgate.runtime.code`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sealgate.clock import Clock
from sealgate.errors import IntegrityError, NotFound, PackageError
from sealgate.policy.admission import AdmissionPolicy, decide
from sealgate.runtime.stored import StoredPackage, verify_stored
from sealgate.services.fleet.crew import on_all_cores
from sealgate.services.fleet.holdings import Holding, read_holdings
from sealgate.services.functions.parts import Part
from sealgate.services.signing.revocation import RevocationService
from sealgate.store.blobs import BlobStore
from sealgate.store.database import Database, Tx
from sealgate.trust.assessment import Assessment, Signature
from sealgate.trust.roots import RootKind, TrustRoots


class Status(StrEnum):
    """What a signature is worth now, the best first.

    `unsigned`: no signature counted when the package was deployed, and its bytes are the ones of then. `altered`: its
    bytes are not, or are gone, or the signature is none that this server trusts any more; such code does not start.
    """

    VALID = "valid"
    UNSIGNED = "unsigned"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ALTERED = "altered"


SOUND = frozenset({Status.VALID, Status.UNSIGNED})
"""What needs nobody's attention."""
_WORST_FIRST = tuple(reversed(Status))
_FAILED = {"expiry": Status.EXPIRED, "revocation": Status.REVOKED}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageState:
    """What became of one stored package.

    Attributes:
        details: Why it is expired, revoked or altered: a sentence for each.
        signature: Its signature, where one was recorded and is whole.
    """

    status: Status
    details: tuple[str, ...] = ()
    signature: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartState:
    """One package of a version, and what became of it."""

    part: Part
    state: PackageState


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionState:
    """One version of a function.

    Attributes:
        parts: Its own code first, then its layers in order.
    """

    holding: Holding
    parts: tuple[PartState, ...]

    @property
    def status(self) -> Status:
        """Its worst part's."""
        return _worst(each.state.status for each in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Every version of every function.

    Attributes:
        judged_at: The moment that the states are of.
        versions: By account, region, name and number.
    """

    judged_at: datetime
    versions: tuple[VersionState, ...]

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many versions have each status; of every status."""
        found = Counter(each.status for each in self.versions)
        return {status: found[status] for status in Status}

    @property
    def is_sound(self) -> bool:
        """Whether every version is valid or unsigned."""
        return all(each.status in SOUND for each in self.versions)


class Fleet:
    """Everything that is deployed.

    Args:
        db: Where is recorded what was deployed.
        blobs: Where the packages are.
        revocation: Tells what is revoked.
        roots: Whose signatures count.
        clock: Tells what has expired.
    """

    def __init__(
        self, *, db: Database, blobs: BlobStore, revocation: RevocationService, roots: TrustRoots, clock: Clock
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._revocation = revocation
        self._roots = roots
        self._clock = clock

    def survey(self, *, account: str | None = None, region: str | None = None) -> Survey:
        """Verify everything.

        Args:
            account: Only the functions of this one.
            region: Only those there.
        """
        with self._db.read() as tx:
            versions = [each for each in read_holdings(tx).versions if each.is_in(account, region)]
        packages = dict.fromkeys(part.package for holding in versions for part in holding.parts)
        found = on_all_cores(self._verify, packages)
        now = self._clock()
        with self._db.read() as tx:
            states = {package: self._judge(tx, subject, now) for package, subject in found.items()}
        return Survey(judged_at=now, versions=tuple(_state_of(holding, states) for holding in versions))

    def _verify(self, package: StoredPackage) -> Assessment | IntegrityError | PackageError:
        try:
            with self._blobs.open(package.sha256) as source:
                signature = verify_stored(source, package, roots=self._roots, at=self._clock())
        except NotFound as error:
            return IntegrityError(error.message, reason=error.reason)
        except (IntegrityError, PackageError) as error:
            return error
        return Assessment(signature=signature)

    def _judge(self, tx: Tx, subject: Assessment | IntegrityError | PackageError, now: datetime) -> PackageState:
        if not isinstance(subject, Assessment):
            return PackageState(status=Status.ALTERED, details=(subject.message,))
        signature = subject.signature
        if signature is None:
            return PackageState(status=Status.UNSIGNED)
        decision = decide(
            subject,
            policy=AdmissionPolicy(mode="Enforce", publishers=None),
            revocation=self._revocation.find_revocation(tx, signature),
            now=now,
            revocation_checked=signature.root_kind == RootKind.AUTHORITY,
        )
        failed = [finding for finding in decision.findings if finding.status == "failed"]
        return PackageState(
            status=_worst(_FAILED[finding.check] for finding in failed),
            details=tuple(finding.detail for finding in failed),
            signature=signature,
        )


def _worst(statuses: Iterable[Status]) -> Status:
    return min(statuses, key=_WORST_FIRST.index, default=Status.VALID)


def _state_of(holding: Holding, states: Mapping[StoredPackage, PackageState]) -> VersionState:
    return VersionState(
        holding=holding, parts=tuple(PartState(part=part, state=states[part.package]) for part in holding.parts)
    )

"""From a request to who made it: the claim, the key it names, and what the signature still has to cover."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sealgate.arn import root_user_arn
from sealgate.aws import faults, sigv4
from sealgate.aws.chunked import ChunkKey
from sealgate.aws.framing import UNSIGNED, Framing
from sealgate.aws.request import EMPTY_SHA256, Request
from sealgate.services.access import Principal
from sealgate.store.identity import AccessKey

FindKey = Callable[[str], AccessKey | None]


class Identity(Protocol):
    """Who a request says it is from. Nothing may be done for it before `verify` has returned."""

    @property
    def principal(self) -> Principal:
        """Who it is."""
        ...

    @property
    def region(self) -> str:
        """Where they call."""
        ...

    @property
    def is_presigned(self) -> bool:
        """Whether the signature stands in the query."""
        ...

    def expected_payload(self, framing: Framing) -> str | None:
        """Answer what the signature covers as the payload, as far as the headers say; None: the hash of the body."""
        ...

    def verify(self, payload: str) -> None:
        """Check the signature.

        Args:
            payload: What stands for the payload: its hash, or one of the words of S3.

        Raises:
            SignatureMismatch: It does not fit.
        """
        ...

    def chunk_key(self) -> ChunkKey | None:
        """Answer what verifies signed chunks; None where nothing is verified."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The identity of a signed request."""

    principal: Principal
    request: Request
    claim: sigv4.Claim
    key: bytes

    @property
    def region(self) -> str:
        """Of the credential scope."""
        return self.claim.scope.region

    @property
    def is_presigned(self) -> bool:
        """Whether the signature stands in the query."""
        return self.claim.is_presigned

    def expected_payload(self, framing: Framing) -> str | None:
        """Answer what the signature covers as the payload.

        Raises:
            InvalidRequest: S3 wants it said in a header.
        """
        if self.claim.scope.service != "s3" or framing.payload_hash is not None:
            return framing.payload_hash
        if not self.is_presigned:
            raise faults.InvalidRequest("Missing required header for this request: x-amz-content-sha256")
        return UNSIGNED

    def verify(self, payload: str) -> None:
        """Check the signature."""
        canonical = sigv4.canonical_request(self.request, self.claim, payload)
        sigv4.verify_signature(self.claim, key=self.key, canonical=canonical)

    def chunk_key(self) -> ChunkKey:
        """Answer what verifies signed chunks."""
        claim = self.claim
        return ChunkKey(key=self.key, timestamp=claim.timestamp, scope=claim.scope, seed=claim.signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """The identity of a request to a server that serves unsigned calls."""

    principal: Principal
    region: str

    @property
    def is_presigned(self) -> bool:
        """Parameters of a link count as headers here too."""
        return True

    def expected_payload(self, framing: Framing) -> str:
        """Answer that nothing is covered, so that nothing has to be read for it."""
        return framing.payload_hash or EMPTY_SHA256

    def verify(self, payload: str) -> None:
        """Accept anything."""

    def chunk_key(self) -> None:
        """Answer that chunks are not verified."""
        return


class Authenticator:
    """Reads identities from requests.

    Args:
        find_key: Looks an access key up.
    """

    def __init__(self, find_key: FindKey) -> None:
        self._find_key = find_key
        self._keys = sigv4.SigningKeys()

    def identify(self, request: Request, claim: sigv4.Claim | None, *, service: str, now: datetime) -> Identity:
        """Answer who a request says it is from.

        Raises:
            Unauthenticated: It is unsigned, or the claim could not be accepted whatever its signature.
            Denied: A link has expired, or a header is not covered.
        """
        if claim is None:
            raise faults.MissingAuthentication
        if claim.scope.service != service:
            raise faults.WrongScope(f"Credential should be scoped to correct service: '{service}'.")
        sigv4.check_claim(claim, request, now=now)
        key = self._find_key(claim.access_key_id)
        if key is None:
            raise faults.UnknownAccessKey
        return Signed(
            principal=_principal(key), request=request, claim=claim, key=self._keys.derive(key.secret, claim.scope)
        )


class TrustingAuthenticator:
    """Believes every request (`--auth none`): it is the root user of the account its key names, else of the default."""

    def __init__(self, find_key: FindKey, *, account: str, region: str) -> None:
        self._find_key = find_key
        self._account = account
        self._region = region

    def identify(
        self,
        request: Request,  # noqa: ARG002 - nothing is checked
        claim: sigv4.Claim | None,
        *,
        service: str,  # noqa: ARG002
        now: datetime,  # noqa: ARG002
    ) -> Identity:
        """Answer who a request says it is from."""
        region = self._region if claim is None else claim.scope.region
        key = None if claim is None else self._find_key(claim.access_key_id)
        if key is not None:
            return Unsigned(principal=_principal(key), region=region)
        arn = root_user_arn(region, self._account)
        principal = Principal(account=self._account, arn=arn, user_id=self._account, access_key_id="")
        return Unsigned(principal=principal, region=region)


def _principal(key: AccessKey) -> Principal:
    return Principal(account=key.account, arn=key.principal_arn, user_id=key.user_id, access_key_id=key.access_key_id)

"""From a request to who made it: the claim, the key it names, and what the signature still has to cover."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from sealgate.arn import root_user_arn
from sealgate.aws import faults, sigv2, sigv4
from sealgate.aws.chunked import ChunkKey
from sealgate.aws.framing import UNSIGNED, Framing
from sealgate.aws.request import EMPTY_SHA256, Request
from sealgate.services.access.entry import Principal
from sealgate.services.identity.accounts import Credential
from sealgate.services.identity.sessions import is_token_of
from sealgate.store.iam.sessions import Session

Claim = sigv4.Claim | sigv2.Link
FindKey = Callable[[str], Credential | None]
RegionOf = Callable[[str], str]
"""From a bucket's name to the region that a call about it is for."""

_SESSION_HEADER = "x-amz-security-token"
_KEY_ID = re.compile(r"\w{1,128}", re.ASCII)
"""What an access key's id looks like (IAM API reference, AccessKey)."""


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

    def as_meant(self, request: Request) -> Request:
        """Answer a request to S3 with the headers that a link carries in its query."""
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


class Signed(NamedTuple):
    """The identity of a signed request."""

    principal: Principal
    request: Request
    claim: sigv4.Claim
    key: bytes

    @property
    def region(self) -> str:
        """Of the credential scope."""
        return self.claim.scope.region

    def as_meant(self, request: Request) -> Request:
        """Answer the request with a link's headers."""
        return request.hoisted() if self.claim.is_presigned else request

    def expected_payload(self, framing: Framing) -> str | None:
        """Answer what the signature covers as the payload.

        Raises:
            InvalidRequest: S3 wants it said in a header.
        """
        if self.claim.scope.service != "s3" or framing.payload_hash is not None:
            return framing.payload_hash
        if not self.claim.is_presigned:
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
class Linked:
    """The identity of a link of version 2. The link was verified before this was made: the body has no part in it."""

    principal: Principal
    region: str

    def as_meant(self, request: Request) -> Request:
        """Answer the request with the link's headers."""
        return sigv2.without_link(request).hoisted()

    def expected_payload(self, framing: Framing) -> str:
        """Answer what a link says of its body: nothing, or what it was sent with.

        Raises:
            UnsupportedSignature: Chunks are signed, with a key that a link does not give.
        """
        if framing.has_signed_chunks:
            raise faults.UnsupportedSignature
        return framing.payload_hash or UNSIGNED

    def verify(self, payload: str) -> None:
        """Accept: nothing is left to check."""

    def chunk_key(self) -> None:
        """Answer that no chunk is signed."""
        return


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """The identity of a request to a server that serves unsigned calls."""

    principal: Principal
    region: str

    def as_meant(self, request: Request) -> Request:
        """Answer the request with a link's headers, whichever signature the link has."""
        return sigv2.without_link(request).hoisted()

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
        region_of: Tells where a bucket is, for links that name no region.
    """

    def __init__(self, find_key: FindKey, *, region_of: RegionOf) -> None:
        self._find_key = find_key
        self._region_of = region_of
        self._keys = sigv4.SigningKeys()

    def identify(self, request: Request, claim: Claim | None, *, service: str, now: datetime) -> Identity:
        """Answer who a request says it is from.

        Raises:
            Unauthenticated: It is unsigned, or the claim could not be accepted whatever its signature, or a session's
                token is missing, another's or expired; or it is a link of version 2 whose signature does not fit.
            Denied: A link has expired, or a header is not covered.
        """
        if claim is None:
            raise faults.MissingAuthentication
        if isinstance(claim, sigv2.Link):
            return self._follow(claim, request, now)
        if claim.scope.service != service:
            raise faults.WrongScope(f"Credential should be scoped to correct service: '{service}'.")
        sigv4.check_claim(claim, request, now=now)
        key = self._get_key(claim, request, now)
        derived = self._keys.derive(key.secret, claim.scope)
        return Signed(principal=_principal(key), request=request, claim=claim, key=derived)

    def _follow(self, link: sigv2.Link, request: Request, now: datetime) -> Linked:
        sigv2.check_link(link, now=now)
        key = self._get_key(link, request, now)
        sigv2.verify_link(link, request, secret=key.secret)
        return Linked(principal=_principal(key), region=self._region_of(link.bucket))

    def _get_key(self, claim: Claim, request: Request, now: datetime) -> Credential:
        key = _find(self._find_key, claim)
        if key is None:
            raise faults.UnknownAccessKey
        _check_token(key, find_tokens(request), now)
        return key


def find_tokens(request: Request) -> list[str]:
    """Answer the session tokens that a request carries, in headers and query; the signature covers both."""
    header = request.headers.get(_SESSION_HEADER)
    queried = [value for name, value in request.query if name.lower() == _SESSION_HEADER]
    return queried if header is None else [header, *queried]


def _check_token(key: Credential, tokens: list[str], now: datetime) -> None:
    """Check that a session's own token comes along, and none with a long-term key.

    Raises:
        UnknownAccessKey: A session's comes alone; it is told from no other key, as on AWS.
        UnknownSessionToken: It is not the session's, or there are several.
        SessionExpired: The session has ended.
    """
    if isinstance(key, Session):
        if not tokens:
            raise faults.UnknownAccessKey
        if len(tokens) > 1 or not is_token_of(key, tokens[0]):
            raise faults.UnknownSessionToken
        if now >= key.expires_at:
            raise faults.SessionExpired
    elif tokens:
        raise faults.UnknownSessionToken


class TrustingAuthenticator:
    """Believes every request (`--auth none`): it is the root user of the account its key names, else of the default."""

    def __init__(self, find_key: FindKey, *, account: str, region: str, region_of: RegionOf) -> None:
        self._find_key = find_key
        self._account = account
        self._region = region
        self._region_of = region_of

    def identify(
        self,
        request: Request,  # noqa: ARG002 - nothing is checked
        claim: Claim | None,
        *,
        service: str,  # noqa: ARG002
        now: datetime,  # noqa: ARG002
    ) -> Identity:
        """Answer who a request says it is from."""
        region = self._region_for(claim)
        key = None if claim is None else _find(self._find_key, claim)
        if key is not None:
            return Unsigned(principal=_principal(key), region=region)
        arn = root_user_arn(region, self._account)
        principal = Principal(account=self._account, arn=arn, user_id=self._account, access_key_id="")
        return Unsigned(principal=principal, region=region)

    def _region_for(self, claim: Claim | None) -> str:
        if claim is None:
            return self._region
        return claim.scope.region if isinstance(claim, sigv4.Claim) else self._region_of(claim.bucket)


def _find(find_key: FindKey, claim: Claim) -> Credential | None:
    """Answer the key that a claim names; what cannot be the name of one is not looked up."""
    return find_key(claim.access_key_id) if _KEY_ID.fullmatch(claim.access_key_id) else None


def _principal(key: Credential) -> Principal:
    return Principal(account=key.account, arn=key.principal_arn, user_id=key.user_id, access_key_id=key.access_key_id)

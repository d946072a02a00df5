"""The certificate authority: a root, one issuing CA at a time, and leaves that live a day.

The files are those of `sealgate.trust.authority_folder`. The root's key is needed only when an issuing CA is made, so
it may be elsewhere meanwhile. Durability: a certificate is on the disk before anything is signed with its key; leaves
and their keys are in memory only, and a restarted server makes new ones. Ownership: several processes may use one
folder. Each looks at the folder before it signs, and so takes up what another one has rotated or retired.

Rotation: an issuing CA is replaced when a third of its life is left, or, while the root's key is elsewhere, not before
its end, with a warning a day; a leaf at a quarter. A signature carries its own path, so what an earlier CA vouched for
stays valid, and no deployment fails because of a rotation.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from sealgate.clock import Clock
from sealgate.cms.envelope import encode_envelope, is_representable
from sealgate.cms.statement import encode_statement_attributes
from sealgate.errors import Conflict, Invalid
from sealgate.trust.authority_folder import AuthorityFolder
from sealgate.trust.chain import hash_certificates
from sealgate.trust.identity import SigningIdentity
from sealgate.trust.keys import KeyMissing, KeyStore, KeyUnavailable, LoadedKey, generate_private_key, key_id
from sealgate.x509.certificates import get_p384_key
from sealgate.x509.issue import Issuer, Validity, make_issuing, make_leaf, make_root
from sealgate.x509.profile import PACKAGE_SIGNING, StatementKind

log = logging.getLogger(__name__)

ROOT_LIFE = timedelta(days=30 * 365)
ISSUING_LIFE = timedelta(days=365)
LEAF_LIFE = timedelta(days=1)
BACKDATING = timedelta(hours=1)
"""How far before its making a certificate starts to be valid, for clocks that step back; AWS Signer does the same."""

RENEW_ISSUING_AT = 1 / 3
"""What is left of an issuing CA's life when it is replaced."""
RENEW_LEAF_AT = 1 / 4
_WARN_EVERY = timedelta(days=1)


class Authority:
    """One authority in a folder. Several threads may use it.

    Args:
        folder: Where the certificates are.
        keys: Where the private keys of root and issuing CA are.
        clock: The present.
        root: The root's certificate.
    """

    def __init__(self, folder: AuthorityFolder, keys: KeyStore, clock: Clock, *, root: x509.Certificate) -> None:
        self._folder = folder
        self._keys = keys
        self._clock = clock
        self._root = root
        self._issuing: x509.Certificate | None = None
        self._stamp = folder.stamp()
        self._leaves: dict[str, SigningIdentity] = {}
        self._warned_at: datetime | None = None
        self._lock = Lock()

    @classmethod
    def open(cls, folder: Path, keys: KeyStore, clock: Clock) -> Authority:
        """Load the authority of a folder, or make one where there is none.

        Without the root's key it opens all the same, even if there is no issuing CA that could sign.

        Raises:
            Invalid: A certificate file is damaged.
            KeyUnavailable: A key is there and cannot be used: the wrong key-encryption key, or none.
        """
        place = AuthorityFolder(folder)
        place.create()
        with place.exclusive():
            root = place.find_root() or _create_root(place, keys, keys.generate(), clock())
            authority = cls(place, keys, clock, root=root)
            authority._begin()
        return authority

    @classmethod
    def found(cls, folder: Path, keys: KeyStore, clock: Clock, *, root_keys: KeyStore, root_name: str) -> Authority:
        """Make an authority whose root's key is kept in another store.

        Args:
            folder: Where the certificates will be.
            keys: Where the issuing CA's private key will be.
            clock: The present.
            root_keys: Where the root's key is.
            root_name: What it is called there.

        Raises:
            Conflict: There is one already; nothing changed.
        """
        place = AuthorityFolder(folder)
        place.create()
        with place.exclusive():
            if place.find_root() is not None:
                raise Conflict(f"{folder} holds an authority already")
            authority = cls(place, keys, clock, root=_create_root(place, root_keys, root_name, clock()))
            authority._rotate(clock(), root_keys)
        return authority

    @property
    def root_certificate(self) -> x509.Certificate:
        """The root's certificate: what verifiers are given."""
        return self._root

    @property
    def issuing_certificate(self) -> x509.Certificate:
        """The certificate of the issuing CA in use.

        Raises:
            KeyUnavailable: None is in use.
        """
        with self._lock:
            self._refresh()
            if self._issuing is None:
                raise _no_issuing()
            return self._issuing

    def leaf_for(self, profile_version_arn: str) -> SigningIdentity:
        """Answer the identity that signs for a profile version now; it is kept until a quarter of its life is left.

        Raises:
            Invalid: The ARN cannot stand in a certificate.
            KeyUnavailable: A key is needed that the store does not give.
        """
        is_arn = profile_version_arn.startswith("arn:")  # no other name: those are for texts that are no packages
        if not (is_arn and profile_version_arn.isascii() and is_representable(profile_version_arn)):
            raise Invalid(f"{profile_version_arn!r} cannot stand in a certificate")
        return self._identity(profile_version_arn, PACKAGE_SIGNING)

    def sign_statement(self, text: bytes, *, kind: StatementKind, signing_time: datetime) -> bytes:
        """Sign a text that is no package, with a leaf that can sign only such texts: a signature block in PEM.

        Args:
            text: The exact bytes.
            kind: What the text is.
            signing_time: The present, in UTC and whole seconds.
        """
        identity = self._identity(kind.uri, kind.purpose)
        signed_bytes = encode_statement_attributes(
            signing_time=signing_time,
            message_digest=hashlib.sha384(text).digest(),
            certificate_hashes=hash_certificates(identity.certificates),
        )
        signature = identity.sign(hashlib.sha384(signed_bytes).digest())
        return encode_envelope(certificates=identity.certificates, signed_bytes=signed_bytes, signature=signature)

    def rotate(self, root_keys: KeyStore | None = None) -> x509.Certificate:
        """Replace the issuing CA and all leaves now; answer the new one's certificate.

        Args:
            root_keys: Where the root's key is; None: where the others are.

        Raises:
            KeyUnavailable: The root's key is not at hand; nothing changed.
        """
        with self._lock, self._folder.exclusive():
            self._refresh()
            return self._rotate(self._clock(), root_keys or self._keys)

    def retire(self, certificate: x509.Certificate, root_keys: KeyStore | None = None) -> None:
        """Destroy an issuing CA's key; the one in use is replaced, or none is where the root's key is not at hand.

        Args:
            certificate: The issuing CA's.
            root_keys: Where the root's key is; None: where the others are.
        """
        with self._lock, self._folder.exclusive():
            self._refresh()
            self._keys.destroy(_key_name(certificate))
            if self._issuing is not None and self._issuing != certificate:
                return
            try:
                self._rotate(self._clock(), root_keys or self._keys)
            except KeyUnavailable as error:
                log.warning("no issuing CA is in use, nothing can be signed until one is issued: %s", error.message)
                self._issuing = None
                self._leaves.clear()
                self._folder.put_in_use(None)

    def _begin(self) -> None:
        """Take up the issuing CA in use, or make one; who calls holds the folder."""
        try:
            self._take_up(self._folder.find_issuing())
        except KeyMissing as error:
            log.warning("the issuing CA is replaced: %s", error.message)
        if self._issuing is not None and self._clock() <= self._issuing.not_valid_after_utc:
            return
        try:
            self._rotate(self._clock(), self._keys)
        except KeyMissing as error:
            log.warning("nothing can be signed until sealgate authority issue makes an issuing CA: %s", error.message)

    def _refresh(self) -> None:
        """Take up the issuing CA that another process has put in use."""
        stamp = self._folder.stamp()
        if stamp is None or stamp == self._stamp:
            return
        try:
            self._take_up(self._folder.find_issuing())
        except (KeyUnavailable, Invalid, OSError) as error:
            log.error("another process has put an issuing CA in use that cannot be used here: %s", error)  # noqa: TRY400
        self._stamp = stamp

    def _take_up(self, issuing: x509.Certificate | None) -> None:
        """Use another issuing CA from now on; raises, and changes nothing, where it cannot be used."""
        if issuing is not None:
            _verify_issued(issuing, self._root)
            self._keys.public_key(_key_name(issuing))
        if self._issuing is not None and self._issuing != issuing:
            # Whoever replaced it has removed its key from the disk; it leaves this process's memory too.
            self._keys.destroy(_key_name(self._issuing))
            log.info("took up what another process has put in use: %s", _describe(issuing))
        self._issuing = issuing
        self._leaves.clear()

    def _renew_issuing(self, now: datetime) -> None:
        """Rotate; while that fails, go on with the issuing CA until its end."""
        try:
            with self._folder.exclusive():
                self._refresh()  # another process may have rotated meanwhile
                if self._is_issuing_due(now):
                    self._rotate(now, self._keys)
        except (KeyUnavailable, OSError) as error:
            if self._issuing is None or not _is_within(_validity(self._issuing), now):
                raise _no_issuing() from error
            self._warn(self._issuing, now, error)

    def _warn(self, issuing: x509.Certificate, now: datetime, error: Exception) -> None:
        if self._warned_at is None or abs(now - self._warned_at) >= _WARN_EVERY:
            self._warned_at = now
            log.warning(
                "the issuing CA is to be replaced and cannot be, nothing can be signed after %s (sealgate authority"
                " issue makes another): %s",
                issuing.not_valid_after_utc.isoformat(),
                error,
            )

    def _is_issuing_due(self, now: datetime) -> bool:
        return self._issuing is None or _is_due(_validity(self._issuing), now, RENEW_ISSUING_AT)

    def _rotate(self, now: datetime, root_keys: KeyStore) -> x509.Certificate:
        """Make an issuing CA and put it in use; who calls holds the folder."""
        issuing = _create_issuing(self._keys, _issuer(self._root, root_keys), now)
        self._folder.put_in_use(issuing)
        self._stamp = self._folder.stamp()
        self._issuing = issuing
        self._leaves.clear()
        # Their certificates stay in every signature that they vouched for; their keys have nothing left to do.
        for retired in self._folder.list_issuing():
            if retired != issuing:
                self._keys.destroy(_key_name(retired))
        log.info("made another issuing CA and put it in use: %s", _describe(issuing))
        return issuing

    def _identity(self, uri: str, purpose: x509.ObjectIdentifier) -> SigningIdentity:
        with self._lock:
            self._refresh()
            now = self._clock()
            if self._is_issuing_due(now):
                self._renew_issuing(now)
            identity = self._leaves.get(uri)
            if identity is None or _is_due(identity.validity, now, RENEW_LEAF_AT):
                self._leaves = {key: kept for key, kept in self._leaves.items() if now <= kept.validity.not_after}
                identity = self._leaves[uri] = self._make_identity(uri, purpose, now)
            return identity

    def _make_identity(self, uri: str, purpose: x509.ObjectIdentifier, now: datetime) -> SigningIdentity:
        assert self._issuing is not None
        key = LoadedKey(generate_private_key())
        # A leaf that outlived its issuing CA would claim moments at which its path is not valid.
        validity = _life(now, min(LEAF_LIFE, self._issuing.not_valid_after_utc - now))
        issuer = _issuer(self._issuing, self._keys)
        leaf = make_leaf(key.public_key, issuer, validity, uri=uri, purpose=purpose)
        return SigningIdentity(
            certificates=tuple(each.public_bytes(Encoding.DER) for each in (leaf, self._issuing)),
            uri=uri,
            validity=validity,
            sign=key.sign,
        )


def renewal_of(issuing: x509.Certificate) -> datetime:
    """Answer when an issuing CA is replaced, where the root's key is at hand."""
    life = _validity(issuing)
    return life.not_after - (life.not_after - life.not_before) * RENEW_ISSUING_AT


def _create_root(folder: AuthorityFolder, keys: KeyStore, name: str, now: datetime) -> x509.Certificate:
    root = make_root(keys.public_key(name), lambda digest: keys.sign(name, digest), _life(now, ROOT_LIFE))
    folder.write_root(root)
    return root


def _create_issuing(keys: KeyStore, issuer: Issuer, now: datetime) -> x509.Certificate:
    return make_issuing(keys.public_key(keys.generate()), issuer, _life(now, ISSUING_LIFE))


def _issuer(certificate: x509.Certificate, keys: KeyStore) -> Issuer:
    name = _key_name(certificate)
    public_key = keys.public_key(name)  # complains now, before anything is made, if the key is not at hand
    return Issuer(name=certificate.subject, public_key=public_key, sign=lambda digest: keys.sign(name, digest))


def _verify_issued(issuing: x509.Certificate, root: x509.Certificate) -> None:
    try:
        issuing.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise Invalid("the issuing CA in the authority's folder is not one of its root") from error


def _key_name(certificate: x509.Certificate) -> str:
    return key_id(get_p384_key(certificate))


def _describe(issuing: x509.Certificate | None) -> str:
    return "no issuing CA" if issuing is None else issuing.subject.rfc4514_string()


def _no_issuing() -> KeyUnavailable:
    return KeyUnavailable(
        "there is no issuing CA that could sign, and the root's key is not here: sealgate authority issue makes one"
    )


def _life(now: datetime, life: timedelta) -> Validity:
    start = now.replace(microsecond=0)
    return Validity(not_before=start - BACKDATING, not_after=start + life)


def _validity(certificate: x509.Certificate) -> Validity:
    return Validity(not_before=certificate.not_valid_before_utc, not_after=certificate.not_valid_after_utc)


def _is_within(validity: Validity, now: datetime) -> bool:
    return validity.not_before <= now <= validity.not_after


def _is_due(validity: Validity, now: datetime, left: float) -> bool:
    remaining = validity.not_after - now
    return now < validity.not_before or remaining < (validity.not_after - validity.not_before) * left

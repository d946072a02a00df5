"""The certificate authority: a root, one issuing CA at a time, and leaves that live a day.

    FOLDER/root.pem                 the root's certificate, made at first use
    FOLDER/issuing-NAME.pem         each issuing CA's certificate, past ones too; NAME is its key's

Trust: whoever can write to the folder chooses whose leaves this server makes, and cannot make a verifier trust them:
the root is what verifiers were given. The root's key is needed only when an issuing CA is made, so it may be elsewhere
meanwhile. Durability: a certificate is on the disk before anything is signed with its key; leaves and their keys
are in memory only, and a restarted server makes new ones. Ownership: one server; several readers do no harm.

Rotation: an issuing CA is replaced when a third of its life is left, or later if the root's key is elsewhere then; a
leaf at a quarter. A signature carries its own path, so what an earlier CA vouched for stays valid, and no deployment
fails because of a rotation.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sealgate.clock import Clock
from sealgate.cms.envelope import encode_envelope, is_representable
from sealgate.cms.statement import encode_statement_attributes
from sealgate.errors import Invalid
from sealgate.trust.chain import hash_certificates
from sealgate.trust.durable import make_private_folder, write_durably
from sealgate.trust.identity import SigningIdentity
from sealgate.trust.keys import KeyStore, KeyUnavailable, LoadedKey, generate_private_key, key_id
from sealgate.x509.certificates import HOSTILE_CERTIFICATE_ERRORS, get_p384_key
from sealgate.x509.issue import Issuer, Validity, make_issuing, make_leaf, make_root
from sealgate.x509.profile import PACKAGE_SIGNING, StatementKind

ROOT_LIFE = timedelta(days=30 * 365)
ISSUING_LIFE = timedelta(days=365)
LEAF_LIFE = timedelta(days=1)
BACKDATING = timedelta(hours=1)
"""How far before its making a certificate starts to be valid, for clocks that step back; AWS Signer does the same."""

_RENEW_ISSUING_AT = 1 / 3
_RENEW_LEAF_AT = 1 / 4


class Authority:
    """One authority in a folder. Several threads may use it.

    Args:
        folder: Where the certificates are.
        keys: Where the private keys of root and issuing CA are.
        clock: The present.
        root: The root's certificate.
        issuing: The issuing CA's certificate, whose key is in the store.
    """

    def __init__(
        self, folder: Path, keys: KeyStore, clock: Clock, *, root: x509.Certificate, issuing: x509.Certificate
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._clock = clock
        self._root = root
        self._issuing = issuing
        self._leaves: dict[str, SigningIdentity] = {}
        self._lock = Lock()

    @classmethod
    def open(cls, folder: Path, keys: KeyStore, clock: Clock) -> Authority:
        """Load the authority of a folder, or make one where there is none.

        Raises:
            Invalid: A certificate file is damaged.
            KeyUnavailable: A key is needed that the store does not give.
        """
        make_private_folder(folder)
        root_file = folder / "root.pem"
        root = _read_certificate(root_file) if root_file.exists() else _create_root(root_file, keys, clock())
        issuing = _find_issuing(folder, keys, clock()) or _create_issuing(folder, keys, root, clock())
        return cls(folder, keys, clock, root=root, issuing=issuing)

    @property
    def root_certificate(self) -> x509.Certificate:
        """The root's certificate: what verifiers are given."""
        return self._root

    @property
    def issuing_certificate(self) -> x509.Certificate:
        """The certificate of the issuing CA in use."""
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

    def rotate(self) -> None:
        """Replace the issuing CA and all leaves now.

        Raises:
            KeyUnavailable: The root's key is not at hand; nothing changed.
        """
        with self._lock:
            self._rotate(self._clock())

    def _renew_issuing(self, now: datetime) -> None:
        """Rotate; while the root's key is elsewhere, go on with the issuing CA for as long as leaves can live in it."""
        try:
            self._rotate(now)
        except KeyUnavailable:
            life = _validity(self._issuing)
            if not life.not_before <= now <= life.not_after - LEAF_LIFE:
                raise

    def _rotate(self, now: datetime) -> None:
        retired = self._issuing
        self._issuing = _create_issuing(self._folder, self._keys, self._root, now)
        self._leaves.clear()
        # Its certificate stays in every signature that it vouched for; its key has nothing left to do.
        self._keys.destroy(key_id(get_p384_key(retired)))

    def _identity(self, uri: str, purpose: x509.ObjectIdentifier) -> SigningIdentity:
        with self._lock:
            now = self._clock()
            if _is_due(_validity(self._issuing), now, _RENEW_ISSUING_AT):
                self._renew_issuing(now)
            identity = self._leaves.get(uri)
            if identity is None or _is_due(identity.validity, now, _RENEW_LEAF_AT):
                self._leaves = {key: kept for key, kept in self._leaves.items() if now <= kept.validity.not_after}
                identity = self._leaves[uri] = self._make_identity(uri, purpose, now)
            return identity

    def _make_identity(self, uri: str, purpose: x509.ObjectIdentifier, now: datetime) -> SigningIdentity:
        key = LoadedKey(generate_private_key())
        validity = _life(now, LEAF_LIFE)
        issuer = _issuer(self._issuing, self._keys)
        leaf = make_leaf(key.public_key, issuer, validity, uri=uri, purpose=purpose)
        return SigningIdentity(
            certificates=tuple(each.public_bytes(Encoding.DER) for each in (leaf, self._issuing)),
            uri=uri,
            validity=validity,
            sign=key.sign,
        )


def _create_root(file: Path, keys: KeyStore, now: datetime) -> x509.Certificate:
    name = keys.generate()
    root = make_root(keys.public_key(name), lambda digest: keys.sign(name, digest), _life(now, ROOT_LIFE))
    _write_certificate(file, root)
    return root


def _create_issuing(folder: Path, keys: KeyStore, root: x509.Certificate, now: datetime) -> x509.Certificate:
    issuer = _issuer(root, keys)
    name = keys.generate()
    issuing = make_issuing(keys.public_key(name), issuer, _life(now, ISSUING_LIFE))
    _write_certificate(folder / f"issuing-{name[:16]}.pem", issuing)
    return issuing


def _find_issuing(folder: Path, keys: KeyStore, now: datetime) -> x509.Certificate | None:
    """Answer the newest issuing CA that is valid and whose key is at hand."""
    certificates = [_read_certificate(file) for file in folder.glob("issuing-*.pem")]
    for certificate in sorted(certificates, key=lambda found: found.not_valid_after_utc, reverse=True):
        try:
            keys.public_key(key_id(get_p384_key(certificate)))
        except KeyUnavailable:
            continue
        return None if now > certificate.not_valid_after_utc else certificate
    return None


def _issuer(certificate: x509.Certificate, keys: KeyStore) -> Issuer:
    public_key = get_p384_key(certificate)
    name = key_id(public_key)
    keys.public_key(name)  # complains now, before anything is made, if the key is not at hand
    return Issuer(name=certificate.subject, public_key=public_key, sign=lambda digest: keys.sign(name, digest))


def _life(now: datetime, life: timedelta) -> Validity:
    start = now.replace(microsecond=0)
    return Validity(not_before=start - BACKDATING, not_after=start + life)


def _validity(certificate: x509.Certificate) -> Validity:
    return Validity(not_before=certificate.not_valid_before_utc, not_after=certificate.not_valid_after_utc)


def _is_due(validity: Validity, now: datetime, left: float) -> bool:
    remaining = validity.not_after - now
    return now < validity.not_before or remaining < (validity.not_after - validity.not_before) * left


def _write_certificate(file: Path, certificate: x509.Certificate) -> None:
    write_durably(file, certificate.public_bytes(Encoding.PEM), mode=0o644)


def _read_certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except HOSTILE_CERTIFICATE_ERRORS as error:
        raise Invalid(f"{file.name} in the authority's folder is not a certificate") from error

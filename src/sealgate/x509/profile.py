"""The certificate rules, as data: what a leaf and a certificate authority must look like, and why.

AWS Signer's chains (read from genuine signatures): leaf, regional CA, parent CA, root; P-384 and ECDSA with SHA-384
throughout; CA:FALSE, digitalSignature and codeSigning in the leaf; keyCertSign in the CAs. Ours have the same shape
and say more: see `sealgate.x509.issue`.
"""

from __future__ import annotations

from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy

from sealgate.cms.oids import SEALGATE_ARC
from sealgate.values import value
from sealgate.x509.certificates import HOSTILE_CERTIFICATE_ERRORS, CertificateError

Extension = TypeVar("Extension", bound=x509.ExtensionType)

PACKAGE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
"""The one purpose of a leaf that signs packages."""
SEALED_POLICY = x509.ObjectIdentifier(f"{SEALGATE_ARC}.2")
"""A CA whose certificate carries this policy makes sealed signatures only: one without a seal is forged."""


@value
class StatementKind:
    """A kind of signed text that is no package, and what the certificate of its signer must say.

    Attributes:
        name: What people call such a text.
        purpose: The one purpose of its signers: they can sign no package, under whatever format, and no other kind.
        uri: What their certificates carry in place of a profile version.
    """

    name: str
    purpose: x509.ObjectIdentifier
    uri: str


REVOCATION_LIST = StatementKind(
    name="revocation list",
    purpose=x509.ObjectIdentifier(f"{SEALGATE_ARC}.3"),
    uri="urn:sealgate:revocation-list",
)
AUDIT_HEAD = StatementKind(
    name="audit head", purpose=x509.ObjectIdentifier(f"{SEALGATE_ARC}.4"), uri="urn:sealgate:audit-head"
)
CODE_CONTENTS = StatementKind(
    name="list of contents", purpose=x509.ObjectIdentifier(f"{SEALGATE_ARC}.5"), uri="urn:sealgate:code-contents"
)


class _Forbidden(Exception):  # turned into the library's VerificationError at once
    """An extension says what it must not."""


def ca_extensions() -> ExtensionPolicy:
    """State what the extensions of every certificate above the leaf must say, the root included.

    Extensions that are not named here may be present if they are not critical (RFC 5280, 4.2).
    """
    return (
        ExtensionPolicy.permit_all()
        # RFC 5280, 4.2.1.9: critical, cA. Else a leaf could issue leaves. The library applies the path length.
        .require_present(x509.BasicConstraints, Criticality.CRITICAL, _require_ca)
        # RFC 5280, 4.2.1.3: keyCertSign.
        .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_cert_sign)
        # RFC 5280, 4.2.1.12: a CA limited to other purposes issues no signers of ours; AWS's CAs are not limited.
        .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _allow_code_signing_ca)
    )


def leaf_extensions(purpose: x509.ObjectIdentifier) -> ExtensionPolicy:
    """State what the extensions of a signer's certificate must say."""

    def require_purpose(_policy: Policy, _certificate: x509.Certificate, usage: x509.ExtendedKeyUsage) -> None:
        if list(usage) != [purpose]:
            raise _Forbidden(f"the extended key usage is not {purpose.dotted_string} alone")

    return (
        ExtensionPolicy.permit_all()
        .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _forbid_ca)
        # RFC 5280, 4.2.1.3: digitalSignature; a signer's key must not issue certificates.
        .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_signer_usage)
        # RFC 5280, 4.2.1.12: exactly the one purpose; anyExtendedKeyUsage is another.
        .require_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, require_purpose)
        # RFC 5280, 4.2.1.10: in CA certificates only.
        .require_not_present(x509.NameConstraints)
    )


def _require_ca(_policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise _Forbidden("an issuer is no certificate authority")


def _forbid_ca(_policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints | None) -> None:
    if constraints is not None and constraints.ca:
        raise _Forbidden("the signer is a certificate authority")


def _require_cert_sign(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.key_cert_sign:
        raise _Forbidden("an issuer's key may not sign certificates")


def _require_signer_usage(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.digital_signature or usage.key_cert_sign:
        raise _Forbidden("the signer's key usage is not digitalSignature")


def _allow_code_signing_ca(
    _policy: Policy, _certificate: x509.Certificate, usage: x509.ExtendedKeyUsage | None
) -> None:
    if usage is not None and PACKAGE_SIGNING not in usage:
        raise _Forbidden("an issuer is limited to other purposes than code signing")


def requires_seal(certificate: x509.Certificate) -> bool:
    """Say whether a CA certificate carries the policy that makes the seal mandatory.

    Raises:
        CertificateError: Its extensions cannot be read.
    """
    policies = _find_extension(certificate, x509.CertificatePolicies)
    return policies is not None and any(policy.policy_identifier == SEALED_POLICY for policy in policies)


def is_authority(certificate: x509.Certificate) -> bool:
    """Say whether a certificate is that of a certificate authority.

    Raises:
        CertificateError: Its extensions cannot be read.
    """
    constraints = _find_extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def find_uri(certificate: x509.Certificate) -> str | None:
    """Answer the subject alternative name of a leaf of ours, which is exactly one URI; None if it is anything else.

    Raises:
        CertificateError: Its extensions cannot be read.
    """
    names = list(_find_extension(certificate, x509.SubjectAlternativeName) or ())
    return names[0].value if len(names) == 1 and isinstance(names[0], x509.UniformResourceIdentifier) else None


def _find_extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except HOSTILE_CERTIFICATE_ERRORS as error:
        raise CertificateError(f"its extensions cannot be read ({error})") from error

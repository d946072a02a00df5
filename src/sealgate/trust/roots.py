"""Which roots are trusted: said explicitly by the caller, never by a package.

Three kinds: a Sealgate authority's own root, AWS Signer's root for Lambda (shipped here, trusted only where asked for),
and whatever the operator imports. An authority's root makes the archive seal mandatory, and so does the policy in its
certificate, so that importing it instead loses nothing.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from cryptography import x509

from sealgate.errors import Invalid
from sealgate.values import value
from sealgate.x509.certificates import HOSTILE_CERTIFICATE_ERRORS, CertificateError, fingerprint, get_p384_key
from sealgate.x509.profile import is_authority

AWS_SIGNER_ROOT_SHA256 = "410220a72bba4576767ba5941b694a9bddc40817f76957f6919fdac89a7849c7"
"""AWS Signer's root (CN=Signer us-west-2 ROOT CA, 2020 to 2120), as found in genuine signatures of 2022 and 2026."""

_AWS_SIGNER_ROOT = Path(__file__).with_name("roots") / "aws-signer-root.pem"


class RootKind(StrEnum):
    """Whose root it is."""

    AUTHORITY = "authority"
    AWS = "aws"
    IMPORTED = "imported"


@value
class TrustRoot:
    """One trusted root.

    Attributes:
        name: What people call it.
        kind: Whose it is.
        certificate: The certificate itself; its dates apply like those of any other.
    """

    name: str
    kind: RootKind
    certificate: x509.Certificate


@value
class TrustRoots:
    """The roots that one judgement trusts; with none, no signature is ever valid.

    Where one certificate is there twice, the first entry names it: an authority's own root goes first.
    """

    roots: tuple[TrustRoot, ...] = ()

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """The certificates alone."""
        return tuple(root.certificate for root in self.roots)

    def get(self, certificate: x509.Certificate) -> TrustRoot:
        """Answer the root with this certificate, which a validated path ends at.

        Raises:
            CertificateError: It is none of ours.
        """
        for root in self.roots:
            if root.certificate == certificate:
                return root
        raise CertificateError("the path ends at a root that is not trusted", reason="UntrustedSigner")


def authority_root(certificate: x509.Certificate) -> TrustRoot:
    """Trust the root of a Sealgate authority."""
    return TrustRoot(name="Sealgate authority", kind=RootKind.AUTHORITY, certificate=certificate)


def aws_signer_root() -> TrustRoot:
    """Trust AWS Signer's root for Lambda packages.

    Raises:
        Invalid: The shipped file is not the certificate that is pinned above.
    """
    root = parse_root(_AWS_SIGNER_ROOT.read_bytes(), name=_AWS_SIGNER_ROOT.name)
    if root.kind is not RootKind.AWS:
        raise Invalid(f"{_AWS_SIGNER_ROOT.name} is not AWS Signer's root")
    return root


def parse_root(pem: bytes, *, name: str) -> TrustRoot:
    """Read a root that the operator imports; AWS Signer's is recognised by its fingerprint.

    Args:
        pem: Exactly one certificate.
        name: What to call it, its file's name for instance.

    Raises:
        Invalid: It is not one certificate of a certificate authority with a P-384 key.
    """
    try:
        (certificate,) = x509.load_pem_x509_certificates(pem)
        get_p384_key(certificate)
        is_ca = is_authority(certificate)
    except CertificateError as error:
        raise Invalid(f"root {name!r}: {error.message}") from error
    except HOSTILE_CERTIFICATE_ERRORS as error:
        raise Invalid(f"root {name!r}: not one certificate in PEM") from error
    if not is_ca:
        raise Invalid(f"root {name!r}: not the certificate of a certificate authority")
    if fingerprint(certificate) == AWS_SIGNER_ROOT_SHA256:
        return TrustRoot(name="AWS Signer", kind=RootKind.AWS, certificate=certificate)
    return TrustRoot(name=name, kind=RootKind.IMPORTED, certificate=certificate)

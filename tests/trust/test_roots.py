import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from sealgate.errors import Invalid
from sealgate.trust.roots import AWS_SIGNER_ROOT_SHA256, RootKind, TrustRoots, aws_signer_root, parse_root
from sealgate.x509.certificates import CertificateError, fingerprint
from tests.support.authority import (
    CertificateRecipe,
    aws_leaf,
    aws_root,
    ca_extensions,
    rsa_key,
    sealed_root,
    trust,
)


def test_awss_root_is_the_pinned_one() -> None:
    root = aws_signer_root()
    assert root.kind is RootKind.AWS
    assert fingerprint(root.certificate) == AWS_SIGNER_ROOT_SHA256
    assert root.certificate.subject.rfc4514_string().startswith("CN=Signer us-west-2 ROOT CA")


def test_an_imported_root_keeps_its_name() -> None:
    root = parse_root(aws_root().pem, name="firm.pem")
    assert (root.name, root.kind) == ("firm.pem", RootKind.IMPORTED)


def refusal(pem: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        parse_root(pem, name="firm.pem")
    return caught.value.message


def test_what_is_no_root_is_refused() -> None:
    p256 = CertificateRecipe(name="P-256", extensions=ca_extensions(None), key=ec.derive_private_key(7, ec.SECP256R1()))
    rsa = CertificateRecipe(name="RSA", extensions=ca_extensions(None), key=rsa_key())
    bare = CertificateRecipe(name="bare", extensions=())
    assert "not the certificate of a certificate authority" in refusal(aws_leaf().pem)
    assert "not the certificate of a certificate authority" in refusal(bare.make().pem)
    assert "P-384" in refusal(p256.make().pem)
    assert "P-384" in refusal(rsa.make().pem)
    assert "not one certificate" in refusal(b"garbage")
    assert "not one certificate" in refusal(b"")
    assert "not one certificate" in refusal(aws_root().pem + sealed_root().pem)


def test_the_first_entry_names_a_root_that_is_there_twice() -> None:
    own = trust(sealed_root(), kind=RootKind.AUTHORITY)
    both = TrustRoots(roots=(*own.roots, *trust(sealed_root()).roots))
    assert both.get(sealed_root().certificate).kind is RootKind.AUTHORITY


def test_a_root_that_is_not_there_is_not_trusted() -> None:
    with pytest.raises(CertificateError):
        trust(sealed_root()).get(x509.load_pem_x509_certificate(aws_root().pem))

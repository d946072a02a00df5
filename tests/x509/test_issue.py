"""The certificates that we make, as the standard and our own profile want them."""

import copy
import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from sealgate.cms.ecdsa import parse_ecdsa_signature
from sealgate.trust.algorithms import ORDER
from sealgate.trust.keys import MemoryKeyStore
from sealgate.x509.certificates import revocation_hashes
from sealgate.x509.issue import Issuer, Validity, _DistantKey, make_issuing, make_leaf, make_root
from sealgate.x509.profile import PACKAGE_SIGNING, find_uri, requires_seal
from tests.support.authority import ARN, NOW, fixed_key

KEYS = MemoryKeyStore()
YEAR = Validity(not_before=NOW - timedelta(hours=1), not_after=NOW + timedelta(days=365))


def issuer(name: str, subject: x509.Name | None = None) -> Issuer:
    key_name = KEYS.add(fixed_key(name))
    return Issuer(
        name=subject or x509.Name([]),
        public_key=KEYS.public_key(key_name),
        sign=lambda digest: KEYS.sign(key_name, digest),
    )


ROOT_KEY = issuer("root")
ROOT = make_root(ROOT_KEY.public_key, ROOT_KEY.sign, YEAR)
ISSUING = make_issuing(fixed_key("issuing").public_key(), issuer("root", ROOT.subject), YEAR)
LEAF = make_leaf(
    fixed_key("leaf").public_key(), issuer("issuing", ISSUING.subject), YEAR, uri=ARN, purpose=PACKAGE_SIGNING
)
ALL = [ROOT, ISSUING, LEAF]


def test_each_is_issued_by_the_one_above() -> None:
    LEAF.verify_directly_issued_by(ISSUING)
    ISSUING.verify_directly_issued_by(ROOT)
    ROOT.verify_directly_issued_by(ROOT)


@pytest.mark.parametrize("certificate", ALL, ids=["root", "issuing", "leaf"])
def test_all_have_the_one_algorithm_and_the_lower_s(certificate: x509.Certificate) -> None:
    assert certificate.version is x509.Version.v3
    assert certificate.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA384
    assert parse_ecdsa_signature(certificate.signature)[1] <= ORDER // 2
    assert certificate.serial_number.bit_length() > 64


def extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> x509.Extension[x509.ExtensionType]:
    return certificate.extensions.get_extension_for_class(kind)


def test_authorities_may_issue_so_many_levels() -> None:
    for certificate, path_length in ((ROOT, 1), (ISSUING, 0)):
        constraints = extension(certificate, x509.BasicConstraints)
        assert constraints.critical
        assert constraints.value == x509.BasicConstraints(ca=True, path_length=path_length)


def test_a_leaf_may_sign_code_and_nothing_else() -> None:
    usage = extension(LEAF, x509.ExtendedKeyUsage)
    assert usage.critical
    assert usage.value == x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
    key_usage = LEAF.extensions.get_extension_for_class(x509.KeyUsage)
    assert key_usage.critical
    assert key_usage.value.digital_signature
    assert not key_usage.value.key_cert_sign


def test_only_authorities_carry_the_seals_policy() -> None:
    assert [requires_seal(certificate) for certificate in ALL] == [True, True, False]


def test_only_a_leaf_has_a_name_to_sign_for() -> None:
    assert [find_uri(certificate) for certificate in ALL] == [None, None, ARN]


def test_names_tell_authorities_apart() -> None:
    other = make_root(fixed_key("other").public_key(), issuer("other").sign, YEAR)
    assert other.subject != ROOT.subject


def test_key_identifiers_link_the_path() -> None:
    for child, parent in ((LEAF, ISSUING), (ISSUING, ROOT)):
        authority_key = child.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        subject_key = parent.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        assert authority_key.key_identifier == subject_key.digest


def test_revocation_names_pair_each_certificate_with_its_issuer() -> None:
    leaf, issuing, root = (hashlib.sha384(each.tbs_certificate_bytes).hexdigest() for each in (LEAF, ISSUING, ROOT))
    assert revocation_hashes((LEAF, ISSUING, ROOT)) == (leaf + issuing, issuing + root, root + root)


def test_a_distant_key_gives_nothing_away() -> None:
    key = _DistantKey(issuer("root"))
    revelations: list[Callable[[], object]] = [key.private_numbers, key.private_bytes, key.exchange]
    revelations += [lambda: copy.copy(key), lambda: copy.deepcopy(key)]
    for reveal in revelations:
        with pytest.raises(TypeError, match="does not leave"):
            reveal()
    assert key.key_size == 384

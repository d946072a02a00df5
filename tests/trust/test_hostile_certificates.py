"""Certificates that somebody made to break the reader: the signer chooses every byte of its own."""

from dataclasses import replace

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.cms.ber import EnvelopeError
from sealgate.errors import IntegrityError
from sealgate.trust.inspect import inspect_signature
from sealgate.trust.verify import verify_envelope
from sealgate.x509.certificates import load_certificate
from tests.support.authority import ARN, NOW, aws_issuing, aws_leaf, aws_recipe, aws_root, leaf_extensions, trust, uri

LEAF = aws_leaf(
    extensions=(
        *leaf_extensions(),
        uri(ARN),
        (x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)]), False),
        (x509.SubjectKeyIdentifier(b"key"), False),
        (x509.AuthorityKeyIdentifier(b"key", None, None), False),
    )
)
GOOD = (LEAF.der, aws_issuing().der)
RECIPE = replace(aws_recipe(), signer=LEAF, certificates=GOOD)
ROOTS = trust(aws_root())


def mutated(der: bytes, changes: list[tuple[int, int]]) -> bytes:
    data = bytearray(der)
    for position, byte in changes:
        data[position % len(data)] = byte
    return bytes(data)


BYTES = st.one_of(st.integers(0, 255), st.sampled_from([0x00, 0x04, 0x06, 0x30, 0x80, 0xFF]))
CHANGES = st.lists(st.tuples(st.integers(0, 1000), BYTES), min_size=1, max_size=3)


def test_the_certificates_are_good_as_they_are() -> None:
    assert verify_envelope(RECIPE.build(), roots=ROOTS, at=NOW).path.certificates[0] == LEAF.certificate


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 1), CHANGES)
def test_a_mutated_certificate_is_refused_with_our_error(which: int, changes: list[tuple[int, int]]) -> None:
    certificates = [mutated(der, changes) if which == index else der for index, der in enumerate(GOOD)]
    try:
        block = replace(RECIPE, named=certificates[0], certificates=tuple(certificates)).build()
    except EnvelopeError:
        return  # the builder itself could not tell the signer's name
    try:
        verify_envelope(block, roots=ROOTS, at=NOW)
    except IntegrityError:
        _show(block)
        return
    assert tuple(certificates) == GOOD


@pytest.mark.parametrize("which", [0, 1])
def test_the_signature_of_a_certificate_is_a_whole_number_of_bytes(which: int) -> None:
    der = GOOD[which]
    unused = len(der) - len(x509.load_der_x509_certificate(der).signature) - 1
    for bits in range(1, 8):
        with pytest.raises(IntegrityError):
            load_certificate(mutated(der, [(unused, bits)]))
        with pytest.raises(IntegrityError):  # the last byte has that many bits to spare
            load_certificate(mutated(der, [(unused, bits), (len(der) - 1, 0)]))


def _show(block: bytes) -> None:
    try:
        inspect_signature(block)
    except EnvelopeError:
        return

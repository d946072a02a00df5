import hashlib

import pytest

from sealgate.cms.ecdsa import encode_ecdsa_signature, parse_ecdsa_signature
from sealgate.errors import IntegrityError
from sealgate.trust.algorithms import ORDER, PREHASHED_SIGNATURE
from sealgate.trust.ecdsa import lower_s, verify_ecdsa
from sealgate.trust.keys import KeyUnavailable, MemoryKeyStore, key_id
from tests.support.authority import fixed_key

DIGEST = hashlib.sha384(b"message").digest()


def test_a_generated_key_signs_and_its_public_half_verifies() -> None:
    keys = MemoryKeyStore()
    name = keys.generate()
    keys.public_key(name).verify(keys.sign(name, DIGEST), DIGEST, PREHASHED_SIGNATURE)
    assert key_id(keys.public_key(name)) == name


def test_signatures_always_have_the_lower_s() -> None:
    keys = MemoryKeyStore()
    name = keys.add(fixed_key("a"))
    signatures = [parse_ecdsa_signature(keys.sign(name, DIGEST)) for _ in range(20)]
    assert max(s for _, s in signatures) <= ORDER // 2


def test_a_key_that_is_not_there_is_unavailable() -> None:
    keys = MemoryKeyStore()
    with pytest.raises(KeyUnavailable):
        keys.public_key("nobody")


def test_a_destroyed_key_signs_no_more() -> None:
    keys = MemoryKeyStore()
    name = keys.generate()
    keys.destroy(name)
    keys.destroy(name)
    with pytest.raises(KeyUnavailable):
        keys.sign(name, DIGEST)


def test_the_lower_form_is_the_same_for_both_mirrors() -> None:
    assert lower_s(encode_ecdsa_signature(7, ORDER - 9)) == lower_s(encode_ecdsa_signature(7, 9))


def signature_of(message: bytes) -> tuple[int, int]:
    keys = MemoryKeyStore()
    return parse_ecdsa_signature(keys.sign(keys.add(fixed_key("a")), hashlib.sha384(message).digest()))


def test_a_signature_verifies_over_its_message_only() -> None:
    r, s = signature_of(b"message")
    verify_ecdsa(fixed_key("a").public_key(), r, s, b"message", low_s=True)
    with pytest.raises(IntegrityError):
        verify_ecdsa(fixed_key("a").public_key(), r, s, b"massage", low_s=True)
    with pytest.raises(IntegrityError):
        verify_ecdsa(fixed_key("b").public_key(), r, s, b"message", low_s=True)


def test_the_mirror_verifies_only_where_it_may() -> None:
    r, s = signature_of(b"message")
    verify_ecdsa(fixed_key("a").public_key(), r, ORDER - s, b"message", low_s=False)
    with pytest.raises(IntegrityError, match="mirrored"):
        verify_ecdsa(fixed_key("a").public_key(), r, ORDER - s, b"message", low_s=True)


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (ORDER, 1), (1, ORDER), (-1, 1), (1, -1), (1, 2**4000)])
def test_values_out_of_range_are_refused(r: int, s: int) -> None:
    with pytest.raises(IntegrityError, match="out of range"):
        verify_ecdsa(fixed_key("a").public_key(), r, s, b"message", low_s=False)

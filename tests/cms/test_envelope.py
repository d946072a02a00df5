"""What is read, and that nothing makes the reader fail in another way than its own."""

import hashlib
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.cms.ber import EnvelopeError
from sealgate.cms.ecdsa import encode_ecdsa_signature
from sealgate.cms.envelope import encode_envelope, encode_signed_attributes, parse_envelope
from sealgate.cms.pem import encode_pem, parse_pem
from sealgate.cms.statement import parse_statement
from tests.support.authority import ARN, JOB_ARN, NOW, any_seal, aws_recipe, sealed_recipe

AWS = aws_recipe().build()
SEALED = sealed_recipe().build()


def test_all_that_a_block_says_is_read() -> None:
    attributes = parse_envelope(SEALED, strict=True).attributes
    assert attributes.job_arn == JOB_ARN
    assert attributes.profile_version_arn == ARN
    assert attributes.signing_time == NOW
    assert attributes.expires_at == NOW + timedelta(days=100)
    assert attributes.seal == any_seal()
    assert attributes.message_digest == hashlib.sha384(bytes(48)).digest()


def test_a_strict_block_encodes_to_itself() -> None:
    envelope = parse_envelope(SEALED, strict=True)
    again = encode_envelope(
        certificates=envelope.certificates,
        signed_bytes=encode_signed_attributes(envelope.attributes),
        signature=encode_ecdsa_signature(envelope.r, envelope.s),
    )
    assert again == SEALED


def test_awss_dialect_is_not_strict() -> None:
    with pytest.raises(EnvelopeError) as caught:
        parse_envelope(AWS, strict=True)
    assert caught.value.reason == "NotCanonical"


def test_a_package_signature_is_no_statement() -> None:
    for block in (AWS, SEALED):
        with pytest.raises(EnvelopeError):
            parse_statement(block)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([AWS, SEALED]), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_mutated_block_is_read_or_refused_with_our_error(block: bytes, changes: list[tuple[int, int]]) -> None:
    der = bytearray(parse_pem(block))
    for position, byte in changes:
        der[position % len(der)] = byte
    with suppress(EnvelopeError):
        parse_envelope(encode_pem(bytes(der)), strict=False)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_is_refused_with_our_error(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        parse_envelope(encode_pem(data), strict=False)

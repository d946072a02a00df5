from dataclasses import replace
from datetime import timedelta

import pytest

from sealgate.cms import oids
from sealgate.cms.ber import CONTEXT_1, SEQUENCE, SET, UTF8_STRING, EnvelopeError, encode
from sealgate.cms.oids import encode_oid
from sealgate.trust.inspect import inspect_signature
from tests.support.authority import ARN, JOB_ARN, NOW, aws_recipe, sealed_recipe, text_time


def test_a_good_block_is_shown_whole() -> None:
    seen = inspect_signature(sealed_recipe().build())
    assert seen.signers == 1
    assert (seen.digest_algorithm, seen.signature_algorithm) == ("SHA-384", "ECDSA with SHA-384")
    assert (seen.job_arn, seen.profile_version_arn) == (JOB_ARN, ARN)
    assert (seen.signing_time, seen.expires_at) == (NOW, NOW + timedelta(days=100))
    assert seen.seal is not None
    assert len(seen.attributes) == 9
    assert [certificate.subject for certificate in seen.certificates] == ["CN=Our Signer", "CN=Our CA"]
    assert seen.problems == ()


def test_a_block_in_awss_dialect_is_shown_whole() -> None:
    seen = inspect_signature(aws_recipe().build())
    assert seen.seal is None
    assert len(seen.attributes) == 7
    assert seen.problems == ()


def test_an_unknown_attribute_is_shown_without_a_name() -> None:
    recipe = aws_recipe().adding(encode_oid("1.2.3.4"), encode(UTF8_STRING, b"hi"))
    attribute = next(seen for seen in inspect_signature(recipe.build()).attributes if seen.oid == "1.2.3.4")
    assert attribute.name is None
    assert attribute.values == ("0c026869",)


def test_what_is_wrong_is_told_and_the_rest_shown() -> None:
    recipe = aws_recipe().having(oids.SIGNING_TIME, encode(UTF8_STRING, b"noon")).without(oids.EXPIRY)
    seen = inspect_signature(recipe.build())
    assert (seen.signing_time, seen.expires_at) == (None, None)
    assert seen.job_arn == JOB_ARN
    assert len(seen.problems) == 1


BROKEN = {
    "no signers": replace(aws_recipe(), spoil_signers=lambda _: b""),
    "two signers": replace(aws_recipe(), spoil_signers=lambda signer: signer * 2),
    "no attributes": replace(aws_recipe(), raw_attributes=()),
    "an attribute without values": replace(
        aws_recipe(), raw_attributes=(encode(SEQUENCE, oids.MESSAGE_DIGEST, encode(SET)),)
    ),
    "no certificates": replace(aws_recipe(), certificates=()),
    "unsigned attributes": replace(
        aws_recipe(), unsigned=encode(CONTEXT_1, encode(SEQUENCE, encode_oid("1.2.3.4"), encode(SET)))
    ),
    "a certificate that is none": replace(aws_recipe(), certificates=(encode(SEQUENCE), *aws_recipe().certificates)),
    "an attribute whose type is no object identifier": aws_recipe().adding(b"\x06\x00", encode(UTF8_STRING, b"a")),
    "a seal that is none": sealed_recipe().having(oids.ARCHIVE_SEAL, encode(SEQUENCE)),
    "texts that are none": aws_recipe()
    .having(oids.JOB_ARN, encode(UTF8_STRING, b"\xff"))
    .having(oids.MESSAGE_DIGEST, encode(UTF8_STRING)),
    "a fraction in ours": sealed_recipe().having(oids.EXPIRY, text_time(NOW + timedelta(9), ".5")),
    "an algorithm without a name": replace(aws_recipe(), digest_algorithm=encode(SEQUENCE, encode_oid("1.2.3"))),
    "an algorithm that is none": replace(aws_recipe(), digest_algorithm=encode(SEQUENCE)),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_block_is_shown_with_its_problem(what: str) -> None:
    assert inspect_signature(BROKEN[what].build()).problems


def test_what_is_no_block_at_all_cannot_be_shown() -> None:
    for block in (b"", b"hello", aws_recipe().build()[:-1]):
        with pytest.raises(EnvelopeError):
            inspect_signature(block)

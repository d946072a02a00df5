import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.cms.ber import EnvelopeError
from sealgate.cms.pem import encode_pem, parse_pem


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_what_is_encoded_is_read_back(body: bytes) -> None:
    assert parse_pem(encode_pem(body)) == body


def test_lines_have_64_columns() -> None:
    text = encode_pem(bytes(49))
    assert text == b"-----BEGIN PKCS7-----\n" + b"A" * 64 + b"\nAA==\n-----END PKCS7-----\n"


GOOD = encode_pem(b"hello, world")
SPOILT = {
    "nothing": b"",
    "no end": GOOD[:22],
    "overlapping marks": b"-----BEGIN PKCS7-----\n"[:-1] + b"-----END PKCS7-----\n",
    "bits after the last byte": GOOD.replace(b"aGVsbG8sIHdvcmxk", b"aGVsbG8sIHdvcmx="),
    "no padding": encode_pem(b"x").replace(b"=", b""),
    "a space": GOOD.replace(b"aGVs", b"aGVs "),
    "an empty line": GOOD.replace(b"-----\na", b"-----\n\na"),
    "URL-safe letters": encode_pem(b"\xff" * 12).replace(b"/", b"_"),
    "lower-case marks": GOOD.lower(),
    "text that is no ASCII": GOOD.replace(b"aGVs", b"a\xffVs"),
    "padding in the middle": GOOD.replace(b"aGVs", b"aA=="),
}


@pytest.mark.parametrize("what", SPOILT)
def test_every_other_form_is_refused(what: str) -> None:
    with pytest.raises(EnvelopeError):
        parse_pem(SPOILT[what])


@settings(deadline=None)
@given(st.binary(max_size=100), st.integers(0, 120), st.integers(0, 255))
def test_whatever_is_read_encodes_to_the_same_text(body: bytes, position: int, byte: int) -> None:
    text = bytearray(encode_pem(body))
    text[position % len(text)] = byte
    try:
        parsed = parse_pem(bytes(text))
    except EnvelopeError:
        return
    assert encode_pem(parsed) == bytes(text)

import base64
import hashlib
import zlib

import pytest

from sealgate.aws import faults
from sealgate.aws.chunked import MAX_LINE, ChunkedDecoder, ChunkKey
from sealgate.aws.sigv4 import CredentialScope, derive_key
from tests.support.signed import SECRET

SCOPE = CredentialScope(date="20130524", region="us-east-1", service="s3")
KEY = ChunkKey(
    key=derive_key(SECRET, SCOPE),
    timestamp="20130524T000000Z",
    scope=SCOPE,
    seed="4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
)
DATA = b"a" * 66560
SIGNATURES = (
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
)


def documented_body() -> bytes:
    # Amazon S3 API reference, "Transferring payload in multiple chunks", the example of 66,560 bytes.
    first, second, last = SIGNATURES
    return b"".join(
        (
            f"10000;chunk-signature={first}\r\n".encode() + DATA[:65536] + b"\r\n",
            f"400;chunk-signature={second}\r\n".encode() + DATA[65536:] + b"\r\n",
            f"0;chunk-signature={last}\r\n\r\n".encode(),
        )
    )


def decoded(body: bytes, key: ChunkKey | None, *, step: int = 1 << 20) -> tuple[bytes, dict[str, str]]:
    inside = bytearray()
    decoder = ChunkedDecoder(inside.extend, is_signed=key is not None, key=key)
    for at in range(0, len(body), step):
        decoder.feed(body[at : at + step])
    return bytes(inside), dict(decoder.finish())


@pytest.mark.parametrize("step", [1 << 20, 4096, 7, 1])
def test_the_documented_chunks_are_accepted_however_they_arrive(step: int) -> None:
    body = documented_body()
    if step < 100:
        # A short body of the same form, since this one would arrive in 66,000 pieces.
        body = b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
        assert decoded(body, None, step=step) == (b"abc", {"x-amz-checksum-crc32": "AAAAAA=="})
    else:
        assert decoded(body, KEY, step=step) == (DATA, {})


@pytest.mark.parametrize("at", [200, 65_800, -100])
def test_an_altered_chunk_is_refused(at: int) -> None:
    body = bytearray(documented_body())
    body[at] ^= 1
    with pytest.raises((faults.SignatureMismatch, faults.InvalidRequest)):
        decoded(bytes(body), KEY)


def test_two_chunks_may_not_change_places_and_none_may_be_left_out() -> None:
    first, second, last = documented_body().partition(b"400;")
    with pytest.raises(faults.SignatureMismatch):
        decoded(second + last, KEY)
    with pytest.raises(faults.SignatureMismatch):
        decoded(first + b"0;chunk-signature=" + SIGNATURES[2].encode() + b"\r\n\r\n", KEY)


@pytest.mark.parametrize("cut", [1, 2, 100, 1000])
def test_a_body_that_ends_early_is_refused(cut: int) -> None:
    with pytest.raises(faults.IncompleteBody):
        decoded(documented_body()[:-cut], KEY)


@pytest.mark.parametrize(
    "body",
    [
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"\r\n",
        b"-1\r\n",
        b"0x3\r\nabc\r\n",
        b"3;other=1\r\nabc\r\n",
        b"3;chunk-signature=" + b"0" * 64 + b"\r\nabc\r\n0\r\n\r\n",
        b"1" * (MAX_LINE + 1),
        b"fffffffffffffffff\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\na:1\r\na:2\r\n\r\n",
        b"0\r\na:1\r\nb:2\r\nc:3\r\nd:4\r\ne:5\r\n\r\n",
    ],
)
def test_broken_frames_are_refused(body: bytes) -> None:
    with pytest.raises((faults.InvalidRequest, faults.MalformedTrailer)):
        decoded(body, None)


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(faults.IncompleteBody):
        decoded(b"0\r\n\r\nmore", None)


def signed_trailer(value: str) -> bytes:
    chunk = KEY.sign_chunk(KEY.seed, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")  # of abc
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    last = KEY.sign_chunk(chunk, empty)
    line = f"x-amz-checksum-crc32:{base64.b64encode(zlib.crc32(b'abc').to_bytes(4, 'big')).decode()}"
    signature = KEY.sign_trailer(last, hashlib.sha256(f"{line}\n".encode()).hexdigest())
    return (
        f"3;chunk-signature={chunk}\r\nabc\r\n0;chunk-signature={last}\r\n{value or line}\r\n"
        f"x-amz-trailer-signature:{signature}\r\n\r\n"
    ).encode()


def test_a_signed_trailer_is_accepted_and_an_altered_one_is_not() -> None:
    inside, trailers = decoded(signed_trailer(""), KEY)
    assert (inside, list(trailers)) == (b"abc", ["x-amz-checksum-crc32"])
    with pytest.raises(faults.SignatureMismatch):
        decoded(signed_trailer("x-amz-checksum-crc32:AAAAAA=="), KEY)


def test_a_trailer_of_signed_chunks_must_be_signed() -> None:
    body = signed_trailer("").partition(b"x-amz-trailer-signature")[0] + b"\r\n"
    with pytest.raises(faults.MalformedTrailer):
        decoded(body, KEY)

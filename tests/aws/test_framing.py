import base64
import hashlib
import zlib
from typing import Any

import pytest

from sealgate.aws import faults
from sealgate.aws.framing import Intake, Received, parse_framing
from sealgate.aws.request import Request
from sealgate.services.objects.checksums import ALGORITHMS, encode_checksum, new_hasher

BODY = b"what was sent"
SHA256 = hashlib.sha256(BODY).hexdigest()


def checksum(algorithm: str, body: bytes = BODY) -> str:
    hasher = new_hasher(algorithm)
    hasher.update(body)
    return encode_checksum(hasher.digest())


def request(headers: dict[str, str]) -> Request:
    return Request(
        method="PUT", raw_path="/b/k", query=(), headers=headers, scheme="http", host="localhost", source_ip=""
    )


def take(headers: dict[str, str], body: bytes = BODY, *, is_s3: bool = True, **intake: Any) -> Received:
    framing = parse_framing(request(headers), is_s3=is_s3, has_checksums=True)
    inside = bytearray()
    taking = Intake(framing, inside.extend, limit=100, too_large=faults.RequestTooLarge(100, "X"), **intake)
    taking.feed(body)
    received = taking.finish()
    assert len(inside) == received.size
    return received


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_checksum_in_a_header_is_verified_and_handed_on(algorithm: str) -> None:
    header = f"x-amz-checksum-{algorithm}"
    headers = {header: checksum(algorithm), "x-amz-sdk-checksum-algorithm": algorithm.upper()}
    assert take(headers).checksums == {algorithm: checksum(algorithm)}
    with pytest.raises(faults.BadDigest, match=algorithm.upper()):
        take(headers, BODY + b"!")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_checksum_in_a_trailer_is_verified_and_handed_on(algorithm: str) -> None:
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(len(BODY)),
        "x-amz-trailer": f"x-amz-checksum-{algorithm}",
    }
    body = b"%x\r\n%s\r\n0\r\nx-amz-checksum-%s:" % (len(BODY), BODY, algorithm.encode())
    assert take(headers, body + checksum(algorithm).encode() + b"\r\n\r\n").checksums == {
        algorithm: checksum(algorithm)
    }
    with pytest.raises(faults.BadDigest):
        take(headers, body + checksum(algorithm, b"").encode() + b"\r\n\r\n")
    with pytest.raises(faults.MalformedTrailer):
        take(headers, b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY))
    with pytest.raises(faults.InvalidRequest):
        take(headers, body + b"nonsense\r\n\r\n")


def test_the_digests_of_a_body_are_those_of_its_bytes() -> None:
    received = take({"x-amz-content-sha256": SHA256}, with_md5=True)
    assert (received.size, received.sha256) == (len(BODY), SHA256)
    assert received.md5 == hashlib.md5(BODY, usedforsecurity=False).hexdigest()
    assert received.checksums == {}


@pytest.mark.parametrize("is_s3", [True, False])
def test_a_body_that_is_not_the_signed_one_is_refused(is_s3: bool) -> None:
    assert take({"x-amz-content-sha256": SHA256}, is_s3=is_s3).sha256 == SHA256
    with pytest.raises(faults.PayloadMismatch):
        take({"x-amz-content-sha256": SHA256}, b"another", is_s3=is_s3)


@pytest.mark.parametrize("value", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "nonsense"])
def test_only_s3_knows_unsigned_and_chunked_payloads(value: str) -> None:
    with pytest.raises(faults.PayloadMismatch):
        take({"x-amz-content-sha256": value}, is_s3=False)


def test_content_md5_is_verified() -> None:
    digest = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()
    assert take({"content-md5": digest}).size == len(BODY)
    with pytest.raises(faults.BadDigest, match="Content-MD5"):
        take({"content-md5": digest}, b"another")


@pytest.mark.parametrize("digest", ["nonsense", "", "AAAA", base64.b64encode(bytes(17)).decode()])
def test_a_content_md5_that_is_none_is_refused(digest: str) -> None:
    with pytest.raises(faults.InvalidDigest):
        take({"content-md5": digest})


@pytest.mark.parametrize("length", [len(BODY) - 1, len(BODY) + 1])
def test_another_length_than_announced_is_refused(length: int) -> None:
    with pytest.raises(faults.IncompleteBody):
        take({"content-length": str(length)})


def test_a_body_above_its_limit_is_refused_before_and_while_it_arrives() -> None:
    with pytest.raises(faults.RequestTooLarge, match="Request must be smaller than 100 bytes for the X operation"):
        take({"content-length": "101"}, b"")
    with pytest.raises(faults.RequestTooLarge):
        take({}, bytes(101))
    assert take({}, bytes(100)).size == 100


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-content-sha256": "STREAMING-NONSENSE"},
        {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
        {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-trailer": "x-amz-checksum-crc32"},
        {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-trailer": "x-amz-meta-a"},
        {"x-amz-checksum-crc32": checksum("crc32"), "x-amz-checksum-sha1": checksum("sha1")},
        {"x-amz-checksum-crc32": "AAAA"},
        {"x-amz-checksum-sha256": "not base64"},
        {"x-amz-sdk-checksum-algorithm": "CRC32"},
        {"x-amz-sdk-checksum-algorithm": "SHA1", "x-amz-checksum-crc32": checksum("crc32")},
        {"content-length": "many"},
        {"content-length": "-1"},
    ],
)
def test_headers_that_contradict_each_other_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(faults.InvalidRequest):
        take(headers)


def test_a_crc_is_written_as_s3_writes_it() -> None:
    assert checksum("crc32") == base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
    assert checksum("crc32c", b"123456789") == base64.b64encode(bytes.fromhex("e3069283")).decode()
    assert checksum("crc64nvme", b"123456789") == base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode()

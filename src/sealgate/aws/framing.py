"""How a body is framed and what it must be, read from the headers; and the check that it is so, byte by byte.

A body is believed only after `Intake.finish`: its length, its SHA-256 where one was signed, Content-MD5, checksums in
headers or trailers, and the signature of every chunk. Whatever does not fit ends in an error, and nothing happened.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sealgate.aws import faults
from sealgate.aws.chunked import ChunkedDecoder, ChunkKey
from sealgate.aws.request import Request
from sealgate.services.objects.checksums import ALGORITHMS, encode_checksum, new_hasher

UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = frozenset({"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"})
CHUNKED = SIGNED_CHUNKS | {"STREAMING-UNSIGNED-PAYLOAD-TRAILER"}

_HEX_SHA256 = re.compile(r"[0-9a-f]{64}")
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)
_MD5_SIZE = 16
_CHECKSUM_HEADER = "x-amz-checksum-"
_ALGORITHM_HEADER = "x-amz-sdk-checksum-algorithm"


class Framing(NamedTuple):
    """What a request says of its body.

    Attributes:
        payload_hash: The header x-amz-content-sha256: a hash, or one of the words of S3; None without it.
        length: Bytes inside the framing, where announced.
        md5: Of the bytes inside, where given.
        checksums: Algorithm -> value, where given in headers.
        trailer: The algorithm whose value follows the body; None: no trailer is announced.
    """

    payload_hash: str | None
    length: int | None
    md5: bytes | None
    checksums: Mapping[str, bytes]
    trailer: str | None

    @property
    def is_chunked(self) -> bool:
        """Whether the body has `aws-chunked` framing."""
        return self.payload_hash in CHUNKED

    @property
    def has_signed_chunks(self) -> bool:
        """Whether each chunk is signed."""
        return self.payload_hash in SIGNED_CHUNKS

    @property
    def has_expectations(self) -> bool:
        """Whether even an empty body could fail to be what is announced."""
        return self.payload_hash is not None or bool(self.length) or self.has_digest

    @property
    def has_digest(self) -> bool:
        """Whether Content-MD5 or a checksum is given or announced."""
        return self.md5 is not None or bool(self.checksums) or self.trailer is not None


def parse_framing(request: Request, *, is_s3: bool, has_checksums: bool) -> Framing:
    """Read what a request says of its body.

    Args:
        request: Headers, those of a presigned link's query included.
        is_s3: Only S3 knows unsigned and chunked payloads, and digests in headers.
        has_checksums: Whether checksum headers are the body's; of CompleteMultipartUpload they are the object's.

    Raises:
        InvalidRequest, InvalidDigest: The headers have no meaning, or contradict each other.
        PayloadMismatch: What stands for the payload's hash is none.
    """
    declared = request.headers.get("x-amz-content-sha256")
    if not is_s3:
        if declared is not None and not _HEX_SHA256.fullmatch(declared):
            raise faults.PayloadMismatch
        announced = _parse_length(request.headers.get("content-length"))
        return Framing(payload_hash=declared, length=announced, md5=None, checksums={}, trailer=None)
    if (
        declared is not None
        and declared != UNSIGNED
        and declared not in CHUNKED
        and not _HEX_SHA256.fullmatch(declared)
    ):
        raise faults.InvalidRequest(
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, or a valid sha256 value."
        )
    given, trailer = _parse_checksums(request) if has_checksums else ({}, None)
    if (trailer is not None) is not (declared in CHUNKED and str(declared).endswith("-TRAILER")):
        raise faults.InvalidRequest("x-amz-trailer and x-amz-content-sha256 contradict each other.")
    length = "x-amz-decoded-content-length" if declared in CHUNKED else "content-length"
    return Framing(
        payload_hash=declared,
        length=_parse_length(request.headers.get(length)),
        md5=_parse_md5(request.headers.get("content-md5")),
        checksums=given,
        trailer=trailer,
    )


def _parse_checksums(request: Request) -> tuple[dict[str, bytes], str | None]:
    given = {
        algorithm: _parse_checksum(algorithm, request.headers[_CHECKSUM_HEADER + algorithm])
        for algorithm in ALGORITHMS
        if _CHECKSUM_HEADER + algorithm in request.headers
    }
    trailer = request.headers.get("x-amz-trailer")
    announced = None if trailer is None else trailer.strip().lower().removeprefix(_CHECKSUM_HEADER)
    if announced is not None and announced not in ALGORITHMS:
        raise faults.InvalidRequest("The value specified in the x-amz-trailer header is not supported")
    if len(given) + (announced is not None) > 1:
        raise faults.InvalidRequest(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    named = request.headers.get(_ALGORITHM_HEADER)
    if named is not None and named.lower() not in (*given, announced):
        raise faults.InvalidRequest(
            f"{_ALGORITHM_HEADER} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
        )
    return given, announced


def _parse_checksum(algorithm: str, text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != len(new_hasher(algorithm).digest()):
        raise faults.InvalidRequest(f"Value for {_CHECKSUM_HEADER}{algorithm} header is invalid.")
    return value


def _parse_length(text: str | None) -> int | None:
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        raise faults.InvalidRequest("The announced length of the body is not a number.")
    return int(text)


def _parse_md5(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != _MD5_SIZE:
        raise faults.InvalidDigest("Content-MD5")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A body that is what its headers say.

    Attributes:
        size: Bytes inside the framing.
        sha256: Of them, in hexadecimal digits.
        md5: Of them, in hexadecimal digits; empty where nobody asked.
        checksums: Those that the sender gave, in base64.
    """

    size: int
    sha256: str
    md5: str
    checksums: Mapping[str, str]


class Intake:
    """Takes a body in, piece by piece.

    Args:
        framing: What it must be.
        write: Takes the bytes inside the framing.
        limit: More bytes than this are refused at once.
        too_large: What is raised then.
        key: Verifies the chunks' signatures.
        with_md5: Compute the MD5 even if the sender gave none.
    """

    def __init__(
        self,
        framing: Framing,
        write: Callable[[bytes], object],
        *,
        limit: int,
        too_large: Exception,
        key: ChunkKey | None = None,
        with_md5: bool = False,
    ) -> None:
        self._framing, self._write = framing, write
        self._limit, self._too_large = limit, too_large
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False) if with_md5 or framing.md5 is not None else None
        wanted = [*framing.checksums, *([framing.trailer] if framing.trailer else ())]
        self._running = {algorithm: new_hasher(algorithm) for algorithm in wanted if algorithm != "sha256"}
        is_signed = framing.has_signed_chunks
        self._decoder = ChunkedDecoder(self._take, is_signed=is_signed, key=key) if framing.is_chunked else None
        if framing.length is not None and framing.length > limit:
            raise too_large

    def feed(self, data: bytes) -> None:
        """Take the next bytes as they came off the connection.

        Raises:
            SealgateError: They cannot belong to the announced body.
        """
        if self._decoder is None:
            self._take(data)
        else:
            self._decoder.feed(data)

    def _take(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._limit:
            raise self._too_large
        self._sha256.update(data)
        if self._md5 is not None:
            self._md5.update(data)
        for running in self._running.values():
            running.update(data)
        self._write(data)

    def finish(self) -> Received:
        """Answer what arrived.

        Raises:
            SealgateError: It is not what was announced, or not what was signed.
        """
        trailers = self._decoder.finish() if self._decoder else {}
        framing, sha256 = self._framing, self._sha256.hexdigest()
        if framing.length is not None and self._size != framing.length:
            raise faults.IncompleteBody
        if framing.payload_hash not in (None, UNSIGNED, *CHUNKED, sha256):
            raise faults.PayloadMismatch
        if framing.md5 is not None and self._md5 is not None and self._md5.digest() != framing.md5:
            raise faults.BadDigest("Content-MD5")
        return Received(
            size=self._size,
            sha256=sha256,
            md5=self._md5.hexdigest() if self._md5 else "",
            checksums=self._check_checksums(trailers),
        )

    def _check_checksums(self, trailers: Mapping[str, str]) -> dict[str, str]:
        expected = dict(self._framing.checksums)
        trailer = self._framing.trailer
        if trailers.keys() != ({_CHECKSUM_HEADER + trailer} if trailer else set()):
            raise faults.MalformedTrailer
        if trailer:
            expected[trailer] = _parse_checksum(trailer, trailers[_CHECKSUM_HEADER + trailer])
        for algorithm, value in expected.items():
            actual = self._sha256 if algorithm == "sha256" else self._running[algorithm]
            if actual.digest() != value:
                raise faults.BadDigest(algorithm.upper())
        return {algorithm: encode_checksum(value) for algorithm, value in expected.items()}

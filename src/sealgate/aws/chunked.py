"""The `aws-chunked` framing of S3 bodies: chunks that may be signed one by one, and trailing checksums.

As in the Amazon S3 API reference, "Signature calculations: transferring a payload in multiple chunks" and "Trailing
checksums". Bytes are handed on as they arrive; nothing may be believed of them before `finish` has returned.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sealgate.aws.faults import IncompleteBody, InvalidRequest, MalformedTrailer, SignatureMismatch
from sealgate.aws.request import EMPTY_SHA256
from sealgate.aws.sigv4 import CredentialScope

MAX_LINE = 2048
"""Bytes of a chunk's header line or of one trailer; what clients send is a tenth of that."""

MAX_TRAILERS = 4

_HEADER = re.compile(rb"([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkKey:
    """What the signatures of chunks are made with.

    Attributes:
        key: The derived signing key.
        seed: The signature of the request itself, which the first chunk's builds on.
    """

    key: bytes
    timestamp: str
    scope: CredentialScope
    seed: str

    def sign_chunk(self, previous: str, sha256: str) -> str:
        """Sign a chunk, given the signature before it and the hash of its bytes."""
        return self._sign("AWS4-HMAC-SHA256-PAYLOAD", previous, EMPTY_SHA256, sha256)

    def sign_trailer(self, previous: str, sha256: str) -> str:
        """Sign the trailers, given the last chunk's signature and the hash of their lines."""
        return self._sign("AWS4-HMAC-SHA256-TRAILER", previous, sha256)

    def _sign(self, algorithm: str, previous: str, *hashes: str) -> str:
        text = "\n".join((algorithm, self.timestamp, str(self.scope), previous, *hashes))
        return hmac.digest(self.key, text.encode("latin-1"), "sha256").hex()


class ChunkedDecoder:
    """Takes the framing off, piece by piece.

    Args:
        write: Takes the bytes inside.
        is_signed: Whether every chunk has a signature; otherwise none may have one.
        key: Verifies the signatures; None where nothing is verified.
    """

    def __init__(self, write: Callable[[bytes], object], *, is_signed: bool, key: ChunkKey | None) -> None:
        self._write = write
        self._is_signed = is_signed
        self._key = key
        self._signature = key.seed if key else ""
        self._claimed = ""
        self._hash = hashlib.sha256()
        self._buffer = bytearray()
        self._left = 0
        self._state = self._read_header
        self._trailers: dict[str, str] = {}

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body.

        Raises:
            InvalidRequest: The framing is broken.
            SignatureMismatch: A chunk is not what was signed.
        """
        self._buffer += data
        while self._state():
            pass

    def finish(self) -> Mapping[str, str]:
        """Answer the trailers: lower-case name -> value, their signature verified and left out.

        Raises:
            IncompleteBody: The body ended early.
            SignatureMismatch: The trailers are not what was signed.
            MalformedTrailer: Signed trailers lack their signature.
        """
        if self._state != self._ended or self._buffer:
            raise IncompleteBody
        signature = self._trailers.pop(_TRAILER_SIGNATURE, None)
        if self._key is not None and (self._trailers or signature is not None):
            if signature is None:
                raise MalformedTrailer
            lines = "".join(f"{name}:{value}\n" for name, value in self._trailers.items())
            expected = self._key.sign_trailer(self._signature, hashlib.sha256(lines.encode("latin-1")).hexdigest())
            if not hmac.compare_digest(expected.encode(), signature.encode()):
                raise SignatureMismatch
        return self._trailers

    def _read_header(self) -> bool:
        line = self._take_line()
        if line is None:
            return False
        match = _HEADER.fullmatch(line)
        if match is None or (match[2] is not None) is not self._is_signed:
            raise InvalidRequest("A chunk of the body has no header of the announced form.")
        self._left = int(match[1], 16)
        self._claimed = (match[2] or b"").decode()
        self._hash = hashlib.sha256()
        self._state = self._read_data if self._left else self._read_trailer
        if not self._left:
            self._verify_chunk()
        return True

    def _read_data(self) -> bool:
        data = bytes(self._buffer[: self._left])
        del self._buffer[: len(data)]
        self._left -= len(data)
        if data:
            if self._key is not None:
                self._hash.update(data)
            self._write(data)
        if self._left:
            return False
        self._verify_chunk()
        self._state = self._read_end_of_chunk
        return True

    def _read_end_of_chunk(self) -> bool:
        line = self._take_line()
        if line is None:
            return False
        if line:
            raise InvalidRequest("A chunk of the body is longer than its header says.")
        self._state = self._read_header
        return True

    def _read_trailer(self) -> bool:
        line = self._take_line()
        if line is None:
            return False
        if not line:
            self._state = self._ended
            return True
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or len(self._trailers) == MAX_TRAILERS or name.lower() in self._trailers:
            raise MalformedTrailer
        self._trailers[name.lower()] = value.strip()
        return True

    def _ended(self) -> bool:
        return False

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\n", 0, MAX_LINE)
        if end < 0:
            if len(self._buffer) >= MAX_LINE:
                raise InvalidRequest("A line of the body's framing is too long.")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.removesuffix(b"\r")

    def _verify_chunk(self) -> None:
        if self._key is None:
            return
        self._signature = self._key.sign_chunk(self._signature, self._hash.hexdigest())
        if not hmac.compare_digest(self._signature, self._claimed):
            raise SignatureMismatch

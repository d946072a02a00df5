"""Whole packages in AWS's bare format: that block, archive and digest are about one and the same file."""

from __future__ import annotations

import hashlib
import struct
import zlib

import pytest

from sealgate.errors import IntegrityError
from sealgate.package.layout import SIGNATURE_NAME, signature_header, signature_record
from sealgate.package.source import BytesSource
from sealgate.trust.assessment import Assessment
from sealgate.trust.verify import verify_package
from tests.support.authority import NOW, aws_recipe, aws_root, trust
from tests.support.dissect import Part, assemble, dissect
from tests.support.zips import DEFLATED, STORED, Member, extra_field, folder, write_zip

CONTENTS = (Member(b"handler.py", b"def handler(): pass\n", DEFLATED), folder(b"META_INF/"))


def signed(method: int = STORED) -> bytes:
    """A package as AWS Signer makes it; stored, its signature stands where ours do."""
    digest = hashlib.sha384(b"".join(member.name + member.body for member in CONTENTS)).digest()
    block = aws_recipe(content_digest=digest).build()
    return write_zip([*CONTENTS, Member(SIGNATURE_NAME, block, method, mode=None)])


def verify(package: bytes) -> Assessment:
    return verify_package(BytesSource(package), roots=trust(aws_root()), at=NOW)


def with_extra(part: Part, local: bytes, record: bytes) -> Part:
    """Give an entry extra fields of the kind that holds times."""
    local, record = extra_field(0x5455, local), extra_field(0x5455, record)
    patched = part.patched(local=28, record=30, value=struct.pack("<H", len(local)))
    sized = patched.patched(local=None, record=30, value=struct.pack("<H", len(record)))
    return Part(local=sized.local + local, record=sized.record + record)


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_a_package_in_awss_format_is_accepted(method: int) -> None:
    signature = verify(signed(method)).signature
    assert signature is not None
    assert not signature.sealed


def test_a_signature_hidden_in_another_entrys_extra_fields_is_refused() -> None:
    """Ours found it by the layout of the file's end; to every other reader the package is unsigned."""
    handler, meta, signature = dissect(signed())
    block = signature.body
    checksum, length = zlib.crc32(block), len(block)
    header = signature_header(checksum, length) + block
    offset = len(handler.local) + len(meta.local) + len(extra_field(0x5455, b""))
    hidden = with_extra(meta, header, signature_record(checksum, length, offset))
    with pytest.raises(IntegrityError) as caught:
        verify(assemble([handler, hidden]))
    assert caught.value.reason == "SignatureEntryAltered"

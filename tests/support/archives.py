"""Shorthand for tests that read archives."""

from __future__ import annotations

import os
import re

import pytest

from sealgate.errors import PackageError
from sealgate.package.archive import SIGNING, Archive, Rules, parse_archive
from sealgate.package.digest import digest_contents
from sealgate.package.embed import PreparedPackage, embed_signature, prepare_package
from sealgate.package.source import BytesSource

BLOCK = b"-----BEGIN PKCS7-----\nnot judged by this layer\n-----END PKCS7-----\n"


def read(package: bytes, rules: Rules = SIGNING) -> Archive:
    return parse_archive(BytesSource(package), rules=rules)


def refused(package: bytes, rule: str, rules: Rules = SIGNING) -> PackageError:
    """Assert that an archive is refused by its structure or its data, for a reason that contains these words."""
    with pytest.raises(PackageError, match=re.escape(rule)) as caught:
        digest_contents(read(package, rules))
    return caught.value


def seal_bytes(package: bytes, block: bytes = BLOCK) -> tuple[bytes, PreparedPackage]:
    """Write the signed layout around any block."""
    prepared = prepare_package(BytesSource(package))
    descriptor = os.memfd_create("sealed")
    try:
        size = embed_signature(prepared, block, descriptor)
        return os.pread(descriptor, size + 1, 0), prepared
    finally:
        os.close(descriptor)

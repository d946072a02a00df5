import pytest

from sealgate.package.archive import SIGNATURE_NAME
from sealgate.package.files import BytesSource
from sealgate.services.functions.package_contents import carries_signature
from tests.support.deployment import zip_of

MEBIBYTE = 1 << 20


@pytest.mark.parametrize("offset", [0, 7, MEBIBYTE - 5, MEBIBYTE, 2 * MEBIBYTE - len(SIGNATURE_NAME)])
def test_a_signature_is_found_anywhere_in_what_is_no_archive(offset: int) -> None:
    assert carries_signature(BytesSource(bytes(offset) + SIGNATURE_NAME + b"\0"))


@pytest.mark.parametrize("data", [b"", bytes(MEBIBYTE + 1), SIGNATURE_NAME[:-1], zip_of({"a.txt": SIGNATURE_NAME})])
def test_no_signature_is_found_where_none_is(data: bytes) -> None:
    """An archive that can be read is asked for its entries, whatever stands in them."""
    assert not carries_signature(BytesSource(data))

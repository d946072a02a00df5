import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.cms.ber import (
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    EnvelopeError,
    Reader,
    encode,
    encode_integer,
    encode_set_of,
    parse_integer,
    verify_der,
)
from sealgate.cms.oids import encode_oid, format_oid


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_what_is_encoded_is_read_back(size: int) -> None:
    encoded = encode(OCTET_STRING, bytes(size))
    reader = Reader(encoded)
    assert reader.read(OCTET_STRING) == bytes(size)
    assert reader.is_at_end()


@settings(deadline=None)
@given(st.integers(min_value=-(2**200), max_value=2**200))
def test_an_integer_has_one_encoding_which_is_read_back(value: int) -> None:
    assert parse_integer(Reader(encode_integer(value)).read(INTEGER)) == value


@pytest.mark.parametrize("content", [b"", b"\0\0", b"\0\x7f", b"\xff\xff", b"\xff\x80"])
def test_an_integer_in_a_longer_form_is_refused(content: bytes) -> None:
    with pytest.raises(EnvelopeError):
        parse_integer(content)


MALFORMED = {
    "nothing": b"",
    "a tag alone": b"\x04",
    "a length that is not minimal": b"\x04\x81\x01a",
    "a length with leading zeros": b"\x04\x82\x00\x80" + bytes(128),
    "a length of five bytes": b"\x04\x85\x00\x00\x00\x00\x01a",
    "a length that is cut short": b"\x04\x82\x01",
    "a reserved length": b"\x04\xff",
    "more than there is": b"\x04\x02a",
    "an indefinite length": b"\x24\x80\x04\x01a\0\0",
    "a tag of several bytes": b"\x1f\x81\x01\x00",
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_nodes_are_refused(what: str) -> None:
    data = MALFORMED[what]
    with pytest.raises(EnvelopeError):
        Reader(data).read_raw()
    if data:
        with pytest.raises(EnvelopeError):
            verify_der(data)


def test_another_tag_than_expected_is_refused() -> None:
    with pytest.raises(EnvelopeError, match="expected tag 0x02"):
        Reader(encode(OCTET_STRING)).read(INTEGER)


def test_what_nobody_reads_is_refused() -> None:
    with (
        pytest.raises(EnvelopeError, match="unexpected data"),
        Reader(encode(SEQUENCE, encode_integer(1))).enter(SEQUENCE),
    ):
        pass


def test_an_indefinite_node_is_read_only_where_allowed() -> None:
    data = b"\x30\x80" + encode_integer(5) + b"\0\0" + encode_integer(6)
    reader = Reader(data)
    with reader.enter(SEQUENCE, indefinite=True) as inside:
        assert parse_integer(inside.read(INTEGER)) == 5
    assert parse_integer(reader.read(INTEGER)) == 6
    with pytest.raises(EnvelopeError):
        Reader(data).enter(SEQUENCE)


@pytest.mark.parametrize("data", [b"\x30\x80", b"\x30\x80\0", b"\x30\x80\x02\x01\x05"])
def test_an_indefinite_node_without_an_end_is_refused(data: bytes) -> None:
    def read() -> None:
        with Reader(data).enter(SEQUENCE, indefinite=True) as inside:
            while not inside.is_at_end():
                inside.read_raw()

    with pytest.raises(EnvelopeError):
        read()


def test_an_indefinite_node_ends_inside_its_parent() -> None:
    inner = b"\x30\x80" + encode_integer(5)
    reader = Reader(encode(SEQUENCE, inner) + b"\0\0")

    def read() -> None:
        with reader.enter(SEQUENCE) as outer, outer.enter(SEQUENCE, indefinite=True) as inside:
            inside.read(INTEGER)

    with pytest.raises(EnvelopeError):
        read()


def test_der_nests_at_most_so_deep() -> None:
    def nested(depth: int) -> bytes:
        data = encode(OCTET_STRING)
        for _ in range(depth):
            data = encode(SEQUENCE, data)
        return data

    verify_der(nested(32))
    with pytest.raises(EnvelopeError, match="nested deeper"):
        verify_der(nested(33))
    with pytest.raises(EnvelopeError, match="nested deeper"):
        verify_der(nested(5000))


def test_a_set_is_sorted_by_its_encodings() -> None:
    members = [encode(OCTET_STRING, b"bb"), encode(OCTET_STRING, b"a"), encode_integer(9)]
    assert encode_set_of(members) == encode(SET, encode_integer(9), members[1], members[0])


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_our_error(data: bytes) -> None:
    try:
        verify_der(data)
    except EnvelopeError:
        return
    reader = Reader(data)
    while not reader.is_at_end():
        reader.read_raw()


@pytest.mark.parametrize("dotted", ["1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.2", "2.999.1", "0.9", "1.39.0"])
def test_an_object_identifier_is_written_as_it_was_given(dotted: str) -> None:
    assert format_oid(encode_oid(dotted)) == dotted


@pytest.mark.parametrize("content", [b"", b"\x80\x01", b"\x2a\x80", b"\x2a\x80\x01", b"\x2a" + b"\xff" * 20 + b"\x01"])
def test_a_malformed_object_identifier_is_refused(content: bytes) -> None:
    with pytest.raises(EnvelopeError):
        format_oid(encode(6, content))

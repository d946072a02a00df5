"""What a function can be handed."""

import pytest

from sealgate.services.invocations.errors import PayloadTooLarge, UnreadablePayload
from sealgate.services.invocations.payloads import MAX_ASYNCHRONOUS, MAX_SYNCHRONOUS, check_payload


def text_of(size: int) -> bytes:
    return b'"' + b"a" * (size - 2) + b'"'


def test_without_a_payload_the_event_is_empty() -> None:
    assert check_payload(b"", kind="RequestResponse") == b"{}"


@pytest.mark.parametrize("payload", [b"null", b"1", b'"a"', b"[]", b' {"a": 1} '])
def test_json_is_handed_over_as_it_came(payload: bytes) -> None:
    assert check_payload(payload, kind="Event") is payload


@pytest.mark.parametrize("payload", [b"{", b"a", b"\xff", b'{"a": NaN}'])
def test_what_is_not_json_is_refused(payload: bytes) -> None:
    with pytest.raises(UnreadablePayload, match="Could not parse request body into json"):
        check_payload(payload, kind="RequestResponse")


@pytest.mark.parametrize(("kind", "limit"), [("RequestResponse", MAX_SYNCHRONOUS), ("Event", MAX_ASYNCHRONOUS)])
def test_each_kind_takes_so_much(kind: str, limit: int) -> None:
    assert len(check_payload(text_of(limit), kind=kind)) == limit
    with pytest.raises(PayloadTooLarge, match=f"{limit + 1} byte payload is too large for the {kind} invocation type"):
        check_payload(text_of(limit + 1), kind=kind)

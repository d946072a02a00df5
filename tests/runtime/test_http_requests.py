"""Requests of a process, from bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealgate.runtime.http_requests import MAX_HEADER_BYTES, BadRequest, RequestReader

POST = b"POST /x HTTP/1.1\r\nA-Name: one\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = b"POST /y HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
GET = b"GET /z HTTP/1.1\r\nConnection: close\r\n\r\n"


@given(st.lists(st.integers(1, 40)))
def test_requests_are_read_however_they_are_cut(cuts: list[int]) -> None:
    reader, data, requests = RequestReader(100), POST + CHUNKED + GET, []
    for cut in cuts:
        requests += reader.feed(data[:cut])
        data = data[cut:]
    requests += reader.feed(data)

    found = [(each.method, each.target, each.body, each.is_last) for each in requests]
    assert found == [("POST", "/x", b"abc", False), ("POST", "/y", b"def", False), ("GET", "/z", b"", True)]
    assert requests[0].headers == {"a-name": "one", "content-length": "3"}


def test_a_body_above_the_limit_is_read_and_thrown_away() -> None:
    (request, following) = RequestReader(2).feed(POST + GET)
    assert (request.is_too_large, request.body, following.target) == (True, b"", "/z")


def test_a_client_that_waits_before_it_sends_is_noticed() -> None:
    reader = RequestReader(100)
    assert reader.feed(b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n") == []
    assert reader.wants_continue


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"x" * MAX_HEADER_BYTES,
        b"GET /" + b"x" * MAX_HEADER_BYTES,
        b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest):
        RequestReader(100).feed(data)

"""What a connection takes from strangers, and how long it waits for them, on a loop with a clock of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from sealgate.aws.sending import WHOLE_ANSWER, Headers
from sealgate.server.connection import MAX_HEAD_BYTES, MAX_HEADERS, MAX_WAIT_SECONDS, BoundedProtocol

HEAD = b"PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\n"


class Handle:
    def cancel(self) -> None:
        """Nothing here fires by itself."""


@dataclass(slots=True)
class Loop:
    """Runs nothing and waits for nothing: a test says what time it is, and when timers are looked at."""

    now: float = 0.0
    timers: list[Callable[[], None]] = field(default_factory=list)
    requests: int = 0

    def time(self) -> float:
        return self.now

    def call_later(self, _delay: float, callback: Callable[[], None]) -> Handle:
        self.timers.append(callback)
        return Handle()

    def call_soon(self, callback: Callable[[], None]) -> None:
        callback()

    def create_task(self, coroutine: Coroutine[Any, Any, None], **_: object) -> "asyncio.Future[None]":
        coroutine.close()
        self.requests += 1
        loop = asyncio.new_event_loop()
        try:
            return loop.create_future()
        finally:
            loop.close()

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds
        due, self.timers = self.timers, []
        for timer in due:
            timer()


@dataclass(slots=True)
class Transport:
    sent: bytes = b""
    writes: int = 0
    is_closed: bool = False

    def write(self, data: bytes) -> None:
        self.sent += data
        self.writes += 1

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def get_extra_info(self, _name: str) -> None:
        return None

    def pause_reading(self) -> None:
        """Nothing arrives by itself."""

    resume_reading = pause_reading


@dataclass(slots=True)
class Connection:
    loop: Loop
    transport: Transport
    protocol: BoundedProtocol

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            if not self.transport.is_closed:
                self.protocol.data_received(piece)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Stands for the application; the loop does not run it."""


@pytest.fixture
def connection() -> Connection:
    loop, transport = Loop(), Transport()
    config = uvicorn.Config(application, ws="none", lifespan="off", log_config=None)
    config.load()
    protocol = BoundedProtocol(config, ServerState(), {}, cast("Any", loop))
    protocol.connection_made(cast("Any", transport))
    return Connection(loop, transport, protocol)


PIECE = b"a" * 1024
ENOUGH = MAX_HEAD_BYTES // len(PIECE) + 2


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([b"GET /", *[PIECE] * ENOUGH], id="target"),
        pytest.param([HEAD + b"x-long: ", *[PIECE] * ENOUGH], id="header"),
        pytest.param([HEAD, *[b"x-short: a\r\n" * 100] * ENOUGH], id="headers"),
        pytest.param([HEAD + b"x: y\r\n" * MAX_HEADERS + b"\r\n"], id="many"),
        pytest.param([HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;", *[PIECE] * ENOUGH], id="chunk"),
        pytest.param(
            [HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", *[b"x: y\r\n" * 99] * ENOUGH * 2], id="trailers"
        ),
    ],
)
def test_what_has_no_end_is_refused_while_it_is_small(connection: Connection, pieces: list[bytes]) -> None:
    connection.send(*pieces)
    assert connection.transport.is_closed
    assert connection.transport.sent.startswith(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n")
    assert b"<Code>RequestHeaderSectionTooLarge</Code>" in connection.transport.sent


def test_a_body_may_be_as_long_as_it_likes(connection: Connection) -> None:
    connection.send(HEAD + b"Content-Length: 1024000\r\n\r\n", *[PIECE] * 1000, HEAD + b"Content-Length: 0\r\n\r\n")
    assert not connection.transport.is_closed
    assert connection.transport.sent == b""


@pytest.mark.parametrize(
    "data",
    [
        b"no request\r\n\r\n",
        "GET /ü HTTP/1.1\r\n\r\n".encode(),
        b"GET / HTTP/1.1\r\nx: y\0\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_request_is_answered_with_an_id_and_the_connection_closed(
    connection: Connection, data: bytes
) -> None:
    connection.send(data)
    assert connection.transport.is_closed
    assert b"\r\nx-amz-request-id: " in connection.transport.sent
    assert b"<Code>BadRequest</Code>" in connection.transport.sent
    assert connection.loop.requests == 0


def test_what_follows_a_whole_request_does_not_answer_it(connection: Connection) -> None:
    connection.send(HEAD + b"Content-Length: 0\r\n\r\nno request\r\n\r\n")
    assert connection.loop.requests == 1
    assert not connection.transport.is_closed
    assert connection.transport.sent == b""
    assert connection.protocol.cycle.keep_alive is False


def test_a_body_that_breaks_off_is_refused_and_its_reader_told(connection: Connection) -> None:
    connection.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"no chunk\r\n")
    assert connection.transport.is_closed
    assert b"<Code>BadRequest</Code>" in connection.transport.sent
    assert connection.protocol.cycle.disconnected


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"


def test_an_upgrade_is_passed_over_and_its_body_refused_by_name(connection: Connection) -> None:
    connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + UPGRADE + b"\r\n")
    assert connection.loop.requests == 1
    assert connection.protocol.cycle.keep_alive is False


def test_the_body_of_a_request_that_asks_for_an_upgrade_is_refused(connection: Connection) -> None:
    connection.send(HEAD + UPGRADE + b"Content-Length: 5\r\n\r\nhello")
    assert connection.loop.requests == 0
    assert connection.transport.sent.startswith(b"HTTP/1.1 501 Not Implemented\r\n")
    assert b"must not ask for an upgrade" in connection.transport.sent


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param([], id="nothing"),
        pytest.param([b"\r\n"], id="a line's end"),
        pytest.param([HEAD], id="a head"),
        pytest.param([HEAD + b"Content-Length: 5\r\n\r\nab"], id="a body"),
    ],
)
def test_a_client_that_stops_in_the_middle_is_let_go(connection: Connection, begun: list[bytes]) -> None:
    connection.send(*begun)
    connection.loop.pass_seconds(MAX_WAIT_SECONDS - 1)
    assert not connection.transport.is_closed
    connection.loop.pass_seconds(1)
    assert connection.transport.is_closed


def test_a_head_that_comes_drop_by_drop_is_not_waited_for(connection: Connection) -> None:
    connection.send(HEAD)
    for _ in range(4):
        connection.loop.pass_seconds(MAX_WAIT_SECONDS / 4)
        connection.send(b"x: y\r\n")
    assert connection.transport.is_closed


@pytest.mark.parametrize(
    "waiting",
    [
        pytest.param(b"Content-Length: 5\r\n\r\nhello", id="whole"),
        pytest.param(b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", id="not asked for"),
        pytest.param(b"Content-Length: 999999\r\n\r\n" + b"a" * 99_999, id="not read"),
    ],
)
def test_a_client_that_waits_for_the_server_may_wait(connection: Connection, waiting: bytes) -> None:
    connection.send(HEAD + waiting)
    connection.loop.pass_seconds(10 * MAX_WAIT_SECONDS)
    connection.loop.pass_seconds(10 * MAX_WAIT_SECONDS)
    assert not connection.transport.is_closed


def test_a_body_that_goes_on_is_waited_for(connection: Connection) -> None:
    connection.send(HEAD + b"Content-Length: 100\r\n\r\n")
    for _ in range(10):
        connection.loop.pass_seconds(MAX_WAIT_SECONDS / 2)
        connection.send(b"a")
    assert not connection.transport.is_closed


def answer(cycle: RequestResponseCycle, *pieces: bytes) -> None:
    """Answer a request with a body in pieces."""
    length = b"%d" % sum(map(len, pieces))
    messages: list[Any] = [{"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]}]
    messages += [{"type": "http.response.body", "body": piece, "more_body": True} for piece in pieces[:-1]]
    messages.append({"type": "http.response.body", "body": pieces[-1]})

    async def send() -> None:
        for message in messages:
            await cycle.send(message)

    asyncio.run(send())


def answer_whole(connection: Connection, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> bool:
    """Answer the last request at once, as the application does where the server can."""
    return send_of(connection)(status, headers, body)


def send_of(connection: Connection) -> Callable[[int, Headers, bytes], bool]:
    """Answer what takes the whole answer to the last request."""
    extensions = connection.protocol.scope["extensions"]
    assert extensions is not None
    return cast("Callable[[int, Headers, bytes], bool]", extensions[WHOLE_ANSWER]["send"])


def test_a_whole_answer_is_one_write_and_the_connection_goes_on(connection: Connection) -> None:
    for number in (1, 2):
        connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer_whole(connection, 404, [(b"content-length", b"4")], b"body")
        assert connection.transport.writes == number
        assert connection.protocol.cycle.response_complete
    assert connection.transport.sent.count(b"HTTP/1.1 404 Not Found\r\n") == 2
    assert connection.transport.sent.endswith(b"content-length: 4\r\n\r\nbody")
    assert not connection.transport.is_closed


@pytest.mark.parametrize(
    ("request_", "headers"),
    [
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", [], id="older"),
        pytest.param(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", [], id="asked for by the client"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", [(b"connection", b"close")], id="asked for by the application"),
    ],
)
def test_the_last_answer_of_a_connection_goes_by_messages(
    connection: Connection, request_: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    connection.send(request_)
    assert not answer_whole(connection, 200, [*headers, (b"content-length", b"0")], b"")
    assert not connection.transport.sent
    assert not connection.protocol.cycle.response_started


def test_nothing_more_is_written_to_a_client_that_does_not_read_or_has_gone(connection: Connection) -> None:
    connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    connection.protocol.pause_writing()
    assert not answer_whole(connection, 200, [], b"")
    connection.protocol.resume_writing()
    connection.protocol.connection_lost(None)
    assert not answer_whole(connection, 200, [], b"")
    assert not connection.transport.sent


def test_whole_answers_keep_the_order_of_their_requests(connection: Connection) -> None:
    connection.send(b"GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    first = send_of(connection)
    connection.send(b"GET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert connection.loop.requests == 1
    assert first(200, [(b"content-length", b"3")], b"one")
    assert not first(200, [(b"content-length", b"3")], b"one")
    assert connection.loop.requests == 2
    assert answer_whole(connection, 200, [(b"content-length", b"3")], b"two")
    assert connection.transport.sent.endswith(b"\r\n\r\ntwo")


def test_a_request_that_waits_for_the_answer_to_another_is_answered_next(connection: Connection) -> None:
    connection.send(b"GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    first = connection.protocol.cycle
    connection.send(b"GET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer(first, b"one")
    assert connection.loop.requests == 2
    answer(connection.protocol.cycle, b"two")
    assert connection.transport.sent.count(b"HTTP/1.1 200 OK") == 2
    assert connection.transport.sent.endswith(b"\r\n\r\ntwo")


def test_whoever_was_answered_has_a_while_to_ask_again(connection: Connection) -> None:
    connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    connection.loop.pass_seconds(10 * MAX_WAIT_SECONDS)
    answer(connection.protocol.cycle, b"at last")
    connection.loop.pass_seconds(MAX_WAIT_SECONDS - 1)
    assert not connection.transport.is_closed
    connection.loop.pass_seconds(1)
    assert connection.transport.is_closed

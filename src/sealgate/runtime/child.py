"""A process of this host, as the one who drives it sees it: what it prints, what it says, when it ends.

The first program and the server share a socket: the program says by it that it has begun, and passes the Runtime API's
listener; the server sends one message; and the program says what goes wrong when it becomes the function's own program.
It closes when that has worked.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

from sealgate.runtime.errors import StartFailed
from sealgate.runtime.launch import Launch
from sealgate.runtime.output import Output
from sealgate.runtime.rooms import Room
from sealgate.runtime.sandbox import Ends, Sandbox, Spawn

_OPEN_SECONDS = 10
_END_SECONDS = 5
_READ = 1 << 16
_MESSAGE = 4096
_BEGUN = b"\n"


class Child:
    """A process that was started, with everything that it is watched by.

    Args:
        launch: What it is started with.
        room: Where everything is.
        orders: What the first program is told, besides what the sandbox says.
        sandbox: Starts it.
        spawn: In a thread that lives longer.

    Raises:
        StartFailed: It did not come up.
    """

    def __init__(self, launch: Launch, room: Room, orders: dict[str, Any], *, sandbox: Sandbox, spawn: Spawn) -> None:
        self.output = Output()
        self.has_ended = False
        self.complaint = ""
        with ExitStack() as opened:
            self.poll = opened.enter_context(select.epoll())
            self._channel, theirs = socket.socketpair()
            opened.callback(self._channel.close)
            self._printed, printing = os.pipe()
            opened.callback(os.close, self._printed)
            os.set_blocking(self._printed, False)
            try:
                arguments = (json.dumps(sandbox.orders(launch) | orders), str(theirs.fileno()))
                ends = Ends(channel=theirs, output=printing)
                self._confined = sandbox.start(launch, room, arguments, ends, spawn)
            except StartFailed as error:
                raise StartFailed(f"{error.message}: {self._said()}") from error
            except OSError as error:
                raise StartFailed(f"a process could not be started: {error}") from error
            finally:
                theirs.close()
                os.close(printing)
            self.cage = self._confined.cage
            opened.callback(self.cage.remove)
            self._end = os.pidfd_open(self._confined.program.pid)
            opened.callback(os.close, self._end)
            for descriptor in (self._printed, self._end):
                self.poll.register(descriptor, select.EPOLLIN)
            self._closing = opened.pop_all()

    def receive_listener(self) -> tuple[str, socket.socket]:
        """Take the Runtime API's address and its listening socket.

        Raises:
            StartFailed: The first program has ended, or takes too long.
        """
        self._channel.settimeout(_OPEN_SECONDS)
        with suppress(TimeoutError, ConnectionError):
            if self._channel.recv(len(_BEGUN)) == _BEGUN:
                # Not before: while the kernel does it, nothing on this host can be started, so no sandbox set up. That
                # takes longer than all else that a server does for a start; the program goes on with its own work.
                self._confined.limit()
                address, descriptors, _, _ = socket.recv_fds(self._channel, _MESSAGE, 1)
                if descriptors:
                    return address.decode(), socket.socket(fileno=descriptors[0])
        self.kill()
        raise StartFailed(f"the first program has not begun: {self._said()}")

    def send(self, message: dict[str, Any]) -> None:
        """Send the one message; a process that has ended takes none."""
        with suppress(OSError):
            self._channel.sendall(json.dumps(message).encode() + b"\n")
        self._channel.settimeout(0)
        self.poll.register(self._channel.fileno(), select.EPOLLIN)

    def step(self, seconds: float, serve: Callable[[int, int], object]) -> bool:
        """Wait until something happens, no longer than that, and attend to it; tell whether something did.

        Args:
            seconds: How long.
            serve: Takes descriptors that are not this process's own, with their events.
        """
        events = self.poll.poll(seconds)
        for descriptor, what in events:
            if descriptor == self._printed:
                self._read()
            elif descriptor == self._end:
                self.has_ended = True
            elif descriptor == self._channel.fileno():
                self._listen()
            else:
                serve(descriptor, what)
        return bool(events)

    @property
    def is_alive(self) -> bool:
        """Whether it runs, as far as can be told without waiting."""
        return not self.has_ended and self._confined.program.poll() is None

    def kill(self) -> int:
        """End it, and all that it has started; answer the exit status, of one that has ended before its own."""
        if self._confined.program.poll() is None:
            self._confined.kill()
        try:
            return self._confined.program.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._confined.program.kill()
            return self._confined.program.wait()

    def status(self) -> int:
        """Answer the exit status of a process that has ended, and read what it has left."""
        while self._read():
            pass
        self._listen()
        return self._confined.program.wait()

    def close(self) -> None:
        """Let go of an ended process."""
        self._closing.close()

    def _read(self) -> bool:
        try:
            data = os.read(self._printed, _READ)
        except BlockingIOError:
            return False
        if not data:
            self._forget(self._printed)
        self.output.add(data)
        return bool(data)

    def _listen(self) -> None:
        """Hear what goes wrong; the end of the channel means that the function's program runs."""
        with suppress(OSError):
            said = self._channel.recv(_MESSAGE)
            self.complaint += said.decode(errors="replace")
            if not said:
                self._forget(self._channel.fileno())

    def _forget(self, descriptor: int) -> None:
        with suppress(FileNotFoundError):
            self.poll.unregister(descriptor)

    def _said(self) -> str:
        with suppress(BlockingIOError):
            return os.read(self._printed, _READ).decode(errors="replace").strip()
        return "it printed nothing"

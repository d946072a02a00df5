"""What stands between a function and this host, as the rest of the runtime sees it; and nothing, for `--sandbox none`.

A sandbox lays out a process's room and starts the first program in it. What that program is told, and what happens
after, is the same in every sandbox.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sealgate.runtime.interpreters import Interpreter
from sealgate.runtime.launch import Launch
from sealgate.runtime.limits import FILES, Cage, WatchedCage
from sealgate.runtime.rooms import Room, open_room

Spawn = Callable[..., "subprocess.Popen[bytes]"]
"""`subprocess.Popen`, called in a thread that lives as long as the processes shall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """What connects the first program with the server: the program's ends, which are closed once it runs.

    Attributes:
        channel: A socket for the listener, the message, and what goes wrong.
        output: The pipe that it prints into.
    """

    channel: socket.socket
    output: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confined:
    """A process that was started.

    Attributes:
        program: The program that this process has started.
        first: The process whose end is the end of all: in a namespace of processes its first one.
        cage: Its limits.
    """

    program: subprocess.Popen[bytes]
    first: int
    cage: Cage

    def limit(self) -> None:
        """Let its limits count, for it and all below it."""
        self.cage.enter(self.first)

    def kill(self) -> None:
        """End everything at once."""
        try:
            os.kill(self.first, signal.SIGKILL)
        except ProcessLookupError:
            self.program.kill()


class Sandbox(Protocol):
    """A way to confine functions.

    Attributes:
        name: What `--sandbox` calls it.
    """

    name: str

    def lay_out(self, launch: Launch, interpreter: Interpreter, starter: Interpreter) -> Room:
        """Say where everything will be."""
        ...

    def orders(self, launch: Launch) -> dict[str, Any]:
        """Say what the first program must know of the sandbox: `user`, `limits`, `port`."""
        ...

    def start(self, launch: Launch, room: Room, arguments: tuple[str, ...], ends: Ends, spawn: Spawn) -> Confined:
        """Start the first program.

        Raises:
            StartFailed: It did not come up.
        """
        ...


class NoSandbox:
    """Runs functions as the server's own user, with all that this user can see and do.

    For machines that cannot confine, and functions that are trusted wholly. What a function starts and detaches may
    outlive it.
    """

    name = "none"

    def lay_out(self, launch: Launch, interpreter: Interpreter, starter: Interpreter) -> Room:
        """Leave everything where it is."""
        return open_room(launch, interpreter, starter)

    def orders(self, launch: Launch) -> dict[str, Any]:  # noqa: ARG002 - of the protocol
        """Take a free port: the network is the host's."""
        limits = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": FILES}
        return {"user": None, "limits": limits, "port": 0, "is_tied": True}

    def start(self, launch: Launch, room: Room, arguments: tuple[str, ...], ends: Ends, spawn: Spawn) -> Confined:  # noqa: ARG002
        """Start the first program as it is."""
        program = spawn(
            [*room.starter, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=ends.output,
            stderr=ends.output,
            pass_fds=[ends.channel.fileno()],
            env=room.environment,
            start_new_session=True,
        )
        return Uncovered(program=program, first=program.pid, cage=WatchedCage())


class Uncovered(Confined):
    """A process that only a session holds together."""

    def kill(self) -> None:
        """End the session's processes."""
        try:
            os.killpg(self.first, signal.SIGKILL)
        except ProcessLookupError:
            self.program.kill()

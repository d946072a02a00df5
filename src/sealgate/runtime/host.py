"""The processes of one server: warm ones are used again, idle ones end after a while, none is left.

Ownership: any thread acquires; each has its process for itself until the lease ends. Processes are started by one
thread that lives as long as the host, since the kernel ties them to the thread and not only to the server
(PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

from sealgate.clock import Clock
from sealgate.runtime.errors import StartFailed
from sealgate.runtime.interpreters import Interpreters
from sealgate.runtime.launch import Launch
from sealgate.runtime.output import Tell
from sealgate.runtime.process import FunctionProcess, ProcessGone
from sealgate.runtime.report import Result
from sealgate.runtime.runtime_api import Invocation
from sealgate.runtime.sandbox import Sandbox

T = TypeVar("T")

INIT_SECONDS = 10
"""Lambda's limit for the start of a process. There it is then tried again, with the function's timeout as its limit."""
IDLE_SECONDS = 300
"""How long a process without invocations is kept."""
MAX_IDLE = 64
"""How many of them are kept; the one that was used longest ago goes first."""
_LOOK_SECONDS = 5
_CONNECTORS = 32
"""Processes that can come up at once; what is above that has to wait for it."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Slot:
    """A process that is kept.

    Attributes:
        key: Which processes are as good as this one.
        process: The process.
        is_wanted: Whether it is kept after the present invocation.
        idle_since: When its last invocation ended, by the monotonic clock.
    """

    key: str
    process: FunctionProcess
    is_wanted: bool = True
    idle_since: float = 0.0


class Lease:
    """A process, for one caller and a while.

    Args:
        slot: The process; None for a new one.
        start: Starts a new one, instead of one that has ended if there was one.
    """

    def __init__(self, slot: _Slot | None, start: Callable[[_Slot | None], _Slot]) -> None:
        self._start = start
        self.is_cold = slot is None
        self.slot = start(None) if slot is None else slot

    @property
    def launch(self) -> Launch:
        """What the process was started with."""
        return self.slot.process.launch

    def invoke(self, invocation: Invocation, tell: Tell | None = None) -> Result:
        """Run one invocation; however it ends, it is a result.

        Args:
            invocation: The call.
            tell: Takes the lines of a long one while it runs.

        Raises:
            StartFailed, SealgateError: As `FunctionHost.acquire`, where the process had ended meanwhile.
        """
        try:
            return self.slot.process.invoke(invocation, tell)
        except ProcessGone:
            self.is_cold = True
            self.slot = self._start(self.slot)
            return self.slot.process.invoke(invocation, tell)


class FunctionHost:
    """Starts, keeps and ends processes.

    Args:
        sandbox: Answers where they run; asked for each new one.
        interpreters: What runs them.
        clock: The time.
        init_seconds: How long a process may take until it asks for its first invocation, if the function's timeout is
            not more than that.
    """

    def __init__(
        self,
        *,
        sandbox: Callable[[], Sandbox],
        interpreters: Interpreters,
        clock: Clock,
        init_seconds: float = INIT_SECONDS,
    ) -> None:
        self._sandbox = sandbox
        self._interpreters = interpreters
        self._clock = clock
        self._init_seconds = init_seconds
        self._changing = threading.Lock()
        self._idle: list[_Slot] = []
        self._busy: set[_Slot] = set()
        self._coming: list[str] = []
        self._is_open = True
        self._starting = ThreadPoolExecutor(1, thread_name_prefix="function-starter")
        self._connecting = ThreadPoolExecutor(_CONNECTORS, thread_name_prefix="function-connector")
        self._stopping = threading.Event()
        self._reaper = threading.Thread(target=self._reap, name="function-reaper", daemon=True)
        self._reaper.start()

    @contextmanager
    def acquire(self, key: str, launch: Callable[[], Launch], gate: Callable[[], object]) -> Iterator[Lease]:
        """Have a process while the block lasts: a warm one of that key, or a new one.

        Args:
            key: Says which processes are interchangeable.
            launch: Says what a new one is started with.
            gate: Verifies the code, while a new process starts; what it raises ends the process, and is raised on.

        Raises:
            RuntimeUnavailable: This host has no such runtime.
            SandboxUnavailable: This host cannot confine it.
            StartFailed: The process did not come up, or the host is closed.
        """
        lease = Lease(self._take(key), lambda ended: self._start(key, launch(), gate, instead_of=ended))
        try:
            yield lease
        except BaseException:
            lease.slot.is_wanted = False
            raise
        finally:
            self._give_back(lease.slot)

    def end(self, is_meant: Callable[[str], bool], *, now: bool = False) -> int:
        """End the processes whose key is meant: idle ones at once, others after their invocation; tell how many.

        Args:
            is_meant: Judges a key.
            now: End the others at once, too; their invocations fail as those of a killed process do.
        """
        with self._changing:
            idle = [slot for slot in self._idle if is_meant(slot.key)]
            self._idle = [slot for slot in self._idle if slot not in idle]
            busy = [slot for slot in self._busy if is_meant(slot.key)]
            for slot in busy:
                slot.is_wanted = False
        for slot in idle:
            slot.process.close()
        if now:
            for slot in busy:
                slot.process.kill()
        return len(idle) + len(busy)

    def keys(self) -> set[str]:
        """Answer the keys of all processes that there are, or are coming up: their code may be verified before that."""
        with self._changing:
            return {*self._coming, *(slot.key for slot in (*self._idle, *self._busy))}

    def close(self) -> None:
        """Start nothing any more, and end everything; answers when no process is left."""
        with self._changing:
            self._is_open = False
        self._stopping.set()
        self.end(lambda _: True, now=True)
        self._reaper.join()
        self._starting.shutdown()
        self._connecting.shutdown()

    def _take(self, key: str) -> _Slot | None:
        """Take the process that was used last: it is the likeliest to be in the processor's caches."""
        while slot := self._pop(key):
            if slot.process.is_alive:
                return slot
            self._discard(slot)
        return None

    def _pop(self, key: str) -> _Slot | None:
        with self._changing:
            for number in range(len(self._idle) - 1, -1, -1):
                if self._idle[number].key == key:
                    slot = self._idle.pop(number)
                    self._busy.add(slot)
                    return slot
        return None

    def _start(self, key: str, launch: Launch, gate: Callable[[], object], *, instead_of: _Slot | None) -> _Slot:
        """Start a process, and have its code verified while it comes up."""
        if instead_of is not None:
            self._discard(instead_of)
        with self._expected(key):
            slot = _Slot(key=key, process=self._make_process(launch))
            try:
                self._enter(slot)
                self._bring_up(slot.process, gate)
            except BaseException:
                self._discard(slot)
                raise
        return slot

    def _make_process(self, launch: Launch) -> FunctionProcess:
        return FunctionProcess(
            launch=launch,
            sandbox=self._sandbox(),
            interpreter=self._interpreters.find(launch.runtime),
            starter=self._interpreters.own,
            spawn=self._spawn,
            clock=self._clock,
            init_seconds=self._init_seconds,
        )

    def _bring_up(self, process: FunctionProcess, gate: Callable[[], object]) -> None:
        """Verify the code while the process loads what it needs.

        Not before it is spawned: what that takes of the server is short, and all else waits for it.
        """
        connecting = self._do(self._connecting, process.connect)
        try:
            gate()
        finally:
            wait((connecting,))  # until then the process is another thread's
        connecting.result()
        process.open()

    @contextmanager
    def _expected(self, key: str) -> Iterator[None]:
        """Count a process among those that there are before there is one."""
        with self._changing:
            self._coming.append(key)
        try:
            yield
        finally:
            with self._changing:
                self._coming.remove(key)

    def _enter(self, slot: _Slot) -> None:
        """Count a process among those that `close` ends."""
        with self._changing:
            if not self._is_open:
                raise StartFailed("the server is stopping")
            self._busy.add(slot)

    def _spawn(self, command: list[str], **named: Any) -> subprocess.Popen[bytes]:
        return self._do(self._starting, _start_program, command, named).result()

    def _do(self, pool: ThreadPoolExecutor, do: Callable[..., T], *given: Any) -> Future[T]:
        try:
            return pool.submit(do, *given)
        except RuntimeError as error:
            raise StartFailed("the server is stopping") from error

    def _give_back(self, slot: _Slot) -> None:
        slot.idle_since = monotonic()
        with self._changing:
            self._busy.discard(slot)
            is_kept = slot.is_wanted and self._is_open and slot.process.is_alive
            if is_kept:
                self._idle.append(slot)
            surplus = [self._idle.pop(0)] if len(self._idle) > MAX_IDLE else []
        for unwanted in surplus if is_kept else [slot, *surplus]:
            unwanted.process.close()

    def _discard(self, slot: _Slot) -> None:
        with self._changing:
            self._busy.discard(slot)
        slot.process.close()

    def _reap(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            self.end_idle(since=monotonic() - IDLE_SECONDS)

    def end_idle(self, *, since: float) -> None:
        """End processes that nobody has used since a moment of the monotonic clock; forget those that have ended."""
        with self._changing:
            gone = [slot for slot in self._idle if slot.idle_since < since or not slot.process.is_alive]
            self._idle = [slot for slot in self._idle if slot not in gone]
        for slot in gone:
            slot.process.close()


def _start_program(command: list[str], named: dict[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, **named)  # noqa: S603 - what is started is this package's own

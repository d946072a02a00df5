"""One process of a function: started, told that its code is verified, given invocations, ended.

The thread that has an invocation drives everything: the Runtime API, what the process prints, its end, its memory.
There is no other thread, so that between two invocations nothing is read.

Ownership: one thread at a time uses a process. Only `kill` may be called by any.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter
from typing import Any

from sealgate.clock import Clock
from sealgate.runtime.child import Child
from sealgate.runtime.connections import Connections
from sealgate.runtime.early import may_start_early
from sealgate.runtime.interpreters import Interpreter
from sealgate.runtime.launch import Launch, function_environment, python_folders
from sealgate.runtime.limits import MIB
from sealgate.runtime.output import Tell, Telling
from sealgate.runtime.report import (
    Fault,
    Measured,
    Result,
    entrypoint_fault,
    exit_fault,
    timeout_fault,
    write_end,
    write_start,
)
from sealgate.runtime.rooms import Room
from sealgate.runtime.runtime_api import MAX_RESPONSE, Ending, Invocation, Phase, RuntimeApi
from sealgate.runtime.sandbox import Sandbox, Spawn

WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
"""Names a program of the function's that is run instead of its interpreter, with the interpreter's command (Lambda
Developer Guide, "Wrapper scripts"; not for custom runtimes)."""
_WATCH_SECONDS = 0.02
"""How often the memory of a running function is looked at."""
_KILLED = 137
_MILLISECONDS = 1000


class ProcessGone(Exception):
    """A process has ended between two invocations."""


class FunctionProcess:
    """A process and its Runtime API.

    Args:
        launch: What it is started with.
        sandbox: Where.
        interpreter: What runs it.
        starter: What runs the first program, where that is another.
        spawn: Starts it, in a thread that lives longer.
        clock: The time, for what a function is told.
        init_seconds: How long it may take until it asks for its first invocation, if its timeout is not more than that.

    Raises:
        StartFailed: It did not come up.
    """

    def __init__(
        self,
        *,
        launch: Launch,
        sandbox: Sandbox,
        interpreter: Interpreter,
        starter: Interpreter,
        spawn: Spawn,
        clock: Clock,
        init_seconds: float,
    ) -> None:
        self.launch = launch
        self._clock = clock
        self._init_seconds = init_seconds
        self._started = perf_counter()
        self._room = sandbox.lay_out(launch, interpreter, starter)
        self._address = ""
        self._mode = interpreter.kind if may_start_early(launch) and interpreter.kind != "custom" else "wait"
        orders = {"mode": self._mode, "command": self._room.program, "runtime": self._room.places.runtime}
        self._child = Child(launch, self._room, orders, sandbox=sandbox, spawn=spawn)
        self._api = RuntimeApi()
        self._connections = Connections(self._child.poll, limit=MAX_RESPONSE, answer=self._answer)
        self._is_initialised = False
        self._is_over_memory = False
        self._looks_at = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether it can take another invocation."""
        return self._child.is_alive

    def connect(self) -> None:
        """Take over the Runtime API's listener, and let the limits count.

        Raises:
            StartFailed: The first program does not come so far.
        """
        self._address, listener = self._child.receive_listener()
        self._api = RuntimeApi(self._address[len(self._address.partition("/")[0]) :])
        self._connections.listen(listener)

    def open(self) -> None:
        """Say that the function's code is verified: from here on it is run."""
        self._child.send(_message(self.launch, self._room, self._address, mode=self._mode))

    def invoke(self, invocation: Invocation, tell: Tell | None = None) -> Result:
        """Give it an invocation, and wait for the end.

        A process that has not ended one by itself is killed: what it would do next belongs to nobody.

        Args:
            invocation: The call.
            tell: Takes the lines of a long one while it runs.

        Raises:
            ProcessGone: It has ended after its last invocation, and has not seen this one.
        """
        telling = Telling(self._child.output, tell, began=perf_counter())
        init_duration, fault = self._initialise(invocation, telling)
        beginning = self._child.output.take() + write_start(self.launch, invocation.request_id, self._clock())
        began = perf_counter()
        if fault is None and self._api.phase is not Phase.FAILED:
            fault = self._run(invocation, telling, beginning)
        duration = (perf_counter() - began) * _MILLISECONDS
        ending = self._api.ending
        if fault is not None:
            ending = Ending(payload=fault.payload, is_error=True, error_type=fault.error_type)
        assert ending is not None
        if fault is not None or self._api.phase is Phase.FAILED:
            self.kill()
        measured = Measured(duration=duration, init_duration=init_duration, peak=self._child.cage.peak())
        log = beginning + self._write_rest(invocation, fault, measured)
        return _result(self.launch, ending, measured, log, told=telling.told)

    def kill(self) -> int:
        """End it, with all that it has started; answer its exit status."""
        return self._child.kill()

    def close(self) -> None:
        """End it, and let go of what it has had."""
        self.kill()
        self._connections.close()
        self._child.close()

    def _initialise(self, invocation: Invocation, telling: Telling) -> tuple[float | None, Fault | None]:
        """Wait for a new process's first request; answer how long it took since its start."""
        if self._is_initialised:
            return None, None
        self._is_initialised = True
        seconds = max(self._init_seconds, self.launch.timeout)
        fault = self._wait(invocation, seconds, lambda: self._is_waiting() or self._api.phase is Phase.FAILED, telling)
        return (perf_counter() - self._started) * _MILLISECONDS, fault

    def _run(self, invocation: Invocation, telling: Telling, beginning: bytes) -> Fault | None:
        timeout = self.launch.timeout
        # What has happened since the last invocation comes first: a process that has ended cannot be given this one.
        self._child.step(0, self._connections.serve)
        fault = self._wait(invocation, timeout, self._is_waiting)
        if fault is not None and self._child.has_ended:
            raise ProcessGone
        if fault is not None:
            return fault
        deadline = self._clock() + timedelta(seconds=timeout)
        self._connections.hand_out(self._api.begin(invocation, deadline_ms=int(deadline.timestamp() * _MILLISECONDS)))
        # Not before: what has not seen the invocation has nothing to say of it, and another process may start it anew.
        telling.go_on(beginning)
        return self._wait(invocation, timeout, lambda: self._api.ending is not None, telling)

    def _wait(
        self, invocation: Invocation, seconds: float, is_done: Callable[[], bool], telling: Telling | None = None
    ) -> Fault | None:
        """Attend to the process until something is the case; answer what went wrong instead."""
        began = perf_counter()
        deadline, self._looks_at = began + seconds, began + _WATCH_SECONDS
        while not is_done():
            left = deadline - perf_counter()
            if self._child.has_ended:
                return self._exit_fault(invocation)
            if left <= 0:
                return timeout_fault(invocation.request_id, seconds, self._clock())
            self._child.step(min(left, _WATCH_SECONDS), self._connections.serve)
            self._watch(telling)
        return None

    def _watch(self, telling: Telling | None) -> None:
        """Look at the memory, and at what was printed, now and then; quick invocations are over before that."""
        now = perf_counter()
        if now < self._looks_at:
            return
        self._looks_at = now + _WATCH_SECONDS
        if self._child.cage.used() > self.launch.memory_size * MIB:
            self._is_over_memory = True
            self._child.kill()
        if telling is not None:
            telling.look(now)

    def _exit_fault(self, invocation: Invocation) -> Fault:
        status = self._child.status()
        if self._child.complaint:
            return entrypoint_fault(invocation.request_id, self._child.complaint)
        return exit_fault(invocation.request_id, _KILLED if self._is_over_memory else status)

    def _is_waiting(self) -> bool:
        return self._connections.waiting is not None

    def _answer(self, request: Any) -> bytes | None:
        return self._api.answer(request)

    def _write_rest(self, invocation: Invocation, fault: Fault | None, measured: Measured) -> bytes:
        """Write the log of an invocation that has ended, from its start on."""
        printed = _whole_lines(self._child.output.take()) + (b"" if fault is None else fault.line.encode())
        return printed + write_end(self.launch, invocation.request_id, measured, fault, self._clock())


def _whole_lines(text: bytes) -> bytes:
    """End the last line, so that what the platform says next begins one."""
    return text if not text or text.endswith(b"\n") else text + b"\n"


def _result(launch: Launch, ending: Ending, measured: Measured, log: bytes, *, told: int) -> Result:
    return Result(
        payload=ending.payload,
        error="Unhandled" if ending.is_error else None,
        error_type=ending.error_type,
        log=log,
        told=told,
        duration=measured.duration,
        billed=measured.billed,
        init_duration=measured.init_duration,
        peak_memory=measured.peak_mib(launch),
    )


def _message(launch: Launch, room: Room, address: str, *, mode: str) -> dict[str, Any]:
    """Say what a process needs once its code is verified: its environment, and what to become."""
    places = room.places
    view = {"folder": places.task, "paths": python_folders(places) if places.python else []}
    if not room.program:
        programs = [[f"{folder}/bootstrap"] for folder in (places.task, *(places.opt or ("/opt",)))]
    elif mode == "wait":
        wrapper = launch.environment.get(WRAPPER)
        programs = [[*([wrapper] if wrapper else []), *room.program, json.dumps({"mode": "verified"} | view)]]
    else:
        programs = []
    environment = function_environment(launch, places, runtime_api=address)
    return {"environment": environment, "programs": programs} | view

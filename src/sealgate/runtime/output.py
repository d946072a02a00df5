"""What a process prints: kept for the end of the invocation, and of a long one told while it runs."""

from __future__ import annotations

from collections.abc import Callable

from sealgate.runtime.report import TAIL

MAX_OUTPUT = 1 << 20
"""Bytes of one invocation's output that are kept from its start; of more, the last ones."""
TELL_SECONDS = 1.0
"""How long an invocation runs before its lines are told: what is over by then costs its caller nothing more."""

Tell = Callable[[bytes], object]
"""Takes whole lines of an invocation's log, as they come."""


class Output:
    """What a process prints: all of it up to a limit, of more the end."""

    def __init__(self) -> None:
        self._first = bytearray()
        self._last = bytearray()
        self._lost = 0
        self._read = 0

    def add(self, data: bytes) -> None:
        """Take what was printed."""
        room = max(0, MAX_OUTPUT - len(self._first))
        self._first += data[:room]
        self._last += data[room:]
        excess = len(self._last) - TAIL
        if excess > 0:
            del self._last[:excess]
            self._lost += excess

    def read_lines(self) -> bytes:
        """Answer the whole lines that have come since the last time; none of what is beyond the limit."""
        start, end = self._read, self._first.rfind(b"\n", self._read) + 1
        self._read = max(start, end)
        return bytes(self._first[start:end])

    def take(self) -> bytes:
        """Answer what there is, and begin anew."""
        gap = f"\n[{self._lost} bytes are left out here]\n".encode() if self._lost else b""
        taken = bytes(self._first) + gap + bytes(self._last)
        self._first.clear()
        self._last.clear()
        self._lost = self._read = 0
        return taken


class Telling:
    """Tells the log of one invocation while it runs: its beginning, as far as whole lines are known of it.

    Args:
        output: What the process prints.
        tell: Who is told; None: nobody.
        began: When the invocation began, by the performance counter.

    Attributes:
        told: How many bytes of the log were told.
    """

    def __init__(self, output: Output, tell: Tell | None, *, began: float) -> None:
        self._output = output
        self._tell = tell
        self._due = began + TELL_SECONDS
        self._held = b""
        self.told = 0

    def go_on(self, beginning: bytes) -> None:
        """Go on with what is printed from now on.

        Args:
            beginning: The log until now, whether it was told or not.
        """
        self._held = beginning[self.told :]

    def look(self, now: float) -> None:
        """Tell what has come, if the invocation has run for long enough."""
        if self._tell is None or now < self._due:
            return
        text = self._held + self._output.read_lines()
        end = text.rfind(b"\n") + 1
        self._held = text[end:]
        if end:
            self._tell(text[:end])
            self.told += end

"""How much memory and how many processes a function may have, and how much memory it has had.

Where control groups can be made, version 1 or 2, the kernel keeps a process and its children below a limit. That limit
includes what lies in `/tmp`, which Lambda does not count, so that the memory proper is watched besides. Where none can
be made, watching is all.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

PROCESSES = 1024
"""Processes and threads of one function (Lambda quotas: "Execution processes/threads")."""
FILES = 1024
"""Open files of one process (Lambda quotas: "File descriptors")."""
MIB = 1 << 20
_PREFIX = "sealgate-"
_NUMBER = 32
_NUMBERS = count()
_MOUNT = Path("/sys/fs/cgroup")
_UNIFIED = Path("/sys/fs/cgroup/unified")


class Cage(Protocol):
    """The limits of one process and its children."""

    def enter(self, pid: int) -> None:
        """Put a process in, and all below it, with all that they start later."""
        ...

    def used(self) -> int:
        """Answer the bytes of memory in use now, without files."""
        ...

    def peak(self) -> int:
        """Answer the most bytes that have been in use at once, as far as is known."""
        ...

    def remove(self) -> None:
        """Let go of it, when no process is left."""
        ...


class Cages(Protocol):
    """Makes a cage for each process."""

    def make(self, *, memory: int, storage: int) -> Cage:
        """Make a cage.

        Args:
            memory: Bytes that processes may have.
            storage: Bytes that files in memory may have besides.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dialect:
    """What a version of control groups calls things."""

    limit: str
    peak: str
    used: bytes


_V1 = _Dialect(limit="memory.limit_in_bytes", peak="memory.max_usage_in_bytes", used=b"total_rss ")
_V2 = _Dialect(limit="memory.max", peak="memory.peak", used=b"anon ")


class GroupCage:
    """A control group: in version 1 one of each kind."""

    def __init__(self, folders: tuple[Path, ...], dialect: _Dialect, *, limit: int) -> None:
        self._folders = folders
        self._dialect = dialect
        self._limit = limit
        self._brought = 0
        self._peak = str(folders[0] / dialect.peak)

    def enter(self, pid: int) -> None:
        """Put processes in; one that has ended is none. The memory that they have already stays charged elsewhere."""
        members = list(_family(pid))
        self._brought = sum(map(_anonymous, members))
        _write(self._folders[0] / self._dialect.limit, str(self._limit - self._brought))
        for member in members:
            for folder in self._folders:
                with contextlib.suppress(ProcessLookupError):
                    _write(folder / "cgroup.procs", str(member))

    def used(self) -> int:
        """Answer the bytes of anonymous memory."""
        with contextlib.suppress(OSError):
            for line in (self._folders[0] / "memory.stat").read_bytes().splitlines():
                if line.startswith(self._dialect.used):
                    return self._brought + int(line.split()[1])
        return self._brought

    def peak(self) -> int:
        """Answer what the kernel has noted; kernels before 5.19 note nothing in version 2."""
        with contextlib.suppress(OSError):
            return self._brought + _read_number(self._peak)
        return self.used()

    def remove(self) -> None:
        """Remove the groups; one whose last process is not quite gone stays until another server starts."""
        for folder in self._folders:
            with contextlib.suppress(OSError):
                folder.rmdir()


class GroupCages:
    """Makes control groups below one folder of each hierarchy that limits something."""

    def __init__(self, memory: Path, pids: Path, dialect: _Dialect) -> None:
        self._memory, self._pids, self._dialect = memory, pids, dialect

    def make(self, *, memory: int, storage: int) -> GroupCage:
        """Make the groups of one process."""
        name = f"{_PREFIX}{os.getpid()}-{next(_NUMBERS)}"
        folders = tuple(dict.fromkeys((self._memory / name, self._pids / name)))
        for folder in folders:
            folder.mkdir()
        swap = folders[0] / "memory.swap.max"
        if swap.exists():
            _write(swap, "0")
        _write(folders[-1] / "pids.max", str(PROCESSES))
        return GroupCage(folders, self._dialect, limit=memory + storage)

    def sweep(self) -> None:
        """Remove what servers have left that are no more."""
        for parent in {self._memory, self._pids}:
            for folder in parent.glob(f"{_PREFIX}*"):
                if not Path("/proc", folder.name.split("-")[1]).exists():
                    with contextlib.suppress(OSError):
                        folder.rmdir()


class WatchedCage:
    """No limit in the kernel: the memory of all processes is added up."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._peak = 0

    def enter(self, pid: int) -> None:
        """Remember where to look."""
        self._first = pid

    def used(self) -> int:
        """Add up the anonymous memory of the processes."""
        used = 0 if self._first is None else sum(map(_anonymous, _family(self._first)))
        self._peak = max(self._peak, used)
        return used

    def peak(self) -> int:
        """Answer the most that was seen."""
        self.used()
        return self._peak

    def remove(self) -> None:
        """Nothing is left behind."""


class WatchedCages:
    """Makes cages where there are no control groups."""

    def make(self, *, memory: int, storage: int) -> WatchedCage:  # noqa: ARG002 - of the protocol
        """Make a cage."""
        return WatchedCage()


def find_cages() -> Cages:
    """Find control groups that this process may make; else its functions are watched."""
    groups = _own_groups(Path("/proc/self/cgroup").read_text(encoding="utf-8"))
    for memory, pids, dialect in (*_version_2(groups), *_version_1(groups)):
        cages = GroupCages(memory, pids, dialect)
        try:
            cages.sweep()
            cages.make(memory=MIB, storage=0).remove()
        except OSError:
            continue
        return cages
    return WatchedCages()


def _own_groups(text: str) -> dict[str, str]:
    """Read /proc/self/cgroup (cgroups(7)): the group in each hierarchy; version 2 is the one without a name."""
    lines = (line.split(":", 2) for line in text.splitlines())
    return {name: path for _, names, path in lines for name in names.split(",")}


def _version_1(groups: dict[str, str]) -> Iterator[tuple[Path, Path, _Dialect]]:
    if "memory" in groups and "pids" in groups:
        memory, pids = (_folder(_MOUNT / name, groups[name]) for name in ("memory", "pids"))
        yield memory, pids, _V1


def _version_2(groups: dict[str, str]) -> Iterator[tuple[Path, Path, _Dialect]]:
    """Only a group without processes of its own may limit its children: the own one's parent, or a root."""
    for mount in (_MOUNT, _UNIFIED):
        own = _folder(mount, groups.get("", "/"))
        for folder in dict.fromkeys((own, own.parent)):
            with contextlib.suppress(OSError):
                given = (folder / "cgroup.subtree_control").read_text(encoding="ascii").split()
                if {"memory", "pids"} <= set(given):
                    yield folder, folder, _V2


def _folder(mount: Path, group: str) -> Path:
    """Answer a group's folder; in a container the path that /proc names may not be there, and the root is its own."""
    folder = mount / group.lstrip("/")
    return folder if folder.is_dir() else mount


def _write(file: Path, text: str) -> None:
    # One write call is one order to the kernel.
    with file.open("w", encoding="ascii") as open_file:
        open_file.write(text)


def _read_number(path: str) -> int:
    """Read what every invocation asks for: pathlib and a buffered file would take ten times as long."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return int(os.read(descriptor, _NUMBER))
    finally:
        os.close(descriptor)


def _anonymous(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_bytes().splitlines():
            if line.startswith(b"RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


def _family(pid: int) -> Iterator[int]:
    """Answer a process and all below it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text(encoding="ascii").split():
                yield from _family(int(child))

"""The sandbox proper: bubblewrap (bwrap(1)), with namespaces of its own for every process.

- Users: an unprivileged one without capabilities. A server that runs as root gives every process a user of this host
  that nobody else has; else the process's user is, to the host, the server's own.
- Files: a fresh tree that holds the system's programs and libraries, the interpreter, the function and its layers, all
  read-only, and a `/tmp` in memory of the size that the function was given.
- Processes, interprocess communication, host name, control groups: its own; the network too, unless the function
  asks for the host's.
- System calls: see `seccomp.py`.
- It ends with the server, however that ends: see `guard.py`.
"""

from __future__ import annotations

import json
import os
import platform
import select
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from itertools import cycle
from pathlib import Path
from typing import Any

from sealgate.runtime.errors import StartFailed
from sealgate.runtime.guard import Guard
from sealgate.runtime.interpreters import Interpreter
from sealgate.runtime.launch import Launch
from sealgate.runtime.limits import FILES, MIB, PROCESSES, Cages
from sealgate.runtime.rooms import BOOTSTRAPS, Mount, Room, confined_room
from sealgate.runtime.sandbox import Confined, Ends, Spawn
from sealgate.runtime.seccomp import encode_filter

USER, GROUP = 993, 990
"""What a function is, to itself: Lambda's own numbers (`sbx_user1051`)."""
API_PORT = 9001
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
_SETTINGS = (
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/pki/ca-trust/extracted",
    "/etc/pki/tls/certs",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
)
_FOLDERS = (
    "/etc", "/etc/pki", "/etc/pki/ca-trust", "/etc/pki/tls", "/etc/ssl", "/opt", "/var", "/var/runtime",
)  # fmt: skip
"""Made before something is mounted inside; what bwrap makes by itself only its owner may enter."""
_NETWORK_SETTINGS = ("/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf")
_NAMESPACES = ("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
_START_SECONDS = 10
_OWN_USERS = range(1_900_000_000, 1_900_065_536)
"""Users for the processes of a server that is root. systemd's list (UIDS-GIDS) leaves them to nobody."""
_NOBODY = range(65534, 65535)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Descriptors:
    """What bwrap reads and writes besides its command line.

    Attributes:
        information: Where it writes which process it has started.
        waiting: What it waits for before it goes on.
        calls: The filter of system calls.
    """

    information: int
    waiting: int
    calls: int


class Bubblewrap:
    """Starts processes with `bwrap`.

    Args:
        program: The `bwrap` to use.
        cages: Limits their memory.
    """

    name = "bubblewrap"

    def __init__(self, program: Path, cages: Cages) -> None:
        self._program = program
        self._cages = cages
        self._guard = Guard()
        self._filter = encode_filter(platform.machine())
        self._is_root = os.geteuid() == 0
        self._users = cycle(_unused_users())

    def lay_out(self, launch: Launch, interpreter: Interpreter, starter: Interpreter) -> Room:
        """Put everything where Lambda has it."""
        return confined_room(launch, interpreter, starter)

    def orders(self, launch: Launch) -> dict[str, Any]:
        """Change to the function's user, which only a server that is root has left to do."""
        return {
            "user": [USER, GROUP] if self._is_root else None,
            "limits": {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": FILES, "RLIMIT_NPROC": PROCESSES},
            "port": 0 if launch.network else API_PORT,
            "is_tied": False,
        }

    def start(self, launch: Launch, room: Room, arguments: tuple[str, ...], ends: Ends, spawn: Spawn) -> Confined:
        """Start the first program; as root, it waits until its user is set."""
        cage = self._cages.make(memory=launch.memory_size * MIB, storage=launch.ephemeral_storage * MIB)
        try:
            with _pipe() as (told, telling), _pipe() as (waiting, release), _memory_file(self._filter) as calls:
                descriptors = _Descriptors(information=telling.fileno(), waiting=waiting.fileno(), calls=calls.fileno())
                command = [*room.starter, *arguments]
                program = self._spawn(self._options(launch, room, descriptors), command, descriptors, ends, spawn)
                try:
                    telling.close()
                    first = self._admit(told, release)
                except BaseException:
                    program.kill()
                    program.wait()
                    raise
        except BaseException:
            cage.remove()
            raise
        return Confined(program=program, first=first, cage=cage)

    def _spawn(
        self, options: list[str], command: list[str], descriptors: _Descriptors, ends: Ends, spawn: Spawn
    ) -> subprocess.Popen[bytes]:
        self._guard.watch()
        # Options go by a file: the command line of a process can be read from inside, and tells of this host's folders.
        with _memory_file(b"".join(os.fsencode(option) + b"\0" for option in options)) as file:
            return spawn(
                [self._guard.name, "--args", str(file.fileno()), "--", *command],
                executable=self._program,
                stdin=subprocess.DEVNULL,
                stdout=ends.output,
                stderr=ends.output,
                pass_fds=[
                    file.fileno(),
                    descriptors.information,
                    descriptors.waiting,
                    descriptors.calls,
                    ends.channel.fileno(),
                ],
                env={},
                # Ctrl-C at the server's terminal is for the server, which lets invocations end.
                start_new_session=True,
            )

    def _admit(self, told: FileIO, release: FileIO) -> int:
        """Answer the first process; where it waits for its user, say who that is."""
        first = _read_first(told)
        if self._is_root:
            user = next(self._users)
            for kind, number in (("uid", USER), ("gid", GROUP)):
                Path(f"/proc/{first}/{kind}_map").write_text(f"0 0 1\n{number} {user} 1\n", encoding="ascii")
            release.write(b"x")
        return first

    def _options(self, launch: Launch, room: Room, descriptors: _Descriptors) -> list[str]:
        options = [*_NAMESPACES, "--hostname", "sandbox", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        if not launch.network:
            options.append("--unshare-net")
        if self._is_root:
            # The first program gives both up with its user.
            options += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
            options += ["--userns-block-fd", str(descriptors.waiting)]
        else:
            options += ["--uid", str(USER), "--gid", str(GROUP)]
        options += ["--info-fd", str(descriptors.information)]
        options += ["--seccomp", str(descriptors.calls), *_set(room.environment)]
        return [*options, *_tree(launch, room)]


def _tree(launch: Launch, room: Room) -> Iterator[str]:
    """Describe the tree of files, in the order in which bwrap makes it."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in _FOLDERS:
        yield from _folder(name)
    for name in _SYSTEM:
        path = Path(name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), name)
        elif path.is_dir():
            yield from ("--ro-bind", name, name)
    for name in (*_SETTINGS, *(_NETWORK_SETTINGS if launch.network else ())):
        yield from ("--ro-bind-try", name, name)
    for name in ("passwd", "group"):
        yield from ("--ro-bind", str(BOOTSTRAPS / "etc" / name), f"/etc/{name}")
    yield from ("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev")
    yield from ("--perms", "1777", "--size", str(launch.ephemeral_storage * MIB), "--tmpfs", "/tmp")  # noqa: S108
    for mount in room.mounts:
        yield from _mount(mount)
    yield from ("--remount-ro", "/", "--chdir", "/")


def _mount(mount: Mount) -> tuple[str, ...]:
    if mount.kind == "link":
        return ("--symlink", mount.source, mount.target)
    if mount.kind == "folder":
        return _folder(mount.target)
    if mount.kind == "cover":
        return ("--tmpfs", mount.target, "--remount-ro", mount.target)
    return ("--ro-bind", mount.source, mount.target)


def _folder(name: str) -> tuple[str, ...]:
    return ("--perms", "0755", "--dir", name)


def _set(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        yield from ("--setenv", name, value)


def _read_first(told: FileIO) -> int:
    """Read from bwrap which process it has started.

    Raises:
        StartFailed: It ended before that, or took too long; what it printed says why.
    """
    text = b""
    waiting = select.poll()
    waiting.register(told, select.POLLIN)
    while not text.endswith(b"}\n"):
        part = told.read(4096) if waiting.poll(_START_SECONDS * 1000) else b""
        if not part:
            raise StartFailed("bubblewrap has not started a process")
        text += part
    return int(json.loads(text)["child-pid"])


@contextmanager
def _pipe() -> Iterator[tuple[FileIO, FileIO]]:
    reader, writer = os.pipe()
    with FileIO(reader) as reading, FileIO(writer, "w") as writing:
        yield reading, writing


@contextmanager
def _memory_file(content: bytes) -> Iterator[FileIO]:
    """Hold bytes in a file that has no name, to be read from its start."""
    with FileIO(os.memfd_create("sealgate"), "r+") as file:
        file.write(content)
        file.seek(0)
        yield file


def _unused_users() -> range:
    """Answer users of this host that own nothing; in a container that has not so many, the one who is nobody."""
    for line in Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines():
        first, _, length = map(int, line.split())
        if first <= _OWN_USERS.start and _OWN_USERS.stop <= first + length:
            return _OWN_USERS
    return _NOBODY

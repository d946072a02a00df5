"""Ends the sandboxes that a server has left behind; a script, run as `python -I -S watchman.py NAME` by `guard.py`.

1. Waits until its standard input ends. The server holds the other end, and so does whatever it has forked that is not
   yet another program: when the input ends, there is nothing left that could still become a sandbox unseen.
2. Kills processes of its own user whose name (argv[0]) is NAME. One that is killed may have made another meanwhile, so
   it looks again until there have been none for a while, and never longer than some seconds.

Signals that end a server leave it alone: the server may be ending its functions still, and may be killed over that.
"""

from __future__ import annotations

import os
import signal
import sys
import time

_LOOK_SECONDS = 0.1
_QUIET_SECONDS = 1
_LONGEST_SECONDS = 10
_READ = 4096


def main(name: str) -> None:
    """Wait for the server's end, and end what it has left."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1):
        pass
    end_all(os.fsencode(name))


def end_all(name: bytes) -> None:
    """Kill the processes of a name until none has been there for a while."""
    began = seen = now = time.monotonic()
    while now < min(seen + _QUIET_SECONDS, began + _LONGEST_SECONDS):
        with os.scandir("/proc") as entries:
            killed = sum(end(int(entry.name), name, os.getuid()) for entry in entries if entry.name.isdigit())
        if killed:
            seen = now
        time.sleep(_LOOK_SECONDS)
        now = time.monotonic()


def end(pid: int, name: bytes, user: int) -> bool:
    """Kill a process if it has that name and is that user's; tell whether it was."""
    try:
        # Held before it is looked at: the number may be another process's afterwards.
        process = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if not _has_name(pid, name) or not _is_of(pid, user):
            return False
        signal.pidfd_send_signal(process, signal.SIGKILL)
    except OSError:
        return False
    finally:
        os.close(process)
    return True


def _has_name(pid: int, name: bytes) -> bool:
    return _read(pid, "cmdline").partition(b"\0")[0] == name


def _is_of(pid: int, user: int) -> bool:
    # Who has started it: who it acts as, and whose its files in /proc are, changes while a sandbox is made.
    return b"\nUid:\t%d\t" % user in _read(pid, "status")


def _read(pid: int, what: str) -> bytes:
    """Read how one of the files of a process begins; pathlib would take longer to load than all else here."""
    descriptor = os.open(f"/proc/{pid}/{what}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, _READ)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    main(sys.argv[1])

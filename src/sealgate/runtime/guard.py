"""What sees to it that a server's sandboxes end with the server, where the kernel does not.

The kernel kills a sandbox whose server has ended (PR_SET_PDEATHSIG of prctl(2)), once `bwrap` has asked for that: the
program does so some time after it has begun, and the process that it makes inside later still. A server that is killed
in between would leave one of them, waiting for ever for the other. So a process of its own waits for the server's end,
and looks for them then; by name, since nothing else is known of them to somebody who is not their parent.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from pathlib import Path

_WATCHMAN = Path(__file__).with_name("watchman.py")


class Guard:
    """Has all processes of a name killed when this process has ended, however that ends.

    Attributes:
        name: What they have to be called (argv[0]). It is drawn at random, and tells nothing: a function can read it.
    """

    def __init__(self) -> None:
        self.name = f"sealgate-sandbox-{secrets.token_hex(16)}"
        self._changing = threading.Lock()
        self._watchman: subprocess.Popen[bytes] | None = None

    def watch(self) -> None:
        """See to it that somebody watches, before a process of that name is started.

        Raises:
            OSError: Nobody can be started.
        """
        with self._changing:
            if self._watchman is None or self._watchman.poll() is not None:
                self._watchman = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - the program is this package's own
            [sys.executable, "-I", "-S", str(_WATCHMAN), self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            start_new_session=True,
        )

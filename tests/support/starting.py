"""A program that starts functions and is killed over that, again and again.

    python -m tests.support.starting FOLDER KILLS

It prints the name of each of the servers that it has been: what their sandboxes are called.
"""

import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from sealgate.clock import system_clock
from sealgate.runtime.bubblewrap import Bubblewrap
from sealgate.runtime.host import FunctionHost
from sealgate.runtime.interpreters import Interpreters
from sealgate.runtime.sandboxes import find_sandbox
from tests.support.running import make_invocation, make_launch

AT_ONCE = 4
OFTEN_SECONDS, LONGEST_SECONDS = 0.03, 0.25
"""How soon it is killed: mostly while sandboxes are made, and at the latest when functions have run."""
SEED = 20261125


def serve(folder: Path, sandbox: Bubblewrap) -> None:
    """Start and invoke one function after the other, some at once."""
    host = FunctionHost(sandbox=lambda: sandbox, interpreters=Interpreters(folder / "runtimes"), clock=system_clock)

    def start(first: int) -> None:
        for number in count(first, AT_ONCE):
            with host.acquire(str(number), lambda: make_launch(folder), int) as lease:
                lease.invoke(make_invocation())

    with ThreadPoolExecutor(AT_ONCE) as pool:
        pool.map(start, range(AT_ONCE))


def main(folder: Path, kills: int) -> None:
    moments = random.Random(SEED)  # noqa: S311 - not a secret
    (folder / "app.py").write_text("def handler(event, context): return 1")
    found = find_sandbox("bubblewrap")
    assert isinstance(found, Bubblewrap)
    for _ in range(kills):
        sandbox = Bubblewrap(found._program, found._cages)
        sys.stdout.write(f"{sandbox._guard.name}\n")
        sys.stdout.flush()
        server = os.fork()
        if server == 0:
            try:
                serve(folder, sandbox)
            finally:
                os._exit(1)
        time.sleep(moments.triangular(0, LONGEST_SECONDS, OFTEN_SECONDS))
        os.kill(server, signal.SIGKILL)
        assert os.waitpid(server, 0)[1] == signal.SIGKILL, "it has ended by itself"


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

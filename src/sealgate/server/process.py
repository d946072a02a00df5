"""A process that serves until it is told to stop: its signals, its limits, and what it says to whoever runs it."""

from __future__ import annotations

import logging
import os
import resource
import signal
from collections.abc import Callable
from contextlib import suppress

from sealgate.config import Config
from sealgate.logs import log_to_stderr
from sealgate.runtime.errors import SandboxUnavailable
from sealgate.runtime.sandbox import Sandbox
from sealgate.runtime.sandboxes import find_sandbox
from sealgate.server.lifecycle import Server
from sealgate.server.listener import is_loopback

log = logging.getLogger("sealgate")


def run(config: Config) -> int:
    """Serve until SIGTERM or SIGINT; print the address on stdout when ready. Answers the exit status."""
    log_to_stderr()
    allow_open_files()
    stopping = requests_to_stop()
    server = Server(config)
    endpoint = server.start()
    _say_what_is_insecure(config, endpoint)
    _say_whether_functions_run(config)
    print(f"listening on {endpoint}", flush=True)  # noqa: T201 - this line is what a caller waits for
    os.read(stopping, 1)
    # Whoever presses Ctrl-C twice does not want to wait; what was acknowledged is safe. A service manager may well
    # repeat its SIGTERM, so that one never cuts a request short.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    log.info("stopping: requests under way are finished first; Ctrl-C ends them")
    server.stop()
    return 0


def allow_open_files() -> None:
    """Raise the limit of open files as far as may be: each function that runs needs eight, and shells allow 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS calls its limit endless, and has one
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def requests_to_stop() -> int:
    """Take SIGTERM and SIGINT from now on; answer a pipe that each puts a byte into.

    No queue, and no event: the kernel may hand a signal to another thread, most likely while that starts a process, and
    whoever waits for one of those would not wake up.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return reader


def _say_what_is_insecure(config: Config, endpoint: str) -> None:
    if config.auth == "none":
        log.warning("--auth none: ANYONE who reaches this address may sign, deploy and revoke; for throw-away use only")
    if not is_loopback(endpoint):
        log.warning("%s is open to other machines, and HTTP is not encrypted: put a TLS proxy in front", endpoint)
    if config.metrics:
        log.warning("--metrics: whoever reaches this address may read what the server counts, at /metrics")
    if config.sandbox == "none":
        log.warning("--sandbox none: functions see and do whatever the user of this server can")
    if config.key_file is None:
        log.warning("no key file is configured: the private keys are protected by file permissions only")


def _say_whether_functions_run(config: Config, find: Callable[[str], Sandbox] = find_sandbox) -> None:
    try:
        find(config.sandbox)
    except SandboxUnavailable as error:
        log.warning("functions are deployed but not run: %s. `--sandbox none` would run them unconfined", error)

"""The first program of every function's process; a script, run as `python -I -S start.py ORDERS CHANNEL`.

0. Says that it has begun, before it loads anything: the server limits it meanwhile, which takes as long.
1. Gives up the rights and the resources that the function shall not have.
2. Opens the Runtime API's listening socket, where only this process's network is, and passes it to the server.
3. Prepares what needs nothing of the function: the interpreter, the runtime interface client.
4. Waits until the server says that the function's code is what was verified. Nothing of the function has been read
   before that, neither its files nor its environment.
5. Becomes the function's runtime.

ORDERS, and what the server sends, are JSON objects; `process.py` is who writes them. CHANNEL is the descriptor of a
socket to the server; where this is executed anew for step 5, it has closed. Whatever runs functions runs this, so it
keeps to what Python 3.9 knows.
"""

from __future__ import annotations

# What is said first is said before the rest is loaded.
import os
import sys

if len(sys.argv) > 2:  # noqa: PLR2004 - the program, ORDERS, CHANNEL
    os.write(int(sys.argv[2]), b"\n")

import binascii
import importlib
import json
import resource
import signal
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    # To load it would take longer than all else here.
    from typing import Any

_API = "AWS_LAMBDA_RUNTIME_API"
_MAX_DESCRIPTOR = 1 << 16


def main(orders: dict[str, Any], descriptor: int = -1) -> None:
    """Go through the steps."""
    if orders["mode"] == "verified":
        run_python(orders["folder"], orders["paths"])
        return
    give_up_rights(orders, keep=descriptor)
    with socket.socket(fileno=descriptor) as channel:
        address = hand_over_listener(channel, port=orders["port"])
        if orders["mode"] == "node":
            become_node(channel, orders["command"])
        if orders["mode"] == "python":
            prepare_python(orders["runtime"], address)
        message = wait_for_message(channel)
        if message["programs"]:
            become(channel, message)
    os.environ.clear()
    os.environ.update(message["environment"])
    os.chdir(message["folder"])
    run_python(message["folder"], message["paths"])


def give_up_rights(orders: dict[str, Any], *, keep: int) -> None:
    """Take the limits, and leave the user that has set the sandbox up.

    Changing from user 0 to another takes every capability away (capabilities(7)).
    """
    os.closerange(3, keep)
    os.closerange(keep + 1, _MAX_DESCRIPTOR)
    if orders["is_tied"]:
        end_with_parent()
    for name, most in orders["limits"].items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (allowed, allowed))
    if orders["user"] is not None and os.getuid() == 0:
        user, group = orders["user"]
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)


def end_with_parent() -> None:
    """Ask to be killed when the server ends (PR_SET_PDEATHSIG of prctl(2)); a sandbox does that by itself."""
    import ctypes  # noqa: PLC0415 - it takes a while to load

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def hand_over_listener(channel: socket.socket, *, port: int) -> str:
    """Open the API's socket, and answer its address.

    With a port of its own, others on this machine could reach it: the address then carries a secret.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    if port == 0:
        address += "/" + binascii.hexlify(os.urandom(16)).decode()
    socket.send_fds(channel, [address.encode()], [listener.fileno()])
    listener.close()
    return address


def wait_for_message(channel: socket.socket) -> dict[str, Any]:
    """Wait for the server's one line; without one there is nobody to run for."""
    received = b""
    while not received.endswith(b"\n"):
        part = channel.recv(65536)
        if not part:
            sys.exit(0)
        received += part
    message: dict[str, Any] = json.loads(received)
    return message


def become_node(channel: socket.socket, command: list[str]) -> None:
    """Become node, which waits for the message in this program's place."""
    os.set_inheritable(channel.fileno(), True)  # noqa: FBT003 - it takes no name
    os.execve(command[0], [*command, json.dumps({"channel": channel.fileno()})], os.environ)  # noqa: S606


def become(channel: socket.socket, message: dict[str, Any]) -> None:
    """Become the first of some programs that is there; tell the server where that cannot be.

    The channel closes by itself when it succeeds: the function has nothing to say by it.
    """
    os.set_inheritable(channel.fileno(), False)  # noqa: FBT003 - it takes no name
    programs = [program for program in message["programs"] if os.path.lexists(program[0])]
    problem = f"Couldn't find valid bootstrap(s): [{' '.join(program[0] for program in message['programs'])}]"
    if programs:
        try:
            os.chdir(message["folder"])
            os.execve(programs[0][0], programs[0], message["environment"])  # noqa: S606 - verified, and not by a shell
        except OSError as error:
            problem = f"fork/exec {programs[0][0]}: {str(error.strerror).lower()}"
    channel.sendall(problem.encode())
    os._exit(1)


def prepare_python(runtime: str, address: str) -> None:
    """Load the runtime interface client, which takes the address from the environment when it is loaded."""
    os.environ[_API] = address
    sys.path.append(runtime)
    importlib.import_module("awslambdaric.bootstrap")
    importlib.import_module("awslambdaric.lambda_runtime_client")


def run_python(folder: str, paths: list[str]) -> None:
    """Be the Python runtime, until the process is ended."""
    host, slash, secret = os.environ[_API].partition("/")
    prefix = slash + secret
    runtime = os.environ["LAMBDA_RUNTIME_DIR"]
    unwanted = {runtime, os.path.dirname(__file__), *paths}  # noqa: PTH120 - pathlib would be loaded for nothing
    sys.path[:] = [*paths, *(path for path in sys.path if path not in unwanted), runtime]
    sys.argv = [folder]
    prepare_site()
    bootstrap = importlib.import_module("awslambdaric.bootstrap")
    client = importlib.import_module("awslambdaric.lambda_runtime_client").LambdaRuntimeClient(host)
    call = client.call_rapid
    # Errors of the start go by `http.client`, which knows no path in an address.
    client.call_rapid = lambda method, path, *rest, **named: call(method, prefix + path, *rest, **named)
    bootstrap.run(os.environ["_HANDLER"], client)


def prepare_site() -> None:
    """Offer the names that the interpreter offers by itself where it may look for packages."""
    import site  # noqa: PLC0415 - loading it does nothing, with -S

    site.setquit()
    site.setcopyright()
    site.sethelper()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), *map(int, sys.argv[2:]))

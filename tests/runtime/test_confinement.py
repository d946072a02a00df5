"""What a hostile function sees, and what it cannot do. The code runs inside a real sandbox."""

import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import gettempdir

import pytest

from tests.support.running import House, answer

PROBE = """
    import ctypes, errno, json, os, socket, subprocess

    LIBC = ctypes.CDLL(None, use_errno=True)

    def attempt(action):
        try:
            return action()
        except OSError as error:
            return errno.errorcode[error.errno]

    def write(path):
        def action():
            with open(path, "w") as file:
                file.write("x")
            return "written"
        return action

    def call(number, *arguments):
        def action():
            return "done" if LIBC.syscall(number, *arguments) == 0 else errno.errorcode[ctypes.get_errno()]
        return action

    def connect(port):
        def action():
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return "connected"
        return action

    def listed(path):
        return attempt(lambda: sorted(os.listdir(path)))

    def handler(event, context):
        return {name: value for name, value in look(event).items()}

    def look(event):
        status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
        return {
            "root": listed("/"),
            "home": listed("/root"),
            "hidden": [attempt(lambda each=each: os.stat(each).st_size) for each in event["hidden"]],
            "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
            "commands": [open("/proc/1/cmdline").read(), open("/proc/self/cmdline").read()],
            "variables": attempt(lambda: open("/proc/1/environ").read()),
            "descriptors": sorted(
                os.readlink(f"/proc/self/fd/{name}").split(":")[0]
                for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")
            ),
            "user": [os.getresuid(), os.getresgid(), os.getgroups()],
            "capabilities": sorted({status[name].strip() for name in ("CapPrm", "CapEff", "CapAmb")}),
            "privileges": [status["NoNewPrivs"].strip(), status["Seccomp"].strip()],
            "written": {path: attempt(write(path)) for path in (
                "/var/task/app.py", "/var/task/new", "/opt/new", "/var/runtime/new", "/new", "/etc/passwd",
                "/dev/shm/new", "/proc/sys/kernel/core_pattern", "/usr/new", "/tmp/new")},
            "server": attempt(connect(event["port"])),
            "outside": attempt(lambda: socket.create_connection(("192.0.2.1", 80), timeout=1)),
            "sockets": [
                attempt(lambda each=each: socket.socket(each, socket.SOCK_DGRAM).close()) for each in event["families"]
            ],
            "interfaces": sorted(name for _, name in socket.if_nameindex()),
            "namespaces": [attempt(call(*each)) for each in event["calls"]],
            "cloned": attempt(lambda: os.unshare(0x10000000) if hasattr(os, "unshare") else None),
            "root again": attempt(lambda: os.setuid(0)),
            "killed": attempt(lambda: os.kill(1, 9)),
            "host": socket.gethostname(),
        }
"""
FAMILIES = [1, 2, 10, 16, 17, 38, 40]
"""AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; AF_PACKET, AF_ALG, AF_VSOCK."""
UNSHARE, MOUNT, CLONE, CLONE3, KEYCTL = 272, 165, 56, 435, 250
CALLS_X86 = [
    (UNSHARE, 0x10000000),
    (MOUNT, 0, 0, 0, 0, 0),
    (CLONE, 0x10000011, 0, 0, 0, 0),
    (CLONE3, 0, 0),
    (KEYCTL, 0),
]
CALLS_ARM = [(97, 0x10000000), (40, 0, 0, 0, 0, 0), (220, 0x10000011, 0, 0, 0, 0), (CLONE3, 0, 0), (219, 0)]


@pytest.fixture(scope="module")
def seen(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    secret = tmp_path_factory.mktemp("data") / "key"
    secret.write_text("secret")
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        event = {
            "port": server.getsockname()[1],
            "hidden": [str(secret), "/etc/shadow", "/etc/hostname", "/home", sys.executable],
            "families": FAMILIES,
            "calls": CALLS_X86 if os.uname().machine == "x86_64" else CALLS_ARM,
        }
        yield answer(house.run(house.write(PROBE), event, environment={"OWN": "1"}))


def test_it_sees_the_systems_programs_and_itself(seen: dict[str, object]) -> None:
    allowed = {"bin", "dev", "etc", "lib", "lib32", "lib64", "opt", "proc", "sbin", "tmp", "usr", "var"}
    assert isinstance(seen["root"], list)
    assert set(seen["root"]) <= allowed
    assert (seen["home"], seen["hidden"]) == ("ENOENT", ["ENOENT"] * 5)
    assert seen["host"] == "sandbox"


def test_it_sees_no_other_process_and_no_path_of_this_host(seen: dict[str, object]) -> None:
    assert seen["processes"] == [1, 2]
    assert isinstance(seen["commands"], list)
    paths = (str(Path(__file__).parents[2]), gettempdir())
    assert not [each for each in seen["commands"] if any(path in each for path in paths)]
    assert seen["variables"] in {"EACCES", "EPERM", ""}


def test_it_has_no_descriptor_of_the_servers(seen: dict[str, object]) -> None:
    assert isinstance(seen["descriptors"], list)
    assert set(seen["descriptors"]) == {"/dev/null", "pipe", "socket"}
    assert seen["descriptors"].count("pipe") == 2


def test_it_is_nobody_and_can_do_nothing_about_that(seen: dict[str, object]) -> None:
    assert isinstance(seen["user"], list)
    assert seen["user"][:2] == [[993] * 3, [990] * 3]
    assert set(seen["user"][2]) <= {65534}
    assert (seen["capabilities"], seen["privileges"]) == (["0000000000000000"], ["1", "2"])
    assert seen["root again"] in {"EPERM", "EINVAL"}
    # A signal from inside has no effect on the first process of a namespace, whoever may send it (pid_namespaces(7)).
    assert seen["killed"] in {"EPERM", None}


def test_it_can_write_in_tmp_only(seen: dict[str, object]) -> None:
    assert isinstance(seen["written"], dict)
    assert seen["written"].pop("/tmp/new") == "written"  # noqa: S108 - in the sandbox
    assert set(seen["written"].values()) <= {"EROFS", "EACCES", "ENOENT"}


def test_it_reaches_nothing_by_the_network(seen: dict[str, object]) -> None:
    assert (seen["server"], seen["outside"], seen["interfaces"]) == ("ECONNREFUSED", "ENETUNREACH", ["lo"])


def test_it_has_no_sockets_of_kinds_that_a_network_namespace_does_not_confine(seen: dict[str, object]) -> None:
    assert seen["sockets"] == [None] * 4 + ["EAFNOSUPPORT"] * 3


def test_it_makes_no_namespaces(seen: dict[str, object]) -> None:
    assert seen["namespaces"] == ["EPERM", "EPERM", "EPERM", "ENOSYS", "EPERM"]
    assert seen["cloned"] in {"EPERM", None}


def test_its_host_user_is_its_own_where_the_server_is_root(house: House) -> None:
    code = "def handler(*_): return open('/proc/self/uid_map').read().split()"
    users = [answer(house.run(house.write(code))) for _ in range(2)]
    if os.geteuid() == 0:
        assert users[0][:3] == ["0", "0", "1"]
        assert (users[0][3], users[0][4] != users[1][4]) == ("993", True)
    else:
        assert (users[0][0], users[0][2:]) == ("993", ["1"])


NETWORK = """
    import http.client, os, socket

    def handler(event, context):
        address, _, secret = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
        host, port = address.split(":")
        api = http.client.HTTPConnection(host, int(port))
        api.request("GET", "/2018-06-01/runtime/invocation/next")
        socket.create_connection(("127.0.0.1", event), timeout=1).close()
        return [len(secret), api.getresponse().status]
"""


def test_with_the_hosts_network_it_reaches_the_server_and_only_who_knows_the_secret_reaches_its_api(
    house: House,
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        found = house.run(house.write(NETWORK), server.getsockname()[1], network=True)
        assert answer(found) == [32, 403]
    assert house.run(house.write("1 / 0"), network=True).error_type == "ZeroDivisionError"


KILLED = """
import sys
from pathlib import Path
from tests.support.running import House, make_invocation, make_launch

house = House(Path(sys.argv[1]), sandbox=sys.argv[2])
task = house.write("import time\\ndef handler(event, context):\\n    print(flush=True)\\n    time.sleep(event)")
key, launch = "key", lambda: make_launch(task, timeout=600)
with house.host.acquire("idle", launch, int) as lease:
    lease.invoke(make_invocation(0))
with house.host.acquire("busy", launch, int) as lease:
    pids = [slot.process._child._confined.first for slot in (*house.host._idle, *house.host._busy)]
    print(*pids, flush=True)
    lease.invoke(make_invocation(600))
"""


@pytest.mark.parametrize("sandbox", ["bubblewrap", "none"])
def test_a_server_that_is_killed_leaves_no_process(tmp_path: Path, sandbox: str) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", KILLED, tmp_path, sandbox],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert server.stdout is not None
    pids = [int(each) for each in server.stdout.readline().split()]
    assert len(pids) == 2
    watched = [os.pidfd_open(pid) for pid in pids]
    server.kill()
    server.communicate()
    for pidfd in watched:
        assert wait_for_end(pidfd)
        os.close(pidfd)


def wait_for_end(pidfd: int) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(10_000))

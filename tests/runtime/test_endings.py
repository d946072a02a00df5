"""Functions that end badly, or try not to end: each is a result, and leaves no process."""

from pathlib import Path

import pytest

from tests.support.running import REQUEST_ID, House, answer, error, make_invocation

FINE = """
    def handler(event, context):
        return "fine"
"""


def alive(marker: str) -> list[str]:
    """The command lines of processes that have a marker in their environment or command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if marker.encode() in text:
            found.append(text.decode())
    return found


def ended_with(reason: str) -> tuple[str, str]:
    return "Runtime.ExitError", f"RequestId: {REQUEST_ID} Error: Runtime exited with{reason}"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("os._exit(7)", " error: exit status 7"),
        ("os._exit(0)", "out providing a reason"),
        ("os.kill(os.getpid(), 9)", " error: signal: killed"),
        ("os.kill(os.getpid(), 11)", " error: signal: segmentation fault"),
        ("sys.exit(3)", " error: exit status 3"),
        ("held = bytearray(600 << 20)", " error: signal: killed"),
        ("time.sleep(0.2); held = [bytearray(1 << 20) for _ in range(2000)]", " error: signal: killed"),
    ],
)
def test_a_process_that_ends_in_the_middle_is_told(house: House, body: str, reason: str) -> None:
    task = house.write(f"import os, sys, time\ndef handler(event, context):\n    if event: {body}\n    return 1")

    ended, next_one = house.run_all(task, [make_invocation("end"), make_invocation("")], ephemeral_storage=600)

    assert error(ended) == ended_with(reason)
    assert f"{ended_with(reason)[1]}\nRuntime.ExitError\n".encode() in ended.log
    assert ended.log.endswith(b"\tStatus: error\tError Type: Runtime.ExitError\n")
    assert answer(next_one) == 1
    assert next_one.init_duration is not None


def test_what_the_platform_says_begins_a_line(house: House) -> None:
    task = house.write("import os\ndef handler(event, context):\n    os.write(1, b'half a li')\n    os._exit(7)")
    ended = house.run(task)
    assert f"\nhalf a li\n{ended_with(' error: exit status 7')[1]}\n".encode() in ended.log


@pytest.mark.parametrize(
    ("body", "reason"),
    [("os._exit(9)", " error: exit status 9"), ("os.kill(os.getpid(), 15)", " error: signal: termi")],
)
def test_a_process_that_ends_before_its_first_invocation_is_told(house: House, body: str, reason: str) -> None:
    kind, message = error(house.run(house.write(f"import os\nprint('here')\n{body}")))
    assert (kind, message[: len(ended_with(reason)[1])]) == ended_with(reason)


def test_what_takes_too_long_is_ended_with_all_that_it_has_started(house: House) -> None:
    code = """
        import os, signal, subprocess, time
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

        def handler(event, context):
            subprocess.Popen(["sleep", "98765.4321"], start_new_session=True)
            print("still here", flush=True)
            while True:
                time.sleep(1)
    """
    result = house.run(house.write(code), timeout=1)

    assert error(result) == ("Sandbox.Timedout", f"RequestId: {REQUEST_ID} Error: Task timed out after 1.00 seconds")
    assert f"Z {REQUEST_ID} Task timed out after 1.00 seconds\n\n".encode() in result.log
    assert result.log.endswith(b"\tStatus: timeout\n")
    assert b"still here\n" in result.log
    assert 1000 <= result.duration < 4000
    assert alive("98765.4321") == []


def test_a_start_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    house = House(tmp_path, init_seconds=1)
    try:
        kind, message = error(house.run(house.write("import time\ntime.sleep(60)"), timeout=1))
        assert (kind, message.endswith("Task timed out after 1.00 seconds")) == ("Sandbox.Timedout", True)
    finally:
        house.close()


def test_a_flood_of_output_is_read_and_its_end_is_kept(house: House) -> None:
    code = """
        import os
        def handler(event, context):
            for _ in range(1600):
                os.write(1, b"x" * 65535 + b"\\n")
            os.write(2, b"the end\\n")
            return "printed"
    """
    result = house.run(house.write(code))
    assert answer(result) == "printed"
    assert len(result.log) < 2 << 20
    assert b" bytes are left out here]" in result.log
    assert b"the end\n" in result.tail
    assert len(result.tail) == 4096


def test_output_without_a_reader_waits_for_the_next_invocation(house: House) -> None:
    code = """
        import os, threading
        def handler(event, context):
            threading.Thread(target=os.write, args=(1, b"afterwards\\n" * 20000)).start()
            return 1
    """
    results = house.run_all(house.write(code), [make_invocation(), make_invocation()])
    assert [answer(result) for result in results] == [1, 1]


def test_tmp_holds_what_the_function_was_given_and_no_more(house: House) -> None:
    code = """
        import errno
        def handler(event, context):
            written = 0
            try:
                with open("/tmp/big", "wb") as file:
                    while True:
                        written += file.write(bytes(1 << 20))
            except OSError as error:
                return [written >> 20, errno.errorcode[error.errno]]
    """
    mebibytes, code_name = answer(house.run(house.write(code), ephemeral_storage=64))
    assert (60 <= mebibytes <= 64, code_name) == (True, "ENOSPC")


def test_processes_and_threads_have_a_limit(house: House) -> None:
    code = """
        import os, threading, time
        def handler(event, context):
            threading.stack_size(32768)
            started = 0
            try:
                while started < 5000:
                    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
                    started += 1
            except RuntimeError:
                try:
                    os.fork()
                except BlockingIOError:
                    return started
    """
    assert 900 < answer(house.run(house.write(code), memory_size=1024)) <= 1024


def test_an_answer_may_have_six_megabytes(house: House) -> None:
    task = house.write("def handler(event, context): return 'x' * event")

    most, more, after = house.run_all(task, [make_invocation(size) for size in (6291554, 6291555, 1)])

    assert len(most.payload) == 6291556
    limit = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    assert error(more) == ("Function.ResponseSizeTooLarge", limit)
    assert answer(after) == "x"


RAW = """
    import os, socket, time
    HOST, PORT = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")

    def call(data, wait=True):
        with socket.create_connection((HOST, int(PORT))) as raw:
            raw.sendall(data)
            raw.settimeout(2)
            return raw.recv(65536).decode() if wait else ""

    def handler(event, context):
        return [call(each["data"].encode("latin-1"), each.get("wait", True)) for each in event]
"""


def test_garbage_at_the_runtime_api_is_refused_and_does_no_harm(house: House) -> None:
    post = "POST /2018-06-01/runtime/invocation"
    event = [
        {"data": "\x00\xff garbage\r\n\r\n"},
        {"data": "GET / HTTP/1.1\r\n" + "X: " + "y" * 70000, "wait": False},
        {"data": f"{post}/other/response HTTP/1.1\r\nContent-Length: 2\r\n\r\n{{}}"},
        {"data": f"{post}/{REQUEST_ID}/response HTTP/1.1\r\nContent-Length: 99\r\n\r\n{{}}", "wait": False},
        {"data": "GET /2020-01-01/extension/register HTTP/1.1\r\n\r\n"},
        {"data": "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n"},
    ]
    said = answer(house.run(house.write(RAW), event))
    assert [each.split("\r\n")[0] for each in said] == [
        "HTTP/1.1 400 Bad Request",
        "",
        "HTTP/1.1 400 Bad Request",
        "",
        "HTTP/1.1 403 Forbidden",
        "HTTP/1.1 403 Forbidden",
    ]
    assert "Invalid request ID" in said[2]
    assert "extensions are not run here" in said[4]


def test_a_process_that_closes_its_sockets_harms_itself_only(house: House) -> None:
    code = "import os\ndef handler(event, context):\n    os.closerange(3, 100)\n    return 1"
    results = house.run_all(house.write(code), [make_invocation(), make_invocation()], timeout=1)
    assert {result.error_type for result in results} <= {"", "Runtime.ExitError", "Sandbox.Timedout"}
    assert answer(house.run(house.write(FINE))) == "fine"


def test_more_connections_than_may_be_are_refused(house: House) -> None:
    code = """
        import os, socket
        HOST, PORT = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
        def handler(event, context):
            held = [socket.create_connection((HOST, int(PORT))) for _ in range(40)]
            return len(held)
    """
    assert answer(house.run(house.write(code))) == 40


def test_nothing_is_left_of_what_has_ended(house: House) -> None:
    house.run(house.write(FINE))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        house.run(house.write(FINE))
    assert len(list(Path("/proc/self/fd").iterdir())) == before

"""Invoking functions through boto3 and a real socket: what they are given, what they answer, how they end."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import run_aws
from tests.support.invoking import NODE, PYTHON, Functions, package
from tests.support.refusals import error_of
from tests.support.server import RunningServer

ECHO = "def handler(event, context): return event"
MANY = """
    import ctypes, os, time
    count = 0
    def handler(event, context):
        global count
        count += 1
        if event == "raise": raise ValueError("no such thing")
        if event == "set": return {1, 2}
        if event == "exit": os._exit(7)
        if event == "segfault": ctypes.string_at(0)
        if event == "memory": held = b"x" * (300 << 20)
        if event == "sleep": time.sleep(30)
        if event == "disk":
            with open("/tmp/big", "wb") as file:
                for _ in range(600): file.write(bytes(1 << 20))
        return count
    """
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
OWN_RUNTIME = """
    #!/usr/bin/env python3
    import json, os, urllib.request
    BASE = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
    while True:
        with urllib.request.urlopen(f"{BASE}/next") as asked:
            name, event = asked.headers["Lambda-Runtime-Aws-Request-Id"], json.load(asked)
        print("handling", event, flush=True)
        answer = json.dumps([os.environ["_HANDLER"], event]).encode()
        urllib.request.urlopen(f"{BASE}/{name}/response", data=answer).close()
    """


@pytest.fixture(scope="module")
def functions(server: RunningServer) -> Functions:
    return Functions(server.client("lambda"), role=f"arn:aws:iam::{server.credentials.account}:role/absent")


def refused(functions: Functions, name: str, event: Any = None, **members: Any) -> tuple[str, int, str]:
    with pytest.raises(functions.client.exceptions.ClientError) as caught:
        functions.call(name, event, **members)
    return error_of(caught)


def encoded(context: object) -> str:
    return base64.b64encode(json.dumps(context).encode()).decode()


def test_a_function_answers_and_its_log_is_told_to_who_asks(functions: Functions) -> None:
    code = """
        import os, sys
        print("starting")
        def handler(event, context):
            print("handling", event)
            print("to stderr", file=sys.stderr)
            held = b"x" * (40 << 20)
            return [event, context.function_name, context.function_version, context.invoked_function_arn,
                    context.memory_limit_in_mb, 0 < context.get_remaining_time_in_millis() <= 5000,
                    os.environ["GREETING"], context.log_group_name]
        """
    name = functions.make(code, Environment={"Variables": {"GREETING": "hello"}}, MemorySize=256)
    answer = functions.call(name, {"n": 1}, LogType="Tail")
    arn = functions.client.get_function_configuration(FunctionName=name)["FunctionArn"]
    assert (answer.status, answer.version, answer.error) == (200, "$LATEST", None)
    assert answer.value == [{"n": 1}, name, "$LATEST", arn, "256", True, "hello", f"/aws/lambda/{name}"]
    lines = answer.log.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["starting", "START", "handling", "to", "END", "REPORT"]
    report = dict(field.split(": ") for field in lines[-1].split("\t")[1:] if field)
    assert [f"{name}: {NUMBER.sub('N', value)}" for name, value in report.items()] == [
        "Duration: N ms",
        "Billed Duration: N ms",
        "Memory Size: N MB",
        "Max Memory Used: N MB",
        "Init Duration: N ms",
    ]
    assert 40 <= int(report["Max Memory Used"].split()[0]) < 100
    assert functions.call(name).log == ""


def test_a_tail_is_the_last_four_kilobytes(functions: Functions) -> None:
    name = functions.make("def handler(event, context): print('x' * 9000)")
    assert len(functions.call(name, LogType="Tail").log) == 4096


@pytest.mark.parametrize(
    ("event", "kind", "message"),
    [
        ("raise", "ValueError", "no such thing"),
        ("set", "Runtime.MarshalError", "Unable to marshal response: Object of type set is not JSON serializable"),
        ("exit", "Runtime.ExitError", "Runtime exited with error: exit status 7"),
        ("segfault", "Runtime.ExitError", "Runtime exited with error: signal: segmentation fault"),
        ("memory", "Runtime.ExitError", "Runtime exited with error: signal: killed"),
        ("disk", "OSError", "[Errno 28] No space left on device"),
        ("sleep", "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    ],
)
def test_however_a_function_ends_it_is_an_answer_and_the_next_one_comes(
    functions: Functions, event: str, kind: str, message: str
) -> None:
    name = functions.make(MANY, Timeout=1)
    answer = functions.call(name, event, LogType="Tail")
    told_kind, told = answer.failure
    assert (answer.status, answer.error, told_kind) == (200, "Unhandled", kind)
    assert message in told
    assert "REPORT RequestId: " in answer.log
    assert functions.call(name).value in (1, 2)


@pytest.mark.parametrize(
    ("code", "handler", "kind"),
    [
        ("import absent", "app.handler", "Runtime.ImportModuleError"),
        ("def handler(:", "app.handler", "Runtime.UserCodeSyntaxError"),
        (ECHO, "app.absent", "Runtime.HandlerNotFound"),
        ("raise ValueError('at the start')", "app.handler", "ValueError"),
        ("import os; os._exit(3)", "app.handler", "Runtime.ExitError"),
    ],
)
def test_a_function_that_cannot_start_says_so(functions: Functions, code: str, handler: str, kind: str) -> None:
    answer = functions.call(functions.make(code, Handler=handler))
    assert (answer.status, answer.error, answer.failure[0]) == (200, "Unhandled", kind)


def test_an_error_tells_where_it_was_raised(functions: Functions) -> None:
    answer = functions.call(functions.make(MANY), "raise")
    told = json.loads(answer.body)
    assert set(told) == {"errorMessage", "errorType", "requestId", "stackTrace"}
    assert '/var/task/app.py", line' in told["stackTrace"][0]


def test_javascript_runs(functions: Functions) -> None:
    code = """
        export const handler = async (event, context) => {
          console.log("handling", event);
          if (event === "throw") throw new TypeError("not that");
          return [event, context.functionName, process.env.GREETING, process.version.split(".")[0]];
        };
        """
    name = functions.make(code, Runtime=NODE, Environment={"Variables": {"GREETING": "hello"}})
    answer = functions.call(name, 5, LogType="Tail")
    assert answer.value == [5, name, "hello", "v22"]
    assert "\tINFO\thandling 5\n" in answer.log
    assert functions.call(name, "throw").failure == ("TypeError", "not that")


def test_a_runtime_of_its_own_runs(functions: Functions) -> None:
    name = functions.make({"bootstrap": OWN_RUNTIME}, Runtime="provided.al2023", Handler="own")
    answer = functions.call(name, {"n": 1}, LogType="Tail")
    assert answer.value == ["own", {"n": 1}]
    assert "handling {'n': 1}\n" in answer.log
    assert functions.call(name, 2).value == ["own", 2]


@pytest.mark.parametrize("handler", ["inner/part.handler", "inner.part.handler"])
def test_a_handler_may_be_in_a_folder(functions: Functions, handler: str) -> None:
    assert functions.call(functions.make({"inner/part.py": ECHO}, Handler=handler), 1).value == 1


def test_layers_are_merged_and_the_later_one_counts(functions: Functions) -> None:
    first = {"python/library.py": "NAME = 'first'", "python/only.py": "NAME = 'only'", "data.txt": "first"}
    second = {"python/library.py": "NAME = 'second'", "data.txt": "second"}
    layers = [functions.layer(first, "merged-first"), functions.layer(second, "merged-second")]
    code = """
        import library, only
        def handler(event, context): return [library.NAME, only.NAME, open("/opt/data.txt").read()]
        """
    name = functions.make(code, Layers=layers)
    assert functions.call(name).value == ["second", "only", "second"]
    functions.client.update_function_configuration(FunctionName=name, Layers=layers[::-1])
    assert functions.call(name).value == ["first", "only", "first"]


def test_tmp_has_the_size_that_was_asked_for(functions: Functions) -> None:
    code = "import os\ndef handler(event, context): return os.statvfs('/tmp').f_blocks * 4096 >> 20"
    assert functions.call(functions.make(code, EphemeralStorage={"Size": 700})).value == 700


def test_a_payload_that_is_not_there_is_an_empty_object(functions: Functions) -> None:
    name = functions.make(ECHO)
    assert json.loads(functions.client.invoke(FunctionName=name)["Payload"].read()) == {}


def test_a_payload_must_be_json_and_fit(functions: Functions) -> None:
    name = functions.make("def handler(event, context): return len(event)")
    kinds = functions.client.exceptions
    with pytest.raises(kinds.InvalidRequestContentException, match="Could not parse request body into json"):
        functions.call(name, b"{not json")
    with pytest.raises(kinds.RequestTooLargeException) as caught:
        functions.call(name, "x" * 6_291_455)
    assert error_of(caught)[1:] == (
        413,
        "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)",
    )
    assert functions.call(name, "x" * 6_291_454).value == 6_291_454
    with pytest.raises(kinds.RequestTooLargeException, match="is too large for the Event invocation type"):
        functions.call(name, "x" * 1_048_576, InvocationType="Event")


def test_an_answer_must_fit(functions: Functions) -> None:
    answer = functions.call(functions.make("def handler(event, context): return 'x' * 6_291_555"))
    assert answer.failure[0] == "Function.ResponseSizeTooLarge"


def test_a_client_context_reaches_the_function(functions: Functions) -> None:
    name = functions.make("def handler(event, context): return context.client_context.custom")
    assert functions.call(name, ClientContext=encoded({"custom": {"a": "é"}})).value == {"a": "é"}


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ("*", "Client context must be a valid Base64-encoded JSON object."),
        (base64.b64encode(b"{not json").decode(), "Client context must be a valid Base64-encoded JSON object."),
        (encoded("x"), "Client context must be a valid Base64-encoded JSON object."),
        (encoded({"custom": {"a": "x" * 3583}}), "Client context must be no more than 3583 bytes when base64-encoded."),
    ],
)
def test_a_client_context_must_be_one(functions: Functions, context: str, message: str) -> None:
    name = functions.make(ECHO)
    for kind in ("RequestResponse", "Event", "DryRun"):
        told = refused(functions, name, ClientContext=context, InvocationType=kind)
        assert told == ("InvalidParameterValueException", 400, message)


def test_versions_and_aliases_run_what_they_froze(functions: Functions) -> None:
    client = functions.client
    code = "import os\ndef handler(event, context): return [{}, context.function_version, context.invoked_function_arn]"
    name = functions.make(code.format(1), Publish=True)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.update_function_code(FunctionName=name, ZipFile=package(code.format(2)))
    arn = client.get_function_configuration(FunctionName=name)["FunctionArn"]
    for qualifier, version in (("$LATEST", "$LATEST"), ("1", "1"), ("live", "1")):
        answer = functions.call(name, Qualifier=qualifier)
        assert answer.version == version
        assert answer.value == [2 if version == "$LATEST" else 1, version, f"{arn}:{qualifier}"]
        assert functions.call(f"{arn}:{qualifier}").value == answer.value
    for qualifier in ("2", "dead"):
        told = refused(functions, name, Qualifier=qualifier)
        assert told == ("ResourceNotFoundException", 404, f"Function not found: {arn}:{qualifier}")


@pytest.mark.parametrize("member", ["DurableExecutionName", "TenantId"])
def test_what_is_not_supported_is_refused_by_name(functions: Functions, member: str) -> None:
    code, status, message = refused(functions, functions.make(ECHO), **{member: "x"})
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert f"The member {member} is not supported" in message


def test_a_dry_run_says_what_would_run_and_runs_nothing(functions: Functions) -> None:
    name = functions.make("import os\nos._exit(1)", Publish=True)
    answer = functions.call(name, InvocationType="DryRun", Qualifier="1")
    assert (answer.status, answer.version, answer.body) == (204, "1", b"")
    assert refused(functions, name, InvocationType="DryRun", Qualifier="2")[0] == "ResourceNotFoundException"


def test_what_is_changed_runs_at_once_as_it_is_now(functions: Functions) -> None:
    client = functions.client
    code = """
        import os
        count = 0
        def handler(event, context):
            global count
            count += 1
            return [{}, count, os.getenv("AB")]
        """
    name = functions.make(code.format(1))
    assert [functions.call(name).value for _ in range(2)] == [[1, 1, None], [1, 2, None]]
    client.update_function_code(FunctionName=name, ZipFile=package(code.format(2)))
    assert functions.call(name).value == [2, 1, None]
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"AB": "b"}})
    assert functions.call(name).value == [2, 1, "b"]
    client.delete_function(FunctionName=name)
    assert refused(functions, name)[0] == "ResourceNotFoundException"
    client.create_function(
        FunctionName=name,
        Role=functions.role,
        Runtime=PYTHON,
        Handler="app.handler",
        Code={"ZipFile": package(code.format(3))},
    )
    assert functions.call(name).value == [3, 1, None]


def test_no_reserved_concurrency_is_no_invocation(functions: Functions) -> None:
    name = functions.make(ECHO)
    functions.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(functions.client.exceptions.TooManyRequestsException) as caught:
        functions.call(name)
    response: Any = caught.value.response
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
    assert error_of(caught) == ("TooManyRequestsException", 429, "Rate Exceeded.")
    functions.client.delete_function_concurrency(FunctionName=name)
    assert functions.call(name, 1).value == 1


def test_a_function_sees_neither_the_server_nor_the_network(functions: Functions, server: RunningServer) -> None:
    code = """
        import os, socket
        def reach(address):
            try: socket.create_connection(address, 1)
            except OSError as error: return type(error).__name__
        def handler(event, context):
            folder, port = event
            keys = [key for key in os.environ if key.startswith("AWS_") and "KEY" in key or key == "AWS_ENDPOINT_URL"]
            return [os.path.exists(folder), keys, reach(("127.0.0.1", port)), os.getuid() == 0]
        """
    port = int(server.url.rpartition(":")[2])
    found = functions.call(functions.make(code), [str(server.folder), port]).value
    assert found == [False, [], "ConnectionRefusedError", False]


@pytest.mark.parametrize("runtime", ["python3.8", "nodejs16.x", "java21", "ruby3.4"])
def test_a_runtime_that_this_host_lacks_is_refused_when_it_is_asked_for(functions: Functions, runtime: str) -> None:
    name = functions.make(ECHO)
    with pytest.raises(functions.client.exceptions.InvalidParameterValueException, match=re.escape(runtime)):
        functions.make(ECHO, Runtime=runtime)
    with pytest.raises(functions.client.exceptions.InvalidParameterValueException, match=re.escape(runtime)):
        functions.client.update_function_configuration(FunctionName=name, Runtime=runtime)
    assert functions.call(name, 1).value == 1


def test_the_command_line_invokes_too(functions: Functions, server: RunningServer, tmp_path: Path) -> None:
    name = functions.make(MANY)
    invoke = ("lambda", "invoke", "--function-name", name, "--payload", '"raise"', "--log-type", "Tail", "answer.json")
    told = run_aws(*invoke, environment=server.environment(), folder=tmp_path)
    assert told.returncode == 0, told.stderr
    metadata = json.loads(told.stdout)
    assert (metadata["StatusCode"], metadata["ExecutedVersion"], metadata["FunctionError"]) == (
        200,
        "$LATEST",
        "Unhandled",
    )
    assert "REPORT RequestId: " in base64.b64decode(metadata["LogResult"]).decode()
    assert json.loads((tmp_path / "answer.json").read_text())["errorMessage"] == "no such thing"

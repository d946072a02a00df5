"""Functions in Python, under AWS's runtime interface client."""

import json

import pytest

from sealgate.runtime.launch import Credentials
from tests.support.running import ARN, PYTHON, REQUEST_ID, House, answer, error, make_invocation

ECHO = """
    print("loading")

    def handler(event, context):
        print("handling")
        return {"event": event, "arn": context.invoked_function_arn, "id": context.aws_request_id,
                "left": context.get_remaining_time_in_millis(), "memory": context.memory_limit_in_mb,
                "client": context.client_context and context.client_context.custom}
"""


def test_an_event_goes_in_and_an_answer_comes_out(house: House) -> None:
    context = json.dumps({"custom": {"name": "Zoë\n"}}, ensure_ascii=False)
    invocations = [make_invocation({"é": [1, None]}, client_context=context), make_invocation(2)]

    cold, warm = house.run_all(house.write(ECHO), invocations)

    assert answer(cold).pop("left") in range(4000, 5001)
    assert {name: value for name, value in answer(cold).items() if name != "left"} == {
        "event": {"é": [1, None]},
        "arn": ARN,
        "id": REQUEST_ID,
        "memory": "128",
        "client": {"name": "Zoë\n"},
    }
    assert answer(warm)["event"] == 2
    assert (cold.init_duration is not None, warm.init_duration) == (True, None)
    assert cold.billed >= (cold.init_duration or 0) + cold.duration
    assert 0 < cold.peak_memory <= 128


def test_what_is_printed_stands_between_the_platforms_lines(house: House) -> None:
    cold, warm = house.run_all(house.write(ECHO), [make_invocation(), make_invocation()])

    lines = cold.log.decode().splitlines()
    start, end = f"START RequestId: {REQUEST_ID} Version: $LATEST", f"END RequestId: {REQUEST_ID}"
    assert lines[:-1] == ["loading", start, "handling", end]
    assert lines[-1].startswith(f"REPORT RequestId: {REQUEST_ID}\tDuration: ")
    assert "\tMemory Size: 128 MB\tMax Memory Used: " in lines[-1]
    assert "\tInit Duration: " in lines[-1]
    assert warm.log.decode().splitlines()[:-1] == [start, "handling", end]


def test_an_exception_is_the_functions_own_error(house: House) -> None:
    result = house.run(house.write("def handler(event, context): raise KeyError('lost')"))

    assert error(result) == ("KeyError", "'lost'")
    assert json.loads(result.payload)["stackTrace"][0].startswith('  File "/var/task/app.py", line 1, in handler')
    assert b"[ERROR] KeyError: 'lost'" in result.log


@pytest.mark.parametrize(
    ("text", "handler", "kind", "message"),
    [
        ("import nothing_here", "app.handler", "Runtime.ImportModuleError", "Unable to import module 'app': No module"),
        ("def x(", "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("x = 1", "app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("1 / 0", "app.handler", "ZeroDivisionError", "division by zero"),
        ("", "nothing", "Runtime.MalformedHandlerName", "Bad handler 'nothing'"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_told(house: House, text: str, handler: str, kind: str, message: str) -> None:
    found, said = error(house.run(house.write(text), handler=handler))
    assert found == kind
    assert said.startswith(message)


ENVIRONMENT = """
    import os
    BEFORE = dict(os.environ)

    def handler(event, context):
        return BEFORE
"""


def test_the_environment_is_lambdas_and_the_functions_own(house: House) -> None:
    found = answer(
        house.run(
            house.write(ENVIRONMENT),
            environment={"COLOUR": "blue", "TZ": "Europe/Paris", "AWS_REGION": "elsewhere"},
            credentials=lambda: Credentials(access_key_id="ASIA", secret_access_key="secret", session_token="token"),
            endpoint="http://127.0.0.1:4566",
        )
    )
    assert (
        found.items()
        >= {
            "COLOUR": "blue",
            "TZ": "Europe/Paris",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "ASIA",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{PYTHON}",
            "AWS_LAMBDA_FUNCTION_NAME": "app",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/app",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/26/[$LATEST]0",
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
            "LAMBDA_TASK_ROOT": "/var/task",
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "_HANDLER": "app.handler",
        }.items()
    )


def test_a_variable_that_interpreters_heed_is_heeded(house: House) -> None:
    task = house.write({"app.py": "import extra\ndef handler(*_): return extra.X", "more/extra.py": "X = __debug__"})
    found = house.run(task, environment={"PYTHONPATH": "/var/task/more", "PYTHONOPTIMIZE": "1"})
    assert answer(found) is False


def test_a_wrapper_starts_the_interpreter(house: House) -> None:
    wrapper = '#!/bin/sh\nexport WRAPPED=1\nexec "$@"\n'
    task = house.write({"app.py": "import os\ndef handler(*_): return os.environ['WRAPPED']", "bin/bootstrap": wrapper})
    assert answer(house.run(task, environment={"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/bin/bootstrap"})) == "1"
    absent = house.run(task, environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/absent"})
    assert absent.error_type == "Runtime.InvalidEntrypoint"


def test_nothing_of_the_function_is_read_before_its_code_is_verified(house: House) -> None:
    task = house.write({"app.py": "def handler(*_): return ", "extra/sitecustomize.py": "print('too early')"})

    def verify() -> None:
        # A new process has all the time it may want.
        (task / "app.py").write_text("def handler(*_): return 'verified'")
        (task / "extra" / "sitecustomize.py").write_text("")

    for environment in ({}, {"PYTHONPATH": "/var/task/extra", "LD_PRELOAD": "/var/task/libnone.so"}):
        (task / "app.py").write_text("1 / 0")
        result = house.run(task, gate=verify, environment=environment)
        assert answer(result) == "verified"
        assert b"too early" not in result.log


def test_layers_lie_in_opt_and_a_later_one_covers_an_earlier_one(house: House) -> None:
    first = house.write({"python/shared.py": "X = 'first'", "python/one/__init__.py": "Y = 1", "bin/tool": "#!/bin/sh"})
    second = house.write({"python/shared.py": "X = 'second'", f"python/lib/{PYTHON}/site-packages/two.py": "Z = 2"})
    (second / "link").symlink_to("python/shared.py")
    code = """
        import os, shared, one, two
        def handler(event, context):
            return [shared.X, one.Y, two.Z, sorted(os.listdir("/opt")), os.readlink("/opt/link")]
    """
    found = answer(house.run(house.write(code), layers=(first, second)))
    assert found == ["second", 1, 2, ["bin", "link", "python"], "python/shared.py"]
    assert answer(house.run(house.write("import one\ndef handler(*_): return one.Y"), layers=(first,))) == 1


def test_a_function_covers_the_modules_of_the_runtime(house: House) -> None:
    task = house.write({"app.py": "import boto3\ndef handler(*_): return boto3.X", "boto3.py": "X = 'own'"})
    assert answer(house.run(task)) == "own"


def test_without_a_sandbox_everything_is_where_it_is(open_house: House) -> None:
    layer = open_house.write({"python/inner.py": "X = 'layer'"})
    task = open_house.write("import os, inner\ndef handler(*_): return [inner.X, os.environ['LAMBDA_TASK_ROOT']]")
    assert answer(open_house.run(task, layers=(layer,))) == ["layer", str(task)]
    assert error(open_house.run(open_house.write("import nothing")))[0] == "Runtime.ImportModuleError"

"""Functions in JavaScript, under the loop of `bootstraps/node.mjs`."""

import json

import pytest

from tests.support.running import ARN, NODE, REQUEST_ID, House, answer, error, exit_error, make_invocation

APP = """
    console.log("loading", {a: 1});
    let count = 0;

    export const plain = async (event, context) => ({
      event, count: ++count, name: context.functionName, memory: context.memoryLimitInMB,
      arn: context.invokedFunctionArn, id: context.awsRequestId, client: context.clientContext,
      left: context.getRemainingTimeInMillis() > 3000,
      task: process.env.LAMBDA_TASK_ROOT, zone: new Date(0).getHours(), here: process.cwd(),
    });
    export const nothing = async () => {};
    export const refusing = async () => { throw new TypeError("one\\ntwo"); };
    export const text = async () => { throw "only text"; };
    export const circular = async () => { const a = {}; a.a = a; return a; };
    export const callback = (event, context, done) => {
      setTimeout(() => console.error("before the answer"), 20);
      done(null, "called");
    };
    export const hasty = (event, context, done) => {
      context.callbackWaitsForEmptyEventLoop = false;
      setTimeout(() => {}, 60000);
      done(null, "hasty");
    };
    export const failing = (event, context, done) => done(new RangeError("too far"));
    export const old = (event, context) => context.succeed("old");
    export const older = (event, context) => context.done(new Error("older"));
    export const empty = (event, context, done) => {};
    export const pending = async () => new Promise(() => {});
    export const lost = (event, context, done) => { Promise.reject(new Error("lost")); setTimeout(() => {}, 60000); };
    export const late = (event, context, done) => { setTimeout(() => { throw new Error("late"); }, 5); };
    export const leaving = async () => process.exit(4);
    export const number = 3;

    const handlers = {
      nothing, refusing, text, circular, callback, hasty, failing, old, older, empty, pending, lost, late, leaving,
    };
    export const any = (event, context, done) => handlers[event](event, context, done);
"""
FILES = {
    "app.mjs": APP,
    "src/common.js": """
        const shared = require("shared");
        exports.handler = async () => shared;
        exports.inner = { handler: async () => "inner" };
    """,
    "node_modules/shared/index.js": "module.exports = 'from node_modules';",
    "typed/package.json": '{"type": "module"}',
    "typed/app.js": "import fs from 'node:fs'; export const handler = async () => typeof fs.readFileSync;",
    "stream.mjs": "export const handler = awslambda.streamifyResponse(async () => {});",
    "broken.mjs": "export const handler = (",
    "lacking.mjs": "import 'nothing-here'; export const handler = 1;",
    "throwing.js": "throw new EvalError('at once');",
    "rejecting.mjs": "Promise.reject(new Error('unheard')); await new Promise((r) => setTimeout(r, 50));",
}


def test_an_event_goes_in_and_an_answer_comes_out(house: House) -> None:
    context = json.dumps({"custom": "Zoë"}, ensure_ascii=False)
    invocations = [make_invocation({"é": 1}, client_context=context), make_invocation(2)]

    cold, warm = house.run_all(house.write(FILES), invocations, runtime=NODE, handler="app.plain")

    assert answer(cold) == {
        "event": {"é": 1},
        "count": 1,
        "name": "app",
        "memory": "128",
        "arn": ARN,
        "id": REQUEST_ID,
        "left": True,
        "client": {"custom": "Zoë"},
        "task": "/var/task",
        "zone": 0,
        "here": "/var/task",
    }
    assert (answer(warm)["event"], answer(warm)["count"]) == (2, 2)
    assert cold.log.decode().splitlines()[0].endswith("Z\tundefined\tINFO\tloading { a: 1 }")


def test_a_handler_may_answer_in_any_of_its_ways(house: House) -> None:
    # The last one leaves a timer behind, which whoever waits for an empty event loop after it would wait for.
    ways = {"nothing": None, "callback": "called", "empty": None, "pending": None, "old": "old", "hasty": "hasty"}
    invocations = [make_invocation(way) for way in ways]
    results = house.run_all(house.write(FILES), invocations, runtime=NODE, handler="app.any")
    assert [answer(result) for result in results] == list(ways.values())
    assert b"before the answer" in results[1].log


def test_a_handler_may_fail_in_any_of_its_ways(house: House) -> None:
    ways = {
        "refusing": ("TypeError", "one\ntwo"),
        "text": ("string", "only text"),
        "circular": ("Error", "Unable to stringify response body"),
        "failing": ("RangeError", "too far"),
        "older": ("Error", "older"),
        "lost": ("Runtime.UnhandledPromiseRejection", "Error: lost"),
        "late": ("Error", "late"),
        "leaving": exit_error(4),
    }
    invocations = [make_invocation(way) for way in ways]
    results = house.run_all(house.write(FILES), invocations, runtime=NODE, handler="app.any")
    assert [error(result) for result in results] == list(ways.values())
    assert [result.init_duration is not None for result in results] == [True, *[False] * 5, True, True]


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("src/common.handler", "from node_modules"),
        ("src/common.inner.handler", "inner"),
        ("typed/app.handler", "function"),
    ],
)
def test_a_handler_may_lie_in_any_kind_of_module(house: House, handler: str, expected: str) -> None:
    assert answer(house.run(house.write(FILES), runtime=NODE, handler=handler)) == expected


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("app.number", ("Runtime.HandlerNotFound", "app.number is not a function")),
        ("app.absent", ("Runtime.HandlerNotFound", "app.absent is undefined or not exported")),
        ("absent.handler", ("Runtime.ImportModuleError", "Error: Cannot find module 'absent'")),
        ("lacking.handler", ("Runtime.ImportModuleError", "Error: Cannot find package 'nothing-here'")),
        ("broken.handler", ("Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected end of input")),
        ("throwing.handler", ("EvalError", "at once")),
        ("rejecting.handler", ("Runtime.UnhandledPromiseRejection", "Error: unheard")),
        ("stream.handler", ("Runtime.StreamingNotSupported", "response streaming (awslambda.streamifyResponse)")),
        ("../app.handler", ("Runtime.MalformedHandlerName", "Bad handler")),
    ],
)
def test_a_module_that_cannot_be_loaded_is_told(house: House, handler: str, expected: tuple[str, str]) -> None:
    kind, message = error(house.run(house.write(FILES), runtime=NODE, handler=handler))
    assert (kind, message[: len(expected[1])]) == expected


def test_an_error_has_its_trace_and_its_line_in_the_log(house: House) -> None:
    result = house.run(house.write(FILES), runtime=NODE, handler="app.refusing")

    trace = json.loads(result.payload)["trace"]
    assert trace[:2] == ["TypeError: one", "two"]
    assert trace[2].startswith("    at refusing (file:///var/task/app.mjs:")
    line = next(line for line in result.log.decode().splitlines() if "Invoke Error" in line)
    assert line.split("\t")[1:4] == [REQUEST_ID, "ERROR", "Invoke Error "]
    assert json.loads(line.split("\t")[4])["errorType"] == "TypeError"


def test_modules_of_layers_are_found_and_variables_that_node_heeds_are_heeded(house: House) -> None:
    layer = house.write({"nodejs/node_modules/layered/index.js": "module.exports = 'layer';"})
    task = house.write("exports.handler = async () => [require('layered'), process.execArgv, typeof gc];", "app.js")
    assert answer(house.run(task, runtime=NODE, layers=(layer,))) == ["layer", [], "undefined"]
    found = house.run(task, runtime=NODE, layers=(layer,), environment={"NODE_OPTIONS": "--expose-gc"})
    assert answer(found) == ["layer", [], "function"]


def test_nothing_of_the_function_is_read_before_its_code_is_verified(house: House) -> None:
    task = house.write("throw 1;", "app.js")
    result = house.run(
        task, runtime=NODE, gate=lambda: (task / "app.js").write_text("exports.handler = async () => 'verified';")
    )
    assert answer(result) == "verified"


def test_without_a_sandbox_node_runs_where_it_is(open_house: House) -> None:
    task = open_house.write("exports.handler = async () => process.env.LAMBDA_TASK_ROOT;", "app.js")
    assert answer(open_house.run(task, runtime=NODE)) == str(task)
    assert error(open_house.run(task, runtime=NODE, handler="app.absent"))[0] == "Runtime.HandlerNotFound"

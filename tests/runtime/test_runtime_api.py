"""The Runtime API's order of requests, without a process."""

import json

import pytest

from sealgate.runtime.http_requests import Request
from sealgate.runtime.runtime_api import MAX_RESPONSE, Ending, Phase, RuntimeApi
from tests.support.running import REQUEST_ID, make_invocation

NEXT = "/2018-06-01/runtime/invocation/next"
RESPONSE = f"/2018-06-01/runtime/invocation/{REQUEST_ID}/response"
ERROR = f"/2018-06-01/runtime/invocation/{REQUEST_ID}/error"
INIT_ERROR = "/2018-06-01/runtime/init/error"
ACCEPTED = (202, {"status": "OK"})


def ask(api: RuntimeApi, target: str, method: str = "POST", **given: object) -> tuple[int, dict[str, str]] | None:
    response = api.answer(Request(method=method, target=target, **given))  # type: ignore[arg-type]
    if response is None:
        return None
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def refused(answer: tuple[int, dict[str, str]] | None) -> tuple[int, str]:
    assert answer is not None
    return answer[0], answer[1]["errorType"]


def running() -> RuntimeApi:
    api = RuntimeApi()
    ask(api, NEXT, "GET")
    api.begin(make_invocation(), deadline_ms=1)
    return api


def test_an_invocation_is_waited_for_given_and_answered() -> None:
    api = RuntimeApi()
    assert ask(api, NEXT, "GET") is None
    given = api.begin(make_invocation({"a": 1}, trace_id="Root=1"), deadline_ms=123)
    head, _, body = given.decode().partition("\r\n\r\n")
    assert body == '{"a": 1}'
    assert set(head.split("\r\n")) >= {
        "HTTP/1.1 200 OK",
        "Content-Length: 8",
        f"Lambda-Runtime-Aws-Request-Id: {REQUEST_ID}",
        "Lambda-Runtime-Deadline-Ms: 123",
        "Lambda-Runtime-Trace-Id: Root=1",
    }
    assert ask(api, RESPONSE, body=b"[1]") == ACCEPTED
    assert api.ending == Ending(payload=b"[1]")
    assert ask(api, NEXT, "GET") is None


def test_a_context_cannot_end_its_header() -> None:
    api = RuntimeApi()
    given = api.begin(make_invocation(client_context='{"a":\r\n\r\n1}'), deadline_ms=1)
    assert b'Lambda-Runtime-Client-Context: {"a":    1}\r\n' in given


def test_an_error_ends_an_invocation_too() -> None:
    api = running()
    headers = {"lambda-runtime-function-error-type": "KeyError"}
    assert ask(api, ERROR, body=b"{}", headers=headers) == ACCEPTED
    assert api.ending == Ending(payload=b"{}", is_error=True, error_type="KeyError")


def test_an_error_of_the_start_is_taken_once_and_before_the_first_invocation() -> None:
    api = RuntimeApi()
    assert ask(api, INIT_ERROR, body=b"{}") == ACCEPTED
    assert (api.phase, api.ending) == (Phase.FAILED, Ending(payload=b"{}", is_error=True))
    for api_now, target, method in ((api, INIT_ERROR, "POST"), (api, NEXT, "GET"), (running(), INIT_ERROR, "POST")):
        assert refused(ask(api_now, target, method)) == (403, "InvalidStateTransition")


@pytest.mark.parametrize(
    ("target", "method", "expected"),
    [
        (RESPONSE.replace(REQUEST_ID, "other"), "POST", (400, "InvalidRequestID")),
        (NEXT, "GET", (403, "InvalidStateTransition")),
        (NEXT, "POST", (404, "NotFound")),
        ("/2018-06-01/runtime/restore/next", "GET", (404, "NotFound")),
        ("/2020-01-01/extension/register", "POST", (403, "Extension.NotSupported")),
        ("/2022-07-01/telemetry", "PUT", (403, "Telemetry.NotSupported")),
    ],
)
def test_what_does_not_fit_is_refused(target: str, method: str, expected: tuple[int, str]) -> None:
    api = running()
    assert refused(ask(api, target, method)) == expected
    assert (api.phase, api.ending) == (Phase.RUNNING, None)


def test_an_invocation_is_answered_once() -> None:
    api = running()
    ask(api, RESPONSE, body=b"1")
    assert refused(ask(api, RESPONSE, body=b"2")) == (403, "InvalidStateTransition")
    assert api.ending == Ending(payload=b"1")


def test_a_streamed_answer_is_refused_by_name() -> None:
    headers = {"lambda-runtime-function-response-mode": "streaming"}
    assert refused(ask(running(), RESPONSE, headers=headers)) == (400, "InvalidResponseMode")


def test_an_answer_that_is_too_large_is_the_functions_error() -> None:
    api = running()
    assert refused(ask(api, RESPONSE, is_too_large=True)) == (413, "RequestEntityTooLarge")
    assert api.ending is not None
    assert api.ending.error_type == "Function.ResponseSizeTooLarge"
    assert str(MAX_RESPONSE) in api.ending.payload.decode()


def test_who_does_not_know_the_secret_is_refused() -> None:
    api = RuntimeApi("/secret")
    assert refused(ask(api, NEXT, "GET")) == (403, "Forbidden")
    assert ask(api, f"/secret{NEXT}", "GET") is None

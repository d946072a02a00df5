"""The Runtime API of one process (version 2018-06-01): requests in, responses out, no input or output of its own.

A process asks for the next invocation and waits; is given it; says how it ended, once; and asks again. Or says, before
it has asked, that it could not be initialised. What fits no such order is refused in the API's own words (Lambda
Developer Guide, "Using the Lambda runtime API"; the texts are those of the runtime interface emulator). Extensions are
not run here, and their API says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

from sealgate.runtime.http_requests import Request, encode_response

MAX_RESPONSE = 6 * (1 << 20) + 100
"""Bytes that a function may answer: 6 MB and a hundred (Lambda quotas; recorded: 6291556)."""
_VERSION = "/2018-06-01/runtime"
_INVOCATION = re.compile(re.escape(_VERSION) + r"/invocation/([^/]+)/(response|error)")
_EXTENSIONS = "/2020-01-01/"
_TELEMETRY = ("/2020-08-15/", "/2022-07-01/")
_ERROR_TYPE = "lambda-runtime-function-error-type"
_RESPONSE_MODE = "lambda-runtime-function-response-mode"


class Phase(Enum):
    """Where a process is; the values are how the API calls it."""

    STARTING = "Initialization"
    READY = "Ready"
    RUNNING = "Running"
    ANSWERED = "InvocationResponse"
    FAILED = "InitError"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One call of a function.

    Attributes:
        request_id: Lambda's name for the call.
        payload: The event, JSON.
        client_context: What the caller said of itself, JSON.
        identity: Of the Cognito user, JSON.
        trace_id: X-Ray's.
        invoked_arn: The function's ARN, as it was called.
    """

    request_id: str
    payload: bytes
    client_context: str | None = None
    identity: str | None = None
    trace_id: str | None = None
    invoked_arn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a process said of an invocation, or of its start.

    Attributes:
        payload: The answer, or the error, JSON.
        is_error: Whether it is an error.
        error_type: What the runtime called the error, besides.
    """

    payload: bytes
    is_error: bool = False
    error_type: str = ""


class RuntimeApi:
    """The state of one process, as its requests tell it.

    Args:
        prefix: What the path of each request begins with: a secret, where others could reach the address.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._request_id = ""
        self.phase = Phase.STARTING
        self.ending: Ending | None = None

    def answer(self, request: Request) -> bytes | None:
        """Answer a request; None: the process waits for its next invocation."""
        if not request.target.startswith(self._prefix):
            return _refusal(HTTPStatus.FORBIDDEN, "Forbidden", "this address is another function's")
        path = request.target[len(self._prefix) :]
        if path == f"{_VERSION}/invocation/next" and request.method == "GET":
            return self._wait()
        if path == f"{_VERSION}/init/error" and request.method == "POST":
            return self._fail(request)
        if (match := _INVOCATION.fullmatch(path)) and request.method == "POST":
            return self._end(request, match[1], is_error=match[2] == "error")
        return _refuse_path(path)

    def begin(self, invocation: Invocation, *, deadline_ms: int) -> bytes:
        """Answer the invocation that a waiting process is given.

        Args:
            invocation: The call.
            deadline_ms: When it has to be over, in milliseconds since 1970.
        """
        self.phase, self.ending, self._request_id = Phase.RUNNING, None, invocation.request_id
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.invoked_arn,
        }
        further = {
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
            "Lambda-Runtime-Client-Context": invocation.client_context,
            "Lambda-Runtime-Cognito-Identity": invocation.identity,
        }
        headers |= {name: _one_line(value) for name, value in further.items() if value is not None}
        return encode_response(HTTPStatus.OK, invocation.payload, headers)

    def _wait(self) -> bytes | None:
        if self.phase in (Phase.RUNNING, Phase.FAILED):
            return self._refuse_order(Phase.READY)
        self.phase = Phase.READY
        return None

    def _fail(self, request: Request) -> bytes:
        if self.phase is not Phase.STARTING:
            return self._refuse_order(Phase.FAILED)
        self.phase, self.ending = Phase.FAILED, _error(request)
        return _ACCEPTED

    def _end(self, request: Request, request_id: str, *, is_error: bool) -> bytes:
        if self.phase is not Phase.RUNNING:
            return self._refuse_order(Phase.ANSWERED)
        if request_id != self._request_id:
            return _refusal(HTTPStatus.BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
        if request.headers.get(_RESPONSE_MODE, "").lower() == "streaming":
            return _refusal(HTTPStatus.BAD_REQUEST, "InvalidResponseMode", "responses are not streamed here")
        self.phase = Phase.ANSWERED
        if request.is_too_large:
            self.ending = _too_large()
            text = f"Exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", text)
        self.ending = _error(request) if is_error else Ending(payload=request.body)
        return _ACCEPTED

    def _refuse_order(self, wanted: Phase) -> bytes:
        text = (
            f"State transition from {self.phase.value} to {wanted.value} failed for runtime."
            " Error: State transition is not allowed"
        )
        return _refusal(HTTPStatus.FORBIDDEN, "InvalidStateTransition", text)


def encode_error(error_type: str, message: str, **further: str) -> bytes:
    """Encode an error as Lambda answers one."""
    return json.dumps({"errorType": error_type, "errorMessage": message, **further}, ensure_ascii=False).encode()


def _one_line(text: str) -> str:
    """Fit UTF-8 text into a header: JSON means the same without line breaks between its items."""
    return text.translate({10: " ", 13: " "}).encode().decode("latin-1")


def _error(request: Request) -> Ending:
    return Ending(payload=request.body, is_error=True, error_type=request.headers.get(_ERROR_TYPE, ""))


def _too_large() -> Ending:
    text = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."
    name = "Function.ResponseSizeTooLarge"
    return Ending(payload=encode_error(name, text), is_error=True, error_type=name)


def _refuse_path(path: str) -> bytes:
    if path.startswith(_EXTENSIONS):
        return _refusal(HTTPStatus.FORBIDDEN, "Extension.NotSupported", "extensions are not run here")
    if path.startswith(_TELEMETRY):
        return _refusal(HTTPStatus.FORBIDDEN, "Telemetry.NotSupported", "telemetry is not offered here")
    return _refusal(HTTPStatus.NOT_FOUND, "NotFound", f"the Runtime API has no {path} for this method")


def _respond(status: HTTPStatus, body: Mapping[str, str]) -> bytes:
    return encode_response(status, json.dumps(body).encode() + b"\n", {"Content-Type": "application/json"})


def _refusal(status: HTTPStatus, error_type: str, message: str) -> bytes:
    return _respond(status, {"errorMessage": message, "errorType": error_type})


_ACCEPTED = _respond(HTTPStatus.ACCEPTED, {"status": "OK"})

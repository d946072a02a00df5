"""A host for processes of functions, and functions that are written in a test."""

import json
import textwrap
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from sealgate.clock import system_clock
from sealgate.runtime.host import FunctionHost
from sealgate.runtime.interpreters import Interpreters
from sealgate.runtime.launch import Launch
from sealgate.runtime.report import Result
from sealgate.runtime.runtime_api import Invocation
from sealgate.runtime.sandboxes import find_sandbox

PYTHON = Interpreters(Path()).own.name
NODE = "nodejs22.x"
REQUEST_ID = "8f507cfc-97f1-4e38-b06a-0f8a6e3d1f5a"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:app"


def make_launch(task: Path, **changes: Any) -> Launch:
    defaults: dict[str, Any] = {
        "function_arn": ARN,
        "name": "app",
        "version_name": "$LATEST",
        "runtime": PYTHON,
        "handler": "app.handler",
        "memory_size": 128,
        "timeout": 5,
        "ephemeral_storage": 512,
        "environment": {},
        "region": "us-east-1",
        "account": "000000000000",
        "log_group": "/aws/lambda/app",
        "log_stream": "2026/11/26/[$LATEST]0",
        "credentials": lambda: None,
        "endpoint": None,
        "task": task,
    }
    return Launch(**defaults | changes)


def make_invocation(event: object = None, **changes: Any) -> Invocation:
    defaults: dict[str, Any] = {"request_id": REQUEST_ID, "payload": json.dumps(event).encode(), "invoked_arn": ARN}
    return Invocation(**defaults | changes)


def answer(result: Result) -> Any:
    """What the function answered; it has to have."""
    assert result.error is None, (result.payload, result.log)
    return json.loads(result.payload)


def error(result: Result) -> tuple[str, str]:
    """The error's type and message."""
    assert result.error == "Unhandled", result
    body = json.loads(result.payload)
    return body["errorType"], body["errorMessage"]


def exit_error(status: int) -> tuple[str, str]:
    """The error of a process that has ended with a status."""
    return "Runtime.ExitError", f"RequestId: {REQUEST_ID} Error: Runtime exited with error: exit status {status}"


class House:
    """A host, and a folder for functions. Each function that is run has its own processes."""

    def __init__(self, folder: Path, *, sandbox: str = "bubblewrap", init_seconds: float = 10) -> None:
        self._folder = folder
        self._numbers = count()
        self.host = FunctionHost(
            sandbox=lambda: find_sandbox(sandbox),
            interpreters=Interpreters(folder / "runtimes"),
            clock=system_clock,
            init_seconds=init_seconds,
        )

    def close(self) -> None:
        self.host.close()

    def write(self, files: Mapping[str, str] | str, name: str = "app.py") -> Path:
        """Make a folder of files; a text alone is one file. `bootstrap` can be run."""
        folder = self._folder / str(next(self._numbers))
        for each, text in ({name: files} if isinstance(files, str) else files).items():
            path = folder / each
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
            path.chmod(0o755 if path.name == "bootstrap" else 0o644)
        return folder

    def run(self, task: Path, event: object = None, *, gate: Callable[[], object] = int, **changes: Any) -> Result:
        """Start a process, run one invocation, and end it."""
        return self.run_all(task, [make_invocation(event)], gate=gate, **changes)[0]

    def run_all(
        self, task: Path, invocations: list[Invocation], *, gate: Callable[[], object] = int, **changes: Any
    ) -> list[Result]:
        """Run some invocations, one after the other, in the processes of one function."""
        key = f"{task}?{next(self._numbers)}"
        results = []
        for invocation in invocations:
            with self.host.acquire(key, lambda: make_launch(task, **changes), gate) as lease:
                results.append(lease.invoke(invocation))
        self.host.end(lambda each: each == key)
        return results

"""Functions of a server that really run: deployed from texts in a test, and invoked."""

from __future__ import annotations

import base64
import io
import itertools
import json
import textwrap
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sealgate.runtime.host import FunctionHost
from sealgate.runtime.runtime_api import Phase
from tests.support.running import NODE, PYTHON

__all__ = ["NODE", "PYTHON", "Answer", "Functions", "is_busy", "package", "until"]

_NUMBERS = itertools.count(1)
_UNIX = 3


def package(files: Mapping[str, str] | str, *, name: str = "app.py") -> bytes:
    """Make a package; a text alone is one file. `bootstrap` can be run."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for each, text in ({name: files} if isinstance(files, str) else files).items():
            entry = zipfile.ZipInfo(each)
            entry.create_system = _UNIX
            entry.external_attr = (0o100755 if each.endswith("bootstrap") else 0o100644) << 16
            archive.writestr(entry, textwrap.dedent(text).lstrip())
    return target.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What Invoke answered.

    Attributes:
        status: The status code.
        version: The version that ran.
        error: The kind of the function's error, or None.
        body: The payload.
        log: The end of the log, where it was asked for.
    """

    status: int
    version: str | None
    error: str | None
    body: bytes
    log: str

    @property
    def value(self) -> Any:
        """What the function answered; it has to have."""
        assert self.error is None, (self.body, self.log)
        return json.loads(self.body)

    @property
    def failure(self) -> tuple[str, str]:
        """The error's type and message."""
        assert self.error is not None, self.body
        told = json.loads(self.body)
        return told["errorType"], told["errorMessage"]


def until(is_so: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait for something that another thread or process does; it has to be so before long."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it has not become so"
        threading.Event().wait(0.01)


def is_busy(host: FunctionHost, name: str) -> bool:
    """Tell whether a process of a function is running an invocation."""
    slots = [slot for slot in list(host._busy) if f":function:{name}:" in slot.key]
    return any(slot.process._api.phase is Phase.RUNNING for slot in slots)


class Functions:
    """Functions in Python, unless something else is said, of whoever calls with a client.

    Args:
        client: A Lambda client.
        role: What they are created with.
    """

    def __init__(self, client: Any, *, role: str) -> None:
        self.client = client
        self.role = role

    def make(self, files: Mapping[str, str] | str, **members: Any) -> str:
        """Create a function; answer its name."""
        code = package(files, name="app.mjs" if members.get("Runtime") == NODE else "app.py")
        request: dict[str, Any] = {
            "FunctionName": f"runs-{next(_NUMBERS)}",
            "Role": self.role,
            "Runtime": PYTHON,
            "Handler": "app.handler",
            "Code": {"ZipFile": code},
            "Timeout": 5,
        }
        return str(self.client.create_function(**request | members)["FunctionName"])

    def layer(self, files: Mapping[str, str], name: str) -> str:
        """Publish a layer; answer the version's ARN."""
        made = self.client.publish_layer_version(LayerName=name, Content={"ZipFile": package(files)})
        return str(made["LayerVersionArn"])

    def call(self, name: str, event: Any = None, **members: Any) -> Answer:
        """Invoke a function with an event, or with the very payload that is given as bytes."""
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        answer = self.client.invoke(FunctionName=name, Payload=payload, **members)
        return Answer(
            status=answer["StatusCode"],
            version=answer.get("ExecutedVersion"),
            error=answer.get("FunctionError"),
            body=answer["Payload"].read(),
            log=base64.b64decode(answer.get("LogResult", "")).decode(),
        )

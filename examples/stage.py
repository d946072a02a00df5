"""What the examples are told on: a folder, a server of its own, stock clients pointed at it, and a narrator."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

TEXT = ("--output", "text", "--query")
"""The last options of many commands, which cut the answer down to one member. The story does not show them."""
RUNTIME = f"python3.{sys.version_info.minor}"
"""Of the functions: the Python that the server runs under, which every machine has."""
_GLUE = "\N{NO-BREAK SPACE}"
"""A blank at which no line of the story is broken."""
_STOP_SECONDS = 30
_WIDTH = 108


class Unexpected(Exception):
    """An outcome was not the one that the story promises."""


class Narrator:
    """Tells the story: numbered steps, commands, answers, conclusions; in colour on a terminal only."""

    def __init__(self) -> None:
        self._steps = 0
        self._is_colourful = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def step(self, title: str) -> None:
        """Begin a step."""
        self._steps += 1
        print(f"\n{self._paint('1', f'{self._steps}. {title}')}")

    def command(self, command: str) -> None:
        """Show a command as one would type it."""
        self._write("36", command, first="$ ", then="    ", end=" \\")

    def answer(self, text: str) -> None:
        """Show what came back."""
        for line in filter(None, map(str.strip, text.splitlines())):
            self._write("0", line, first="  ", then="  ")

    def proves(self, text: str) -> None:
        """Say what the answer shows."""
        self._write("32", text, first="=> ", then="   ")

    def fails(self, text: str) -> None:
        """Say that the story has gone wrong."""
        print(self._paint("31", f"\nUNEXPECTED: {text}"), file=sys.stderr)

    def _write(self, code: str, text: str, *, first: str, then: str, end: str = "") -> None:
        lines = textwrap.wrap(
            text, _WIDTH, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
        )
        for number, line in enumerate(lines, 1):
            shown = line.replace(_GLUE, " ") + (end if number < len(lines) else "")
            print("   " + self._paint(code, shown), flush=True)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._is_colourful else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command said."""

    status: int
    stdout: str
    stderr: str


class Stage:
    """A folder with what the story needs, a server on its own data folder, and clients that are pointed at it."""

    def __init__(self, folder: Path, narrator: Narrator) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.tell = narrator
        self.environment = _clean_environment(folder)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Run `sealgate serve` on a free port, and point the clients at it with `sealgate env`."""
        self.tell.command("sealgate serve --port 0 --data data &")
        with (self.folder / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [*_program("sealgate"), "serve", "--port", "0", "--data", "data"],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            self.tell.answer(self._first_line(server))
            self.tell.command('eval "$(sealgate env --data data)"')
            self.environment = self._read_environment()
            yield
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=_STOP_SECONDS)
        if server.returncode != 0:
            raise Unexpected(f"the server ended with status {server.returncode}:\n{self.log()}")

    def succeed(self, *words: str) -> str:
        """Show and run a command that has to succeed; answer what it printed."""
        answer = self.run(words)
        if answer.status != 0:
            raise Unexpected(f"status {answer.status}: {answer.stderr or answer.stdout}")
        return answer.stdout.strip()

    def run(self, words: tuple[str, ...]) -> Answer:
        """Show and run a command, whatever comes of it."""
        shown = words[: words.index(TEXT[0])] if TEXT[0] in words else words
        self.tell.command(_wrappable(shown))
        done = subprocess.run(
            [*_program(words[0]), *words[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(status=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def log(self) -> str:
        """Answer what the server has logged."""
        return (self.folder / "server.log").read_text()

    def _read_environment(self) -> dict[str, str]:
        script = f'eval "$({shlex.join(_program("sealgate"))} env --data data)"; env -0'
        told = subprocess.run(
            ["sh", "-c", script], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=True
        )
        return dict(line.split("=", 1) for line in told.stdout.split("\0") if line)

    def _first_line(self, server: subprocess.Popen[str]) -> str:
        assert server.stdout is not None
        line = server.stdout.readline().strip()
        if not line.startswith("listening on "):
            raise Unexpected(f"the server did not start:\n{self.log()}")
        return line


def _wrappable(words: tuple[str, ...]) -> str:
    """Write a command so that lines break neither inside a quoted word nor between an option and its value."""
    quoted = [shlex.quote(word).replace(" ", _GLUE) for word in words]
    return "".join(
        word + (_GLUE if word.startswith("-") and not following.startswith("-") else " ")
        for word, following in zip(quoted, [*quoted[1:], "-"], strict=True)
    )


def _program(name: str) -> list[str]:
    if name == "sealgate":
        return [sys.executable, "-m", "sealgate"]
    return [str(Path(sys.executable).parent / name)]


def _clean_environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SEALGATE_"))}
    if kept.pop("PYTHONDONTWRITEBYTECODE", None):
        # Thirty processes would each compile all that they load; let the first one's work serve the others.
        kept["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    nothing = os.devnull
    return kept | {
        "HOME": str(folder),  # where the aws command line keeps the sessions of roles
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def perform(name: str, title: str, tell_story: Callable[[Path, Narrator], None]) -> int:
    """Tell a story in a temporary folder; answer the exit status.

    Args:
        name: Of the story, for the folder's name.
        title: Its first line.
        tell_story: Runs every step, in order; raises Unexpected where an outcome is not the promised one.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends through the `finally` clauses: no server stays behind
    narrator = Narrator()
    began = time.monotonic()
    print(title)
    print("Of each answer only the part that matters is shown.")
    with tempfile.TemporaryDirectory(prefix=f"sealgate-{name}-") as folder:
        try:
            tell_story(Path(folder), narrator)
        except Unexpected as failure:
            narrator.fails(str(failure))
            return 1
    print(f"\nEvery outcome was the expected one ({time.monotonic() - began:.0f} s).")
    return 0


def make_package(path: Path, greeting: str = "hello") -> None:
    """Write a small function package."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("app.py", f'def handler(event, context):\n    return "{greeting}"\n')
        package.writestr("data/greetings.txt", "hello\nbonjour\nguten Tag\n" * 40)

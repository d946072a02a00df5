"""What import-linter cannot see: who may read the environment, the clock, randomness."""

import ast
from collections.abc import Iterator
from pathlib import Path

import sealgate

SOURCE = Path(sealgate.__file__).parent
IN_THE_SANDBOX = "runtime/bootstraps/start.py"
"""Runs in a function's process: its environment is the function's, and no layer's."""
PURE = ("package", "cms", "policy")


def calls(path: Path) -> Iterator[str]:
    """The dotted names that a module uses as attributes, `os.environ` for example."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def offenders(forbidden: set[str], allowed: set[str], folders: tuple[str, ...] = ("",)) -> list[str]:
    return [
        f"{path.relative_to(SOURCE)}: {name}"
        for folder in folders
        for path in sorted((SOURCE / folder).rglob("*.py"))
        if str(path.relative_to(SOURCE)) not in allowed
        for name in calls(path)
        if name in forbidden
    ]


def test_the_environment_is_read_by_the_configuration_and_for_colours_only() -> None:
    assert offenders({"os.environ", "os.getenv"}, {"config.py", "cli/terminal.py", IN_THE_SANDBOX}) == []


def test_the_wall_clock_is_read_in_one_place() -> None:
    assert offenders({"time.time", "datetime.now", "datetime.utcnow", "date.today"}, {"clock.py"}) == []


def test_the_pure_layers_take_randomness_and_time_as_arguments() -> None:
    assert offenders({"os.urandom", "secrets.token_bytes", "random.random", "uuid.uuid4"}, set(), PURE) == []


def test_no_function_is_longer_than_sixty_lines_and_no_file_than_six_hundred() -> None:
    long = []
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 600:
            long.append(str(path))
        long += [
            f"{path}:{node.lineno}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.end_lineno or 0) - node.lineno >= 60
            and "migrations" not in path.parts
        ]
    assert long == []

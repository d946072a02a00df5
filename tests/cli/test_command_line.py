import subprocess
import sys
from pathlib import Path

import pytest

import sealgate
from sealgate.cli.dispatch import COMMANDS
from sealgate.cli.early import find_file
from sealgate.cli.terminal import printable
from tests.support.command_line import dispatch_sealgate, run_sealgate
from tests.support.sealed import zip_of


def test_help_names_every_command_on_stdout() -> None:
    told = run_sealgate("--help")

    assert told.returncode == 0
    assert told.stderr == ""
    assert all(f"  {name} " in told.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_tells_its_options_and_an_example(name: str, tmp_path: Path) -> None:
    told = dispatch_sealgate(name, "--help", folder=tmp_path)

    assert told.returncode == 0
    assert told.stdout.startswith(f"usage: sealgate {name} ")
    assert "example:\n" in told.stdout


def test_the_version_is_the_package_s() -> None:
    assert run_sealgate("--version").stdout == f"sealgate {sealgate.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "talk"),
    [
        ([], "sealgate: error: no command\n"),
        (["sing"], "sealgate: error: unknown command 'sing'\n"),
        (["env", "--verbose"], "sealgate: error: unrecognized arguments: --verbose\n"),
        (["env", "--dat", "x"], "sealgate: error: unrecognized arguments: --dat x\n"),
        (["serve", "--port", "http"], "sealgate: error: argument --port: invalid int value: 'http'\n"),
        (["serve", "--port", "70000"], "sealgate: error: port 70000: must be from 0 to 65535\n"),
    ],
    ids=["no command", "unknown command", "unknown option", "abbreviated option", "no number", "value out of range"],
)
def test_wrong_usage_ends_with_status_2_and_talk_on_stderr_only(
    tmp_path: Path, arguments: list[str], talk: str
) -> None:
    told = dispatch_sealgate(*arguments, folder=tmp_path)

    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr.startswith(talk)


def test_a_reader_who_leaves_early_causes_no_noise() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sealgate", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()

        assert process.stderr.read() == b""


def test_a_name_that_the_locale_cannot_write_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "caf\u00e9.zip").write_bytes(zip_of({"app.py": b""}))

    told = run_sealgate("inspect", "caf\u00e9.zip", folder=tmp_path, environment={"PYTHONIOENCODING": "ascii"})

    assert (told.returncode, told.stdout) == (0, "caf\\xe9.zip: carries no signature\n")


def test_the_installed_program_is_the_same_as_the_module() -> None:
    program = Path(sys.executable).parent / "sealgate"

    assert subprocess.check_output([program, "--version"], text=True) == f"sealgate {sealgate.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        (["a.zip"], "a.zip"),
        (["--json", "a.zip"], "a.zip"),
        (["--data", "d", "a.zip"], "a.zip"),
        (["--data=d", "a.zip"], "a.zip"),
        (["--trust", "root.pem", "a.zip"], "a.zip"),
        (["a.zip", "--trust", "root.pem"], "a.zip"),
        (["--json"], None),
        ([], None),
    ],
)
def test_hashing_begins_with_the_file_that_the_arguments_name(arguments: list[str], file: str | None) -> None:
    assert find_file(arguments) == file


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain \u00e9\u4e2d text", "plain \u00e9\u4e2d text"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("line\nbreak\r", "line\\nbreak\\r"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\ud800", "\\ud800"),
    ],
    ids=["ordinary text", "escape sequence", "line breaks", "direction override", "lone surrogate"],
)
def test_text_from_a_package_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown

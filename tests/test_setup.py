"""`scripts/setup` finds a Python, or says in one line what is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parent.parent / "scripts" / "setup"
NEVER = "#!/bin/sh\nexit 1\n"
NO_VENV = "#!/bin/sh\ncase $* in *ensurepip*) exit 1 ;; esac\n"


def make_python(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("pythons", "says"),
    [
        ({}, "Python 3.11, 3.12, 3.13 or 3.14 is needed, and none was found on PATH"),
        ({"python3": NEVER}, "Python 3.11, 3.12, 3.13 or 3.14 is needed, and none was found on PATH"),
        (
            {"python3.12": NO_VENV},
            "{folder}/python3.12 has no venv module: install it (Debian:",
        ),
        ({"python3": NO_VENV}, "{folder}/python3 has no venv module: install it (Debian:"),
    ],
    ids=["no Python", "too old a Python", "no venv", "no venv in the only Python"],
)
def test_what_is_missing_is_said_in_one_line(tmp_path: Path, pythons: dict[str, str], says: str) -> None:
    folder = tmp_path / "a folder"  # a blank in PATH is no reason to overlook it
    folder.mkdir()
    for name, script in pythons.items():
        make_python(folder, name, script)

    told = subprocess.run(
        ["/bin/sh", SETUP, tmp_path / "venv", "none.txt"],
        env={"PATH": str(folder), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode != 0
    assert told.stderr.startswith(f"sealgate: setup: {says.format(folder=folder)}")
    assert told.stderr.count("\n") == 1
    assert not (tmp_path / "venv").exists()


def test_the_newest_python_is_taken(tmp_path: Path) -> None:
    for name in ("python3.11", "python3.13", "python3.12", "python3"):
        make_python(tmp_path / "bin", name, f'#!/bin/sh\ncase $* in *venv\\ *) echo "{name} $*" >&2; exit 9 ;; esac\n')

    (tmp_path / "bin" / "rm").symlink_to(shutil.which("rm") or "/bin/rm")  # and no uv, which is used where it is

    told = subprocess.run(
        ["/bin/sh", SETUP, "VENV", "none.txt"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 9
    assert told.stderr == f"setting up VENV with {tmp_path}/bin/python3.13\npython3.13 -m venv VENV\n"

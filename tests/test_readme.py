"""The README's commands, run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

from sealgate.cli.dispatch import COMMANDS
from tests.support.readme import blocks

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| `sealgate ([a-z ]+?)(?: [A-Z]+)?` \|", re.MULTILINE)


def test_the_commands_of_the_readme_work_as_they_stand(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path), "SEALGATE_PORT": "0", "LANG": "C.UTF-8", "AWS_PAGER": ""}
    (server,) = blocks("server")
    with subprocess.Popen(
        server.split(), cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on ")
        script = "set -eu\n" + "".join(blocks(""))
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        process.terminate()
    assert done.returncode == 0, done.stderr
    assert "Check the provided signature for" in done.stderr
    assert '"PackageType": "Zip"' in done.stdout
    assert re.search(r"\nREPORT RequestId: .*\n\n?\"hello\"", done.stdout)


def test_the_table_of_commands_names_every_command_and_nothing_else() -> None:
    told = {row[1] for row in ROW.finditer((ROOT / "README.md").read_text(encoding="utf-8"))}
    folder = ROOT / "src" / "sealgate" / "cli"
    parts = {path.stem.replace("_", " ") for name in COMMANDS for path in folder.glob(f"{name}_*.py")}
    whole = {name for name in COMMANDS if not any(part.startswith(f"{name} ") for part in parts)}
    assert told == whole | parts


def test_every_document_that_is_linked_is_there() -> None:
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"

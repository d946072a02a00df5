"""What a process is shown, and when it may start."""

from pathlib import Path

import pytest

from sealgate.runtime.early import may_start_early
from sealgate.runtime.report import exit_fault
from sealgate.runtime.rooms import Mount, merge_layers
from sealgate.runtime.seccomp import encode_filter
from tests.support.running import make_launch


def write(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def test_layers_are_merged_with_as_few_mounts_as_possible(tmp_path: Path) -> None:
    one = write(tmp_path / "1", "python/a/x.py", "python/both.py", "lib/a.so", "file")
    two = write(tmp_path / "2", "python/b/y.py", "python/both.py", "bin/tool", "file/inner")
    three = write(tmp_path / "3", "bin")
    (two / "link").symlink_to("bin/tool")

    assert sorted(merge_layers((one, two, three), "/opt"), key=lambda mount: mount.target) == [
        Mount(target="/opt/bin", source=str(three / "bin")),
        Mount(target="/opt/file", source=str(two / "file")),
        Mount(target="/opt/lib", source=str(one / "lib")),
        Mount(target="/opt/link", source="bin/tool", kind="link"),
        Mount(target="/opt/python", kind="folder"),
        Mount(target="/opt/python/a", source=str(one / "python/a")),
        Mount(target="/opt/python/b", source=str(two / "python/b")),
        Mount(target="/opt/python/both.py", source=str(two / "python/both.py")),
    ]
    assert list(merge_layers((one,), "/opt")) == [Mount(target="/opt", source=str(one))]
    assert list(merge_layers((), "/opt")) == []


@pytest.mark.parametrize(
    ("files", "environment", "expected"),
    [
        (["app.py", "x/libx.so", "native.cpython-313.so"], {"COLOUR": "1", "MY_PYTHONPATH": "1"}, True),
        (["app.py"], {"PYTHONPATH": "/var/task"}, False),
        (["app.py"], {"LD_PRELOAD": "x"}, False),
        (["app.py"], {"NODE_OPTIONS": "--require x"}, False),
        (["app.py"], {"TZ": "Europe/Paris"}, False),
        (["libz.so.1"], {}, False),
        (["lib/libcrypto.so"], {}, False),
    ],
)
def test_an_interpreter_starts_early_where_that_reads_nothing_of_the_function(
    tmp_path: Path, files: list[str], environment: dict[str, str], *, expected: bool
) -> None:
    task, layer = write(tmp_path / "task", *files), write(tmp_path / "layer", *files)
    empty = write(tmp_path / "empty", "x")
    assert may_start_early(make_launch(task, environment=environment)) == expected
    in_layer = [name for name in files if name.startswith("lib/")]
    if in_layer:
        assert not may_start_early(make_launch(empty, layers=(layer,)))


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (0, "Runtime exited without providing a reason"),
        (1, "Runtime exited with error: exit status 1"),
        (137, "Runtime exited with error: signal: killed"),
        (-6, "Runtime exited with error: signal: aborted"),
    ],
)
def test_an_exit_status_is_described_as_on_lambda(status: int, says: str) -> None:
    assert exit_fault("id", status).message == f"RequestId: id Error: {says}"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_filter_ends_in_its_decisions(machine: str) -> None:
    program = encode_filter(machine)
    assert len(program) % 8 == 0
    instructions = [program[at : at + 8] for at in range(0, len(program), 8)]
    jumps = [
        at + 1 + offset for at, each in enumerate(instructions) if each[0] & 7 == 5 for offset in (each[2], each[3])
    ]
    assert max(jumps) == len(instructions) - 1

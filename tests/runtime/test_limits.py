"""Finding control groups, and watching where there are none."""

import os
import subprocess
from pathlib import Path

import pytest

from sealgate.runtime import limits
from sealgate.runtime.limits import MIB, PROCESSES, GroupCages, WatchedCage


def test_the_groups_of_this_process_are_read() -> None:
    text = "9:name=systemd:/a\n4:memory:/b/c\n2:cpu,cpuacct:/d\n0::/e:f\n"
    assert limits._own_groups(text) == {
        "name=systemd": "/a", "memory": "/b/c", "cpu": "/d", "cpuacct": "/d", "": "/e:f"
    }  # fmt: skip


@pytest.mark.parametrize(("version", "limit"), [(1, "memory.limit_in_bytes"), (2, "memory.max")])
def test_a_group_limits_memory_and_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int, limit: str
) -> None:
    monkeypatch.setattr(limits, "_MOUNT", tmp_path)
    monkeypatch.setattr(limits, "_UNIFIED", tmp_path)
    own = tmp_path / "own"
    for folder in (own, tmp_path / "memory", tmp_path / "pids"):
        folder.mkdir()
    (own / "cgroup.subtree_control").write_text("")
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory pids")
    groups = {"": "/own/", "memory": "/", "pids": "/"}
    places = [*(limits._version_1(groups) if version == 1 else limits._version_2(groups))]
    cages = GroupCages(*places[0])

    cage = cages.make(memory=64 * MIB, storage=MIB)
    (memory, pids) = (cage._folders[0], cage._folders[-1])
    assert (memory.parent, pids.parent) == (
        (tmp_path / "memory", tmp_path / "pids") if version == 1 else (tmp_path,) * 2
    )
    assert (pids / "pids.max").read_text() == str(PROCESSES)
    sleeping = subprocess.Popen(["sleep", "60"])
    cage.enter(sleeping.pid)
    sleeping.kill()
    sleeping.wait()
    assert 64 * MIB < int((memory / limit).read_text()) < 65 * MIB
    (memory / "memory.stat").write_text("total_rss 4096\nanon 4096\n")
    assert cage.used() == cage._brought + 4096
    assert cage.peak() >= cage._brought


def test_what_dead_servers_have_left_is_removed(tmp_path: Path) -> None:
    for name in ("sealgate-999999999-1", f"sealgate-{os.getpid()}-7", "other"):
        (tmp_path / name).mkdir()
    GroupCages(tmp_path, tmp_path, limits._V2).sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", f"sealgate-{os.getpid()}-7"]


def test_without_groups_memory_is_added_up() -> None:
    sleeping = subprocess.Popen(["sleep", "60"])
    cage = WatchedCage()
    assert cage.used() == 0
    cage.enter(os.getpid())
    family = list(limits._family(os.getpid()))
    used = cage.used()
    sleeping.kill()
    sleeping.wait()
    assert sleeping.pid in family
    assert used > 10 * MIB
    assert cage.peak() >= used

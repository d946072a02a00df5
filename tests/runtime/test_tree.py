"""What the comparison of a folder with its list does where files alone cannot show it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from blake3 import blake3

from sealgate.runtime.tree import (
    FILE_MODE,
    UnpackedCodeAltered,
    _verify_status,
    require_resources,
    verify_tree,
)
from sealgate.runtime.writing import TreeWriter
from sealgate.trust.contents import Item, file_item, sort_key

FILES = {b"%02d/%04d" % (index % 7, index): (b"%d" % index) * 100_000 for index in range(40)}


def write(folder: Path) -> list[Item]:
    """Write many files that are hashed in threads; answer their list."""
    folder.mkdir()
    with TreeWriter(folder) as writer:
        for path, body in FILES.items():
            writer.add_file(path, (body[:1000], body[1000:]), mode=FILE_MODE)
    return sorted(writer.items, key=lambda item: sort_key(item.path))


def test_files_are_noted_as_they_are_written(tmp_path: Path) -> None:
    items = {item.path: item for item in write(tmp_path / "files")}
    for path, body in FILES.items():
        assert items[path] == file_item(path, mode=FILE_MODE, size=len(body), blake3=blake3(body).digest())


def opened_below(folder: Path) -> list[Path]:
    """The open files of this process that are in a folder."""
    descriptors = [each for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    return [found for each in descriptors if (found := each.readlink()).is_relative_to(folder)]


@pytest.mark.parametrize("threads", [1, 4])
def test_the_first_of_many_altered_files_is_named(tmp_path: Path, threads: int) -> None:
    items = write(tmp_path / "files")
    verify_tree(tmp_path / "files", iter(items), threads=threads)
    spoiled = [item._replace(content=bytes(32)) if item.path >= b"03/" and item.size else item for item in items]
    with pytest.raises(UnpackedCodeAltered) as caught:
        verify_tree(tmp_path / "files", iter(spoiled), threads=threads)
    assert caught.value.entry == "03/0003"


def test_no_descriptor_is_left_open_after_a_refusal(tmp_path: Path) -> None:
    items = write(tmp_path / "files")
    (tmp_path / "files/05/0005").unlink()
    with pytest.raises(UnpackedCodeAltered):
        verify_tree(tmp_path / "files", iter(items))
    assert opened_below(tmp_path) == []


def test_what_belongs_to_another_user_is_refused() -> None:
    status = os.stat_result((0o100644, 0, 0, 1, os.geteuid() + 1, 0, 0, 0, 0, 0))
    with pytest.raises(UnpackedCodeAltered) as caught:
        _verify_status(status, FILE_MODE, b"app.py")
    assert caught.value.reason == "OwnerAltered"


def test_a_server_without_descriptors_left_accuses_nobody() -> None:
    with pytest.raises(OSError, match="Too many open files"):
        require_resources(OSError(errno.EMFILE, os.strerror(errno.EMFILE)))
    require_resources(OSError(errno.ELOOP, os.strerror(errno.ELOOP)))

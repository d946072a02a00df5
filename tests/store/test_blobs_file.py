import hashlib
import os
from pathlib import Path

import pytest

from sealgate.errors import NotFound
from sealgate.store.blobs_file import FileBlobs

CONTENT = b"some bytes"
NAME = hashlib.sha256(CONTENT).hexdigest()


def keep(blobs: FileBlobs) -> None:
    with blobs.stage() as staging:
        staging.write(CONTENT[:4])
        staging.write(CONTENT[4:])
        blobs.keep(staging, NAME)


def staged(folder: Path) -> list[Path]:
    return list((folder / "staging").iterdir())


def test_a_kept_blob_is_read_by_its_name_and_nothing_stays_staged(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    keep(blobs)
    with blobs.open(NAME) as source:
        assert source.read_at(0, source.size) == CONTENT
    assert blobs.path(NAME).read_bytes() == CONTENT
    assert staged(tmp_path) == []


def test_keeping_the_same_content_twice_is_one_blob(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    keep(blobs)
    keep(blobs)
    assert blobs.path(NAME).read_bytes() == CONTENT
    assert staged(tmp_path) == []


def test_what_is_staged_and_not_kept_is_gone(tmp_path: Path) -> None:
    with FileBlobs(tmp_path).stage() as staging:
        staging.write(CONTENT)
        assert len(staged(tmp_path)) == 1
    assert staged(tmp_path) == []


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", NAME.upper()])
def test_an_unknown_or_impossible_name_is_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        FileBlobs(tmp_path).open(name)


def test_the_sweep_takes_what_is_old_and_referred_to_by_nobody(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    keep(blobs)
    os.utime(blobs.path(NAME), (1000, 1000))
    assert blobs.sweep({NAME}, older_than_seconds=10, now=2000) == 0
    assert blobs.sweep(set(), older_than_seconds=2000, now=2000) == 0
    assert blobs.sweep(set(), older_than_seconds=10, now=2000) == 1
    with pytest.raises(NotFound):
        blobs.open(NAME)


def test_keeping_a_blob_again_saves_it_from_the_sweep(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    keep(blobs)
    os.utime(blobs.path(NAME), (1000, 1000))
    keep(blobs)
    assert blobs.path(NAME).stat().st_mtime > 2000

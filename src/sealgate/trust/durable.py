"""Small files that are whole or not there, and still there after the power went."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner can enter, with its parents; one that exists is left as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_durably(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file at once: when this returns it is on the disk, and whoever looks before sees what was there before.

    Args:
        path: Where; its folder exists.
        content: All of it.
        mode: Its permissions, never wider even for a moment.

    Raises:
        OSError: It could not be written; the path is as it was.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make what was created, renamed or removed in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Canonical packages of files in memory."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sealgate.package.canonical import Member, PackagePlan, plan_package, write_package

FILE, PROGRAM, LINK = 0o100644, 0o100755, 0o120777


def member(name: str, body: bytes, mode: int = FILE) -> Member:
    return Member(name.encode(), mode, lambda: (body,))


def write(plan: PackagePlan) -> bytes:
    descriptor = os.memfd_create("canonical")
    try:
        write_package(plan, descriptor)
        return os.pread(descriptor, plan.size + 1, 0)
    finally:
        os.close(descriptor)


def pack(files: Mapping[str, bytes], **modes: int) -> bytes:
    """Make the canonical package of some files; `modes` are those of the names whose dots are underscores."""
    return write(
        plan_package(member(name, body, modes.get(name.replace(".", "_"), FILE)) for name, body in files.items())
    )

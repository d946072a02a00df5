"""AWS's digest, signing and copying, in one process, each against its reference in turns; each round gives one ratio.

python bench/digest.py --run
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from packages import build

from sealgate.arn import job_arn, profile_version_arn
from sealgate.clock import system_clock
from sealgate.package.archive import SIGNING
from sealgate.package.digest import digest_package
from sealgate.package.source import FileSource
from sealgate.trust.authority import Authority
from sealgate.trust.keys import MemoryKeyStore
from sealgate.trust.sign import SignatureClaims, sign_package

ROUNDS = 21
SIZES = ("medium", "large", "many")
PUBLISHER = profile_version_arn("us-east-1", "000000000000", "bench", "aB3dE6gH9k")


def main() -> None:
    """Build the packages, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--run", action="store_true")
    arguments.add_argument("--sign-once", type=Path, help=argparse.SUPPRESS)
    once = arguments.parse_args().sign_once
    if once is not None:
        print_peak(once)
        return
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as name:
        folder = Path(name)
        print(f"{'one process':<44}{'ours ms':>10}{'theirs ms':>11}{'ratio':>8}")
        for size in SIZES:
            measure(size, build(size, folder))
        command = [sys.executable, __file__, "--sign-once", folder / "large.zip"]
        print(f"peak memory of signing, large: {subprocess.check_output(command, text=True).strip()} MB")


def measure(size: str, package: Path) -> None:
    """Measure one package."""
    with zipfile.ZipFile(package) as archive:
        contents = b"".join(entry.filename.encode() + archive.read(entry) for entry in archive.infolist())
    compare(f"{size}: digest / sha384 of the same bytes", lambda: digest(package), lambda: hashlib.sha384(contents))
    compare(f"{size}: digest / zipfile loop", lambda: digest(package), lambda: loop(package))
    target = package.with_suffix(".signed")
    authority = Authority.open(package.parent / f"authority-{size}", MemoryKeyStore(), system_clock)
    compare(
        f"{size}: sign / digest and copy",
        lambda: sign(authority, package, target),
        lambda: (digest(package), shutil.copyfile(package, target)),
    )


def compare(title: str, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
    """Run both in turns and print the medians."""
    elapsed(ours), elapsed(theirs)
    rounds = [(elapsed(ours), elapsed(theirs)) for _ in range(ROUNDS)]
    mine, other = (statistics.median(side) * 1000 for side in zip(*rounds, strict=True))
    ratio = statistics.median(first / second for first, second in rounds)
    print(f"{title:<44}{mine:>10.1f}{other:>11.1f}{ratio:>8.2f}", flush=True)


def elapsed(call: Callable[[], object]) -> float:
    """Answer the seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def digest(package: Path) -> bytes:
    """Compute AWS's digest, with every check."""
    with FileSource(package) as source:
        return digest_package(source, rules=SIGNING)[1]


def loop(package: Path) -> bytes:
    """Compute the same in the obvious way."""
    state = hashlib.sha384()
    with zipfile.ZipFile(package) as archive:
        for entry in archive.infolist():
            state.update(entry.filename.encode())
            state.update(archive.read(entry))
    return state.digest()


def sign(authority: Authority, package: Path, target: Path) -> None:
    """Write the signed form of a package."""
    now = system_clock().replace(microsecond=0)
    claims = SignatureClaims(
        signing_time=now,
        expires_at=now + timedelta(days=1),
        job_arn=job_arn("us-east-1", "000000000000", "11111111-1111-4111-8111-111111111111"),
        profile_version_arn=PUBLISHER,
    )
    descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        with FileSource(package) as source:
            sign_package(source, identity=authority.leaf_for(PUBLISHER), claims=claims, target_fd=descriptor)
    finally:
        os.close(descriptor)


def print_peak(package: Path) -> None:
    """Sign in this process, and print the most memory that it had resident, in MB."""
    authority = Authority.open(package.parent / "authority-of-peak", MemoryKeyStore(), system_clock)
    sign(authority, package, package.with_suffix(".peak"))
    # Not ru_maxrss: that is inherited from whoever started this process.
    print(round(int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024))


if __name__ == "__main__":
    main()

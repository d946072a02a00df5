"""`sealgate verify` as a whole process, against `openssl dgst -sha384` and `jarsigner -verify` of the same contents.

Both sides run in turns, and each round gives one ratio; the medians are printed. Python's compiled modules are cached,
as they are for every installed program, in a folder of this run.

    python bench/verify.py --run
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from packages import build

from sealgate.arn import job_arn, profile_version_arn
from sealgate.clock import system_clock
from sealgate.package.source import FileSource
from sealgate.trust.authority import Authority
from sealgate.trust.keys import MemoryKeyStore
from sealgate.trust.sign import SignatureClaims, sign_package

ROUNDS = 15
SIZES = ("small", "medium", "large", "many")
JAR_SIZES = ("small", "large")
PASSWORD = "bench-only"  # noqa: S105 - of a key that is thrown away
PUBLISHER = profile_version_arn("us-east-1", "000000000000", "bench", "aB3dE6gH9k")
PEAK = """\
import sys
from sealgate.cli import main
status = main(sys.argv[1:])
sys.stderr.write(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
sys.exit(status)
"""

Command = Sequence[str | Path]


def main() -> None:
    """Build the packages, measure, print."""
    argparse.ArgumentParser(description=__doc__).add_argument("--run", action="store_true")
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as name:
        folder = Path(name)
        authority = Authority.open(folder / "authority", MemoryKeyStore(), system_clock)
        for size in SIZES:
            sign(authority, build(size, folder), folder / f"{size}.signed.zip")
        environment = cached_environment(folder)
        print(f"{'whole process':<40}{'ours ms':>10}{'theirs ms':>11}{'ratio':>8}")
        for size in SIZES:
            signed = folder / f"{size}.signed.zip"
            compare(
                f"{size}: openssl dgst -sha384", verify(signed), ("openssl", "dgst", "-sha384", signed), environment
            )
        if shutil.which("jarsigner"):
            make_key(folder)
            for size in JAR_SIZES:
                jar = sign_jar(folder / f"{size}.zip")
                against = ("jarsigner", "-verify", jar)
                compare(f"{size}: jarsigner -verify", verify(folder / f"{size}.signed.zip"), against, environment)
        print(f"peak memory, large: {peak(folder / 'large.signed.zip', environment):.0f} MB")


def sign(authority: Authority, source: Path, target: Path) -> None:
    """Write the signed form of a package."""
    now = system_clock().replace(microsecond=0)
    claims = SignatureClaims(
        signing_time=now,
        expires_at=now + timedelta(days=1),
        job_arn=job_arn("us-east-1", "000000000000", "11111111-1111-4111-8111-111111111111"),
        profile_version_arn=PUBLISHER,
    )
    with FileSource(source) as package, target.open("w+b") as file:
        sign_package(package, identity=authority.leaf_for(PUBLISHER), claims=claims, target_fd=file.fileno())


def cached_environment(folder: Path) -> dict[str, str]:
    """Answer an environment in which compiled modules are kept for the next process."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def verify(package: Path) -> Command:
    """Write the command under test."""
    root = package.parent / "authority" / "root.pem"
    return (Path(sys.executable).with_name("sealgate"), "verify", package, "--trust", root)


def compare(title: str, ours: Command, theirs: Command, environment: dict[str, str]) -> None:
    """Run both in turns and print the medians."""
    elapsed(ours, environment), elapsed(theirs, environment)
    rounds = [(elapsed(ours, environment), elapsed(theirs, environment)) for _ in range(ROUNDS)]
    mine, other = (statistics.median(side) * 1000 for side in zip(*rounds, strict=True))
    ratio = statistics.median(first / second for first, second in rounds)
    print(f"{title:<40}{mine:>10.1f}{other:>11.1f}{ratio:>8.2f}", flush=True)


def elapsed(command: Command, environment: dict[str, str]) -> float:
    """Answer the seconds that a process takes, from its start to its end."""
    began = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def peak(package: Path, environment: dict[str, str]) -> float:
    """Answer the most memory that a verification had resident, in MB."""
    command = [sys.executable, "-c", PEAK, *verify(package)[1:]]
    told = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return int(told.stderr) / 1024


def make_key(folder: Path) -> None:
    """Make a P-384 key for jarsigner."""
    subprocess.run(
        [
            *("keytool", "-genkeypair", "-keystore", folder / "keys.p12", "-storepass", PASSWORD, "-alias", "bench"),
            *("-keyalg", "EC", "-groupname", "secp384r1", "-sigalg", "SHA384withECDSA", "-dname", "CN=bench"),
        ],
        capture_output=True,
        check=True,
    )


def sign_jar(package: Path) -> Path:
    """Sign the package as a JAR, under the same algorithms."""
    jar = package.with_suffix(".jar")
    subprocess.run(
        [
            *("jarsigner", "-keystore", package.parent / "keys.p12", "-storepass", PASSWORD),
            *("-digestalg", "SHA-384", "-sigalg", "SHA384withECDSA", "-signedjar", jar, package, "bench"),
        ],
        capture_output=True,
        check=True,
    )
    return jar


if __name__ == "__main__":
    main()

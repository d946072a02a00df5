"""`sealgate verify` loads no server, hashes before it loads, and takes little memory."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from sealgate.package.source import FileSource
from sealgate.trust.sign import sign_package
from tests.support.authority import ARN, NOW
from tests.support.command_line import clean_environment
from tests.support.sealed import claims, shared_authority

HEAVY = (
    "dataclasses",
    "inspect",
    "sqlalchemy",
    "alembic",
    "botocore",
    "boto3",
    "uvicorn",
    "orjson",
    "awscrt",
    "asyncio",
    "ssl",
    "http",
)
MEGABYTE = 1 << 20
MAX_MEGABYTES = 100
"""The mark to stay under, for a package of 60 MB."""

PROBE = """\
import sys
from sealgate.cli import main
status = main(sys.argv[1:])
sys.stdout.flush()
print(status, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""
PEAK = """\
import sys
from pathlib import Path
from sealgate.cli import main
status = main(sys.argv[1:])
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(status, peak, file=sys.stderr)
"""
EARLY = """\
import sys
from sealgate.cli import early
early.begin(["big.zip"])
source, measured = early.take("big.zip")
print(measured is not None, *sorted(sys.modules))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    (folder / "root.pem").write_bytes(shared_authority().root_certificate.public_bytes(Encoding.PEM))
    with zipfile.ZipFile(folder / "unsigned.zip", "w") as package:
        for number in range(60):
            package.writestr(f"blob-{number}.bin", bytes([number]) * MEGABYTE)
    with FileSource(folder / "unsigned.zip") as source, (folder / "big.zip").open("w+b") as target:
        sign_package(source, identity=shared_authority().leaf_for(ARN), claims=claims(), target_fd=target.fileno())
    return folder


def run_python(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )


def test_no_server_package_is_loaded(folder: Path) -> None:
    told = run_python(PROBE, folder, "verify", "big.zip", "--trust", "root.pem", "--at", NOW.isoformat())

    status, *modules = told.stderr.split()
    assert status == "0"
    assert not set(modules) & set(HEAVY)
    assert "sqlite3" not in modules


def test_hashing_begins_before_anything_dear_is_loaded(folder: Path) -> None:
    begun, *modules = run_python(EARLY, folder).stdout.split()

    assert begun == "True"
    assert not set(modules) & {"argparse", "typing", "dataclasses", "enum", "re", "pathlib", "cryptography"}


def test_a_60_mb_package_is_verified_in_less_than_100_mb_of_memory(folder: Path) -> None:
    told = run_python(PEAK, folder, "verify", "big.zip", "--trust", "root.pem", "--at", NOW.isoformat())

    status, kilobytes = told.stderr.split()
    assert status == "0"
    assert int(kilobytes) / 1024 < MAX_MEGABYTES

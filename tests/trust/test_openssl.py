"""OpenSSL, which knows nothing of us, accepts the signature blocks that we make."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.authority import NOW
from tests.support.sealed import shared_authority, sign_bytes, zip_of


@pytest.fixture(autouse=True)
def _program() -> None:
    assert shutil.which("openssl"), "this test needs the program openssl (Debian: apt install openssl)"


def openssl(folder: Path, content: bytes, *options: str) -> subprocess.CompletedProcess[str]:
    """Verify a fresh signature over a content that may not be the signed one."""
    _, signed = sign_bytes(zip_of({"handler.py": b"def handler(): pass\n"}))
    (folder / "block.pem").write_bytes(signed.block)
    (folder / "content").write_bytes(content or signed.content_digest)
    (folder / "root.pem").write_bytes(shared_authority().root_certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-verify", "-inform", "PEM", "-in", "block.pem", "-content", "content", "-binary"]
    trust = ["-CAfile", "root.pem", "-attime", str(int(NOW.timestamp())), "-purpose", "any", "-out", "verified"]
    return subprocess.run([*command, *trust, *options], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("options", [(), ("-cades",)])
def test_openssl_verifies_our_signature(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = openssl(tmp_path, b"", *options)
    assert result.returncode == 0, result.stderr
    assert len((tmp_path / "verified").read_bytes()) == 48


def test_openssl_refuses_our_signature_over_another_content(tmp_path: Path) -> None:
    assert openssl(tmp_path, bytes(48)).returncode != 0

import json
from pathlib import Path

import pytest

from sealgate.cms import oids
from sealgate.cms.ber import UTF8_STRING, encode
from sealgate.package.archive import SIGNATURE_NAME
from tests.support.authority import ARN, JOB_ARN, aws_recipe
from tests.support.command_line import dispatch_sealgate
from tests.support.sealed import sign_bytes, zip_of


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    path = tmp_path / "signed.zip"
    path.write_bytes(sign_bytes(zip_of({"app.py": b"pass\n"}))[0])
    return path


def test_everything_is_shown_and_said_not_to_be_verified(signed: Path) -> None:
    told = dispatch_sealgate("inspect", signed, folder=signed.parent)

    assert told.returncode == 0
    assert told.stdout.startswith(f"{signed}: nothing here has been verified; `sealgate verify` judges\n")
    assert f"  signed by    {ARN}\n" in told.stdout
    assert f"  in job       {JOB_ARN}\n" in told.stdout
    assert "  seal         3 entries, contents of " in told.stdout
    assert told.stdout.count("  certificate ") == 2


def test_json_holds_every_attribute(signed: Path) -> None:
    shown = json.loads(dispatch_sealgate("inspect", signed, "--json", folder=signed.parent).stdout)

    assert shown["notice"].startswith("nothing here has been verified")
    assert len(shown["signature"]["attributes"]) == 9
    assert shown["signature"]["seal"]["entries"] == 3
    assert shown["signature"]["problems"] == []


def test_an_altered_package_is_shown_all_the_same(signed: Path) -> None:
    content = bytearray(signed.read_bytes())
    content[40] ^= 1
    signed.write_bytes(content)

    assert dispatch_sealgate("inspect", signed, folder=signed.parent).returncode == 0


def test_a_package_without_a_signature_says_so(tmp_path: Path) -> None:
    path = tmp_path / "unsigned.zip"
    path.write_bytes(zip_of({"app.py": b"pass\n"}))

    told = dispatch_sealgate("inspect", path, folder=tmp_path)

    assert (told.returncode, told.stdout) == (0, f"{path}: carries no signature\n")
    assert json.loads(dispatch_sealgate("inspect", path, "--json", folder=tmp_path).stdout)["signature"] is None


def test_what_a_stranger_wrote_into_a_signature_does_not_steer_the_terminal(tmp_path: Path) -> None:
    evil = encode(UTF8_STRING, b"arn:\x1b[2J\x1b]0;owned\x07\nsealgate: all is well")
    block = aws_recipe().having(oids.PROFILE_VERSION_ARN, evil).build()
    path = tmp_path / "evil.zip"
    path.write_bytes(zip_of({"app.py": b"", "META_INF/": b"", SIGNATURE_NAME.decode(): block}))

    told = dispatch_sealgate("inspect", path, folder=tmp_path)

    assert told.returncode == 0
    assert "\x1b" not in told.stdout
    assert "  signed by    arn:\\x1b[2J\\x1b]0;owned\\x07\\nsealgate: all is well\n" in told.stdout


@pytest.mark.parametrize(("content", "status"), [(b"no archive", 1), (None, 2)], ids=["no archive", "no file"])
def test_what_cannot_be_inspected_is_told_on_stderr(tmp_path: Path, content: bytes | None, status: int) -> None:
    path = tmp_path / "file.zip"
    if content is not None:
        path.write_bytes(content)

    told = dispatch_sealgate("inspect", path, folder=tmp_path)

    assert told.returncode == status
    assert told.stdout == ""
    assert told.stderr.startswith("sealgate: error: ")

"""A folder of packages, roots and demands, in which `sealgate gate` runs."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from sealgate.trust.revocation import RevocationList, RevokedJob
from sealgate.trust.revocation_list import encode_revocation_list
from tests.support.authority import ARN, NOW
from tests.support.command_line import Told, dispatch_sealgate
from tests.support.packing import pack
from tests.support.sealed import new_authority, shared_authority, sign_bytes, zip_of

PACKAGE = zip_of({"app.py": b"def handler(event, context):\n    return 1\n"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A folder with `root.pem`, `Warn.json` and `Enforce.json`, which allow one publisher, and packages.

    Attributes:
        folder: Has `signed.zip`, `altered.zip`, `unsigned.zip`, `stranger.zip` (signed under a root that is not
            trusted), `foreign.zip` (signed by a publisher that is not allowed), `framed.zip` (signed, with a manifest)
            and `text.zip`, which is no archive.
    """

    folder: Path

    def write(self, name: str, content: bytes | str) -> None:
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def run(self, *arguments: str | Path, at: str = NOW.isoformat()) -> Told:
        """Run the command, at a fixed moment."""
        return dispatch_sealgate("gate", *arguments, "--at", at, folder=self.folder)

    def run_policy(self, mode: str, *arguments: str | Path, **moment: str) -> Told:
        """Run the command under `Warn.json` or `Enforce.json`, trusting the root."""
        return self.run(*arguments, "--policy", f"{mode}.json", "--trust", "root.pem", **moment)

    def json(self, mode: str, *arguments: str | Path) -> Any:
        """Answer the JSON report."""
        return json.loads(self.run_policy(mode, *arguments, "--format", "json").stdout)


def make_gate(folder: Path) -> Gate:
    """Fill a folder."""
    gate = Gate(folder=folder)
    signed, _ = sign_bytes(PACKAGE)
    gate.write("signed.zip", signed)
    gate.write("altered.zip", signed[:40] + bytes([signed[40] ^ 1]) + signed[41:])
    gate.write("unsigned.zip", PACKAGE)
    gate.write("stranger.zip", sign_bytes(PACKAGE, new_authority())[0])
    gate.write("foreign.zip", sign_bytes(PACKAGE, profile_version_arn=f"{ARN[:-1]}9")[0])
    gate.write("framed.zip", sign_bytes(pack({"app.py": b"x"}))[0])
    gate.write("text.zip", "this is text")
    gate.write("root.pem", shared_authority().root_certificate.public_bytes(Encoding.PEM))
    for mode in ("Warn", "Enforce"):
        gate.write(f"{mode}.json", json.dumps(make_policy(mode)))
    return gate


def make_policy(mode: str = "Enforce", *publishers: str) -> dict[str, Any]:
    """Make what a policy file says."""
    return {
        "AllowedPublishers": {"SigningProfileVersionArns": list(publishers) or [ARN]},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": mode},
    }


def make_revocations(*job_arns: str) -> bytes:
    """Make a list of the shared authority's that revokes these jobs."""
    revocations = RevocationList(
        jobs=tuple(RevokedJob(arn=arn, revoked_at=NOW, reason="stolen") for arn in job_arns),
        profile_versions=(),
        issued_at=NOW,
        next_update=NOW + timedelta(days=36500),
    )
    return encode_revocation_list(revocations, shared_authority())

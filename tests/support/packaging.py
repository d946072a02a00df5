"""`sealgate package` against a running server, on templates that a test writes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from tests.support.command_line import Told, dispatch_sealgate
from tests.support.server import RunningServer

PROFILE = "app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """A folder with a template, and a bucket of a running server.

    Attributes:
        server: The server; it has the profile `app`.
        bucket: A versioned bucket of the test's own.
        folder: Where the template is.
    """

    server: RunningServer
    bucket: str
    folder: Path

    def write(self, files: dict[str, str]) -> None:
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")

    def package(self, template: str | Path, *arguments: str | Path, bucket: str | None = None) -> Told:
        """Run the command with the server's credentials and root."""
        options = ("--bucket", bucket or self.bucket, "--data", self.server.folder)
        profile = () if "--profile" in arguments else ("--profile", PROFILE)
        with mock.patch.dict(os.environ, self.server.environment(), clear=True):
            return dispatch_sealgate("package", template, *profile, *options, *arguments, folder=self.folder)

    def report(self, template: str | Path, *arguments: str | Path) -> Any:
        """Run the command, which has to succeed, and answer its report."""
        told = self.package(template, "--json", *arguments)
        assert told.returncode == 0, told.stderr
        return json.loads(told.stdout)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def fetch(self, stored: dict[str, str]) -> bytes:
        """Answer an object that a template or report names."""
        s3 = self.server.client("s3")
        answer = s3.get_object(Bucket=stored["bucket"], Key=stored["key"], VersionId=stored["version"])
        body: bytes = answer["Body"].read()
        return body

    def keys(self) -> list[str]:
        answer = self.server.client("s3").list_objects_v2(Bucket=self.bucket)
        return [each["Key"] for each in answer.get("Contents", [])]

    def verify(self, file: str) -> Told:
        """Judge a file as somebody does who trusts the server's data folder and wants a manifest."""
        return dispatch_sealgate("verify", file, "--require-manifest", "--data", self.server.folder, folder=self.folder)

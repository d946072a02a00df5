"""The bucket that packages and templates are put into."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sealgate.errors import Invalid
from sealgate.packaging.places import StoredCode

_PIECE = 1 << 20
_AMAZON = re.compile(r"\.amazonaws\.com(\.cn)?$")
_ANY_REGION = "https://s3.amazonaws.com"


class Service(Protocol):
    """One service of AWS, whoever serves it."""

    @property
    def endpoint(self) -> str:
        """Its address, without a slash at the end."""
        ...

    def call(self, operation: str, **members: Any) -> Any:
        """Perform an operation, named as botocore names the method, and answer its output members.

        Raises:
            SealgateError: It was refused, or no answer came.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A versioned bucket. What it holds is not trusted: others may write there too.

    Attributes:
        s3: S3.
        name: The bucket's.
        prefix: What all keys begin with; empty, or with a slash at its end.
    """

    s3: Service
    name: str
    prefix: str

    def put_package(self, file: Path, key: str) -> StoredCode:
        """Store a file under a key below the prefix.

        Raises:
            Invalid: The bucket keeps no versions.
            SealgateError: S3 has refused it.
        """
        with file.open("rb") as body:
            answer = self.s3.call(
                "put_object", Bucket=self.name, Key=self.prefix + key, Body=body, ContentType="application/zip"
            )
        version = answer.get("VersionId", "null")
        if version == "null":
            raise Invalid(f"bucket {self.name} keeps no versions: enable versioning, since Signer signs versions")
        return StoredCode(bucket=self.name, key=self.prefix + key, version=version)

    def put_template(self, text: str) -> str:
        """Store a template under a key made of its contents, and answer its address.

        It is one of AWS's own wherever the bucket is: `sam` takes nothing else for an object, and CloudFormation here
        finds its own bucket by it.
        """
        body = text.encode()
        key = f"{self.prefix}{hashlib.sha256(body).hexdigest()}.template"
        self.s3.call("put_object", Bucket=self.name, Key=key, Body=body)
        host = self.s3.endpoint if _AMAZON.search(self.s3.endpoint) else _ANY_REGION
        return f"{host}/{self.name}/{key}"

    def fetch(self, key: str, target: Path) -> StoredCode:
        """Copy the present version of an object into a file, and answer which version that was."""
        answer = self.s3.call("get_object", Bucket=self.name, Key=key)
        with target.open("wb") as file:
            while piece := answer["Body"].read(_PIECE):
                file.write(piece)
        return StoredCode(bucket=self.name, key=key, version=answer.get("VersionId", "null"))

    def find_keys(self, prefix: str) -> Sequence[str]:
        """Find the objects below the bucket's prefix and this one, the newest first: of very many, some."""
        answer = self.s3.call("list_objects_v2", Bucket=self.name, Prefix=self.prefix + prefix)
        found = sorted(answer.get("Contents", ()), key=lambda each: each["LastModified"], reverse=True)
        return [str(each["Key"]) for each in found]

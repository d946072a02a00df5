"""Clients of S3 and a bucket per test, on a running server."""

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from tests.support.server import RunningServer


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """A client and a bucket of the test's own.

    Attributes:
        server: The server.
        client: boto3's.
        bucket: Made already, without versions.
    """

    server: RunningServer
    client: Any
    bucket: str

    def keep_versions(self) -> None:
        self.client.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def put(self, key: str = "app.zip", body: bytes = b"content", **members: Any) -> Any:
        return self.client.put_object(Bucket=self.bucket, Key=key, Body=body, **members)

    def read(self, key: str = "app.zip", **members: Any) -> bytes:
        body: bytes = self.client.get_object(Bucket=self.bucket, Key=key, **members)["Body"].read()
        return body

    def keys(self, **members: Any) -> list[str]:
        answer = self.client.list_objects_v2(Bucket=self.bucket, **members)
        return [entry["Key"] for entry in answer.get("Contents", [])]


def refusal(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    """Answer an error's code and HTTP status."""
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def send(
    server: RunningServer,
    method: str,
    path: str,
    *,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    host: str | None = None,
    region: str | None = None,
    signed: bool = True,
) -> Any:
    """Send one request with exactly this path, signed by botocore; answer the raw answer.

    Args:
        server: Where to.
        method: The HTTP method.
        path: Percent-encoded, with the query.
        body: As it goes out.
        headers: Further headers; `X-Amz-Content-SHA256` is signed as given.
        host: The Host header, instead of the server's own address.
        region: Signed for, instead of the server's own.
        signed: False leaves the signature out.
    """
    request = AWSRequest(method, server.url + path, data=body, headers=dict(headers or {}))
    if host is not None:
        request.headers["Host"] = host
    if signed:
        credentials = Credentials(server.credentials.access_key_id, server.credentials.secret_access_key)
        _Signer(credentials, "s3", region or server.credentials.region).add_auth(request)
    return URLLib3Session().send(request.prepare())


class _Signer(S3SigV4Auth):  # type: ignore[misc]  # botocore has no types
    def payload(self, request: AWSRequest) -> str:
        given = request.headers.get("X-Amz-Content-SHA256")
        return str(given or super().payload(request))

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        given = request.headers.get("X-Amz-Content-SHA256")
        super()._modify_request_before_signing(request)
        if given is not None:
            del request.headers["X-Amz-Content-SHA256"]
            request.headers["X-Amz-Content-SHA256"] = given

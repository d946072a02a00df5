"""boto3's Lambda client on a running server, and what tests of it need again and again."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.session import Session

import sealgate
from tests.support.deployment import zip_of
from tests.support.running import PYTHON
from tests.support.server import RunningServer, running_server

OVERLAY = Path(sealgate.__file__).parent / "aws" / "overlay"

_NUMBERS = itertools.count(1)


def refusal(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """Answer code and message of an error."""
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


class LambdaClient:
    """Lambda clients of one server.

    Attributes:
        server: The server.
        client: The stock client.
        unchecked: The same without the client's own checks of parameters.
    """

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self._http = URLLib3Session()
        self.client = server.client("lambda")
        self.unchecked = server.client("lambda", parameter_validation=False)
        self.account = server.credentials.account
        self.region = server.credentials.region

    def arn_of(self, name: str) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{name}"

    def with_overlay(self) -> Any:
        """Make a client that knows the members which the shipped overlay teaches."""
        session = Session()
        session.get_component("data_loader").search_paths.append(str(OVERLAY))
        return boto3.Session(botocore_session=session).client(
            "lambda",
            endpoint_url=self.server.url,
            region_name=self.region,
            aws_access_key_id=self.server.credentials.access_key_id,
            aws_secret_access_key=self.server.credentials.secret_access_key,
        )

    def create(self, **members: Any) -> Any:
        """Create a function with a fresh name, without a member that is None; answer the answer."""
        members = {
            "FunctionName": f"function-{next(_NUMBERS)}",
            "Role": f"arn:aws:iam::{self.account}:role/runner",
            "Runtime": PYTHON,
            "Handler": "app.handler",
            "Code": {"ZipFile": zip_of()},
        } | members
        return self.unchecked.create_function(**{name: value for name, value in members.items() if value is not None})

    def create_function(self, **members: Any) -> str:
        """Create a function; answer its name."""
        return str(self.create(**members)["FunctionName"])

    def send(self, method: str, path: str, body: bytes = b"") -> Any:
        """Send a signed request with exactly this path; answer the raw answer."""
        request = AWSRequest(method, self.server.url + path, data=body)
        credentials = self.server.credentials
        signer = SigV4Auth(Credentials(credentials.access_key_id, credentials.secret_access_key), "lambda", self.region)
        signer.add_auth(request)
        return self._http.send(request.prepare())

    def fetch(self, url: str) -> Any:
        """Get a link as anybody can; answer the raw answer."""
        return self._http.send(AWSRequest("GET", url).prepare())


@contextmanager
def running_lambda(folder: Path, **config: Any) -> Iterator[LambdaClient]:
    """Serve a data folder on a free port until the block ends."""
    with running_server(folder, **config) as server:
        yield LambdaClient(server)

"""The real server over a real socket, in this process, and clients for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config as ClientConfig

from sealgate.config import Config
from sealgate.server.lifecycle import Server
from sealgate.store.folder import DataFolder, ServerCredentials
from tests.support.command_line import clean_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server that takes requests.

    Attributes:
        url: `http://127.0.0.1:PORT`.
        folder: Its data folder.
        credentials: Of the account's root user.
    """

    url: str
    folder: Path
    credentials: ServerCredentials

    def client(self, service: str, *, region: str | None = None, **settings: Any) -> Any:
        """Make a boto3 client of the root user; `settings` go into its `Config`."""
        root = self.credentials
        return self.client_of(root.access_key_id, root.secret_access_key, service, region=region, **settings)

    def client_of(self, key_id: str, secret: str, service: str, *, region: str | None = None, **settings: Any) -> Any:
        """Make a boto3 client of somebody else.

        Nothing of the user's environment has a part in it: credentials, region and endpoint are explicit.
        """
        defaults = {"retries": {"max_attempts": 1, "mode": "standard"}, "inject_host_prefix": False}
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region or self.credentials.region,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=ClientConfig(**defaults | settings),
        )

    def environment(self) -> dict[str, str]:
        """Answer an environment in which the `aws` command line talks to this server and knows nothing else."""
        return clean_environment() | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_access_key,
            "AWS_DEFAULT_REGION": self.credentials.region,
        }


@contextmanager
def running_server(folder: Path, **config: Any) -> Iterator[RunningServer]:
    """Serve a data folder on a free port until the block ends.

    Args:
        folder: The data folder; made when it is missing.
        config: Fields of `Config` other than `data` and `port`.
    """
    server = Server(Config(data=folder, port=0, **config))
    url = server.start()
    try:
        yield RunningServer(url=url, folder=folder, credentials=DataFolder(folder).read_credentials())
    finally:
        server.stop()

"""Clients of AWS's API, whoever serves it: a running server, or AWS itself.

The one module of the command line that knows botocore. Credentials, region and endpoint are found where every AWS
client finds them: the environment that `sealgate env` prints, profiles, the role of a machine.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader, create_loader
from botocore.parsers import ResponseParserError
from botocore.session import Session

import sealgate
from sealgate.errors import SealgateError

_HOSTILE_ANSWER_ERRORS = (ResponseParserError, AttributeError, KeyError, TypeError, ValueError)
"""What botocore raises on an answer that does not fit the model: it comes from no server of that API."""


class CallFailed(SealgateError):
    """The service has refused a call, or could not be asked.

    `reason` is the service's code (`ResourceNotFoundException`; `404` where an answer has no more), or the name of what
    went wrong on the way (`EndpointConnectionError`, `NoCredentialsError`).
    """


class Client:
    """One service in one region.

    Args:
        service: As botocore names it: `lambda`, `s3`, `signer`.
        region: None takes the environment's.
        endpoint: The server's address; None takes the environment's, and without one AWS's own.

    Raises:
        CallFailed: Region or endpoint are missing or malformed.
    """

    def __init__(self, service: str, *, region: str | None = None, endpoint: str | None = None) -> None:
        config = ClientConfig(user_agent_extra=f"sealgate/{sealgate.__version__}", retries={"mode": "standard"})
        try:
            self._client: Any = _open_session().create_client(
                service, region_name=region, endpoint_url=endpoint, config=config
            )
        except (BotoCoreError, ValueError) as error:  # ValueError: the endpoint is no address
            raise CallFailed(f"{service}: {error}", reason=type(error).__name__) from error
        self._service = service

    @property
    def endpoint(self) -> str:
        """The address that is asked, without a slash at the end."""
        return str(self._client.meta.endpoint_url).rstrip("/")

    def call(self, operation: str, **members: Any) -> Any:
        """Perform an operation and answer its output members.

        Args:
            operation: As botocore names the method: `get_code_signing_config`.
            members: The input members, with their names on the wire.

        Raises:
            CallFailed: It was refused, the members do not fit, or no answer came that could be one.
        """
        perform = getattr(self._client, operation)
        try:
            return perform(**members)
        except (ClientError, BotoCoreError, *_HOSTILE_ANSWER_ERRORS) as error:
            raise _describe(f"{self._service} {operation.replace('_', '-')}", error) from error


def _open_session() -> Session:
    session = Session()
    session.register_component("data_loader", _open_loader(session.get_config_variable("data_path")))
    return session


@cache
def _open_loader(data_path: str | None) -> Loader:
    """Answer what reads the services' models; reading them takes most of what it takes to make a client."""
    return create_loader(data_path)


def _describe(what: str, error: Exception) -> CallFailed:
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        code, message = str(told.get("Code", "Unknown")), str(told.get("Message", "no reason is given"))
        return CallFailed(f"{what}: {message} ({code})", reason=code)
    if isinstance(error, _HOSTILE_ANSWER_ERRORS):
        return CallFailed(f"{what}: the answer is none of AWS's API: {error}", reason="AnswerMalformed")
    return CallFailed(f"{what}: {error}", reason=type(error).__name__)

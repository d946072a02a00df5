"""Functions of accounts without a socket, through boto3."""

import itertools
from typing import Any

from sealgate.aws.api.iam import iam as iam_api
from sealgate.aws.api.lambda_ import lambda_ as lambda_api
from sealgate.aws.api.s3 import s3 as s3_api
from sealgate.aws.api.sts import sts as sts_api
from sealgate.server.house import House
from tests.support.cloud import Cloud, open_cloud
from tests.support.deployment import zip_of
from tests.support.running import PYTHON

_NUMBERS = itertools.count(1)


def open_lambda(house: House) -> Cloud:
    """Make an account of a server; whoever asks closes its root user."""
    return open_cloud(house, (iam_api, sts_api, s3_api, lambda_api))


def create_function(cloud: Cloud, **members: Any) -> Any:
    """Create a function with a fresh name; answer the answer."""
    request: dict[str, Any] = {
        "FunctionName": f"function-{next(_NUMBERS)}",
        "Role": f"arn:aws:iam::{cloud.account}:role/runner",
        "Runtime": PYTHON,
        "Handler": "app.handler",
        "Code": {"ZipFile": zip_of()},
    }
    return cloud.client("lambda").create_function(**request | members)


def code(text: str) -> bytes:
    """Make a package that no other text makes."""
    return zip_of({"app.py": text.encode()})

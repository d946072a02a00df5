"""The Lambda API, with every operation that is bound."""

from sealgate.aws.api import (
    lambda_aliases,
    lambda_concurrency,
    lambda_configs,
    lambda_functions,
    lambda_invoke,
    lambda_layers,
    lambda_policies,
    lambda_tags,
    lambda_unconfigured,
    lambda_versions,
)
from sealgate.aws.api.lambda_service import lambda_

__all__ = [
    "lambda_",
    "lambda_aliases",
    "lambda_concurrency",
    "lambda_configs",
    "lambda_functions",
    "lambda_invoke",
    "lambda_layers",
    "lambda_policies",
    "lambda_tags",
    "lambda_unconfigured",
    "lambda_versions",
]

"""The Lambda API, with every operation that is bound."""

from sealgate.aws.api import lambda_configs, lambda_functions, lambda_layers, lambda_tags
from sealgate.aws.api.lambda_service import lambda_

__all__ = ["lambda_", "lambda_configs", "lambda_functions", "lambda_layers", "lambda_tags"]

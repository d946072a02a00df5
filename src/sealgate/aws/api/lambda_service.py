"""The Lambda API that the modules beside this one bind their operations to; `lambda_` holds the bound whole."""

from sealgate.aws.operation import Api

lambda_ = Api("lambda")

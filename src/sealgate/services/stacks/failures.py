"""How a step's failure is worded in an event, so that whoever reads it finds the service's own message."""

from __future__ import annotations

import uuid

from sealgate.errors import SealgateError
from sealgate.services.stacks.operations import OperationRefused
from sealgate.services.stacks.resource import HandlerFailed

_NOT_FOUND = 404
_DENIED = 403
_CONFLICT = 409
_OWN_FAULT = 500


def describe_failure(error: SealgateError, token: str) -> str:
    """Answer the reason of a failed step.

    Args:
        error: What was raised.
        token: Of the step.
    """
    match error:
        case OperationRefused():
            said = (
                f"{error.message} (Service: {error.service}, Status Code: {error.status}, "
                f"Request ID: {error.request_id})"
            )
            return _handler_said(said, token, _handler_code(error))
        case HandlerFailed():
            return _handler_said(error.message, token, error.code)
    return error.message


def _handler_said(message: str, token: str, code: str) -> str:
    return (
        f'Resource handler returned message: "{message}" (RequestToken: {uuid.UUID(token)}, HandlerErrorCode: {code})'
    )


def _handler_code(error: OperationRefused) -> str:
    """Answer CloudFormation's word for a service's error (CloudFormation CLI user guide, "Handler error codes")."""
    code, status = error.code, error.status
    if code.startswith("AccessDenied") or status == _DENIED:
        return "AccessDenied"
    if "AlreadyExist" in code or "AlreadyOwned" in code or "already exist" in error.message:
        return "AlreadyExists"
    if status == _NOT_FOUND or code.startswith("NoSuch"):
        return "NotFound"
    if "LimitExceeded" in code:
        return "ServiceLimitExceeded"
    if status == _CONFLICT:
        return "ResourceConflict"
    return "ServiceInternalError" if status >= _OWN_FAULT else "InvalidRequest"

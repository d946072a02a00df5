"""The roles of functions: which ones they can have, and the credentials that their processes get.

A role that does not exist is no error, as it is on AWS: whoever wants to deploy without identities can. Its functions
have no credentials.
"""

from __future__ import annotations

from sealgate.errors import Denied
from sealgate.policy.request import Context
from sealgate.runtime.launch import Credentials
from sealgate.services.functions.errors import InvalidParameter
from sealgate.services.identity.sessions import SessionService
from sealgate.store.functions import Function

SESSION_SECONDS = 12 * 3600
"""How long the credentials of a process are good."""
_SERVICE = "lambda.amazonaws.com"


class FunctionRoles:
    """Becomes roles for functions.

    Args:
        sessions: Makes the credentials.
    """

    def __init__(self, sessions: SessionService) -> None:
        self._sessions = sessions

    def check(self, function: Function) -> None:
        """Check that a function can have its role.

        Raises:
            InvalidParameter: The role does not trust Lambda.
            Denied: It is another account's.
        """
        trusted = self._sessions.find_service_trust(function.role, service=_SERVICE, context=_context(function))
        if trusted is not None and _account(function.role) != function.account:
            raise Denied("Cross-account pass role is not allowed.")
        if trusted is False:
            raise InvalidParameter("The role defined for the function cannot be assumed by Lambda.")

    def make_credentials(self, function: Function) -> Credentials | None:
        """Answer new credentials of a function's role; None where it has none that can be taken."""
        if _account(function.role) != function.account:
            return None
        issued = self._sessions.assume_role_for_service(
            function.role,
            service=_SERVICE,
            session_name=function.name,
            seconds=SESSION_SECONDS,
            context=_context(function),
        )
        if issued is None:
            return None
        return Credentials(
            access_key_id=issued.session.access_key_id,
            secret_access_key=issued.session.secret,
            session_token=issued.token,
        )


def _account(role_arn: str) -> str:
    return role_arn.split(":")[4]


def _context(function: Function) -> Context:
    return {"aws:sourceaccount": (function.account,), "aws:sourcearn": (function.arn,)}

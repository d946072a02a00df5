"""Operations of AWS's API, performed inside: how a stack makes, changes and removes what it consists of.

Each is validated, let in at the door with its caller's rights, and written down in the audit trail, exactly as a
request is. The wire's side is put in by the composition root (`aws/internal.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sealgate.errors import SealgateError
from sealgate.services.access.entry import Principal

Work = Callable[[], Mapping[str, Any]]
"""Does what an operation is asked for, and answers its output members."""


Note = Callable[[Mapping[str, Any]], None]
"""Takes the output members of an operation."""


class OperationRefused(SealgateError):
    """An operation failed as a request would have.

    Attributes:
        service: As AWS's own SDK names it (`Lambda`, `S3`).
        code: AWS's error code (`CodeVerificationFailedException`).
        status: The HTTP status.
        message: What the answer says.
        request_id: Under which the audit trail has it.
    """

    def __init__(self, message: str, *, service: str, code: str, status: int, request_id: str) -> None:
        super().__init__(message, reason=code)
        self.service = service
        self.code = code
        self.status = status
        self.request_id = request_id


class Perform(Protocol):
    """Performs operations as one caller in one region."""

    def __call__(self, service: str, operation: str, note: Note | None = None, /, **members: Any) -> Mapping[str, Any]:
        """Perform an operation, in a unit of work of its own; it waits until that is committed.

        Args:
            service: The signing name (`lambda`, `s3`, `iam`, `signer`).
            operation: As the API names it (`CreateFunction`).
            note: Writes down what has come of it, in the same unit of work: either both are durable or neither. For
                operations that change something.
            members: The input members, named as the API names them; streaming bodies as bytes.

        Returns:
            The output members.

        Raises:
            OperationRefused: It failed as a request would have.
        """
        ...


class Operations(Protocol):
    """Performs operations as whoever is named."""

    def acting_as(self, principal: Principal, region: str, *, work: Work | None = None) -> Perform:
        """Answer what performs operations with a principal's rights.

        Args:
            principal: Whose.
            region: Where.
            work: What is done in the place of what a request of anybody would do, where only the inside can: with an
                operation's rights, in its unit of work, and under its name in the trail. None: the operation itself.
        """
        ...


class DeferredOperations:
    """Operations of a server whose wire is put on later: services are there before what calls them."""

    def __init__(self) -> None:
        self._operations: Operations | None = None

    def bind(self, operations: Operations) -> None:
        """Say what performs them."""
        self._operations = operations

    def acting_as(self, principal: Principal, region: str, *, work: Work | None = None) -> Perform:
        """Answer what performs operations with a principal's rights."""
        assert self._operations is not None, "nothing is performed before the wire is there"
        return self._operations.acting_as(principal, region, work=work)

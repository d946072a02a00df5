"""What can go wrong with parameters, each in AWS's own words where they are known."""

from __future__ import annotations

from sealgate.errors import Conflict, Denied, Invalid, NotFound


class InvalidParameterRequest(Invalid):
    """A member, or several together, that cannot be."""


class ParameterNotFound(NotFound):
    """There is no such parameter for this caller."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Parameter {name} not found.")


class ParameterVersionNotFound(NotFound):
    """The parameter has no such version, or has it no more."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            f"Systems Manager could not find version {version} of {name}. Verify the version and try again."
        )


class ParameterExists(Conflict):
    """A parameter of this name exists, and nobody has said that it may be overwritten."""

    def __init__(self) -> None:
        super().__init__(
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
        )


class ParameterTypeChanged(Conflict):
    """A parameter of this name and of another type exists."""

    def __init__(self) -> None:
        super().__init__(
            "Parameter Store does not support changing a parameter type in a hierarchy. For example, you can't change "
            "a parameter from a String type to a SecureString type. You must create a new, unique parameter."
        )


class ReservedParameterName(Denied):
    """The name is kept for parameters of AWS's own."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No access to reserved parameter name: {name}.")


class UnknownFilter(Invalid):
    """A filter that this list does not know."""


class InvalidParameterToken(Invalid):
    """A token that no answer to this very question has given out."""

    def __init__(self) -> None:
        super().__init__("The specified token is not valid.")

"""What can go wrong with logs, each in AWS's own words where they are known."""

from __future__ import annotations

from sealgate.errors import Conflict, Invalid, NotFound


class InvalidLogParameter(Invalid):
    """A parameter, or several together, that cannot be."""


class GroupNotFound(NotFound):
    """There is no such log group for this caller."""

    def __init__(self) -> None:
        super().__init__("The specified log group does not exist.")


class GroupExists(Conflict):
    """A log group of this name exists."""

    def __init__(self) -> None:
        super().__init__("The specified log group already exists")


class StreamNotFound(NotFound):
    """There is no such stream in the group."""

    def __init__(self) -> None:
        super().__init__("The specified log stream does not exist.")


class StreamExists(Conflict):
    """The group has a stream of this name."""

    def __init__(self) -> None:
        super().__init__("The specified log stream already exists")


class InvalidLogToken(InvalidLogParameter):
    """A token that no answer to this very question has given out."""

    def __init__(self) -> None:
        super().__init__("The specified nextToken is invalid.")

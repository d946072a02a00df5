"""What can go wrong with layers, each in AWS's own words: texts are those of recorded answers where one is known."""

from __future__ import annotations

from sealgate.errors import Conflict, NotFound, PreconditionFailed, TooLarge
from sealgate.services.functions.errors import InvalidParameter


class LayerVersionNotFound(NotFound):
    """There is no such layer version for this caller."""

    def __init__(self) -> None:
        super().__init__("The resource you requested does not exist.")


class NoVersionToShare(NotFound):
    """There is no such layer version whose permissions could be read or changed."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Layer version {arn} does not exist.")


class VersionBelowOne(InvalidParameter):
    """Versions are counted from 1."""

    def __init__(self) -> None:
        super().__init__("Layer Version Cannot be less than 1")


class LayerInOtherRegion(NotFound):
    """The ARN names a region that is not the called one."""

    def __init__(self, *, named: str, called: str) -> None:
        super().__init__(f"Layers from '{named}' are not reachable in this region ('{called}')")


class NoLayerPolicy(NotFound):
    """The layer version has no permissions."""

    def __init__(self) -> None:
        super().__init__("No policy is associated with the given resource.")


class StatementNotFound(NotFound):
    """The layer version's permissions have no such statement."""

    def __init__(self, statement_id: str) -> None:
        super().__init__(f"Statement {statement_id} is not found in resource policy.")


class StatementExists(Conflict):
    """The layer version's permissions have a statement with this id."""

    def __init__(self, statement_id: str) -> None:
        super().__init__(
            f"The statement id ({statement_id}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )


class LayerRevisionMismatch(PreconditionFailed):
    """The permissions are not in the revision that the caller named."""

    def __init__(self) -> None:
        super().__init__(
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetLayerPolicy API to retrieve the latest Revision Id"
        )


class LayerPolicyTooLong(TooLarge):
    """The permissions on a layer version would be longer than they may be."""

    def __init__(self, *, size: int, limit: int) -> None:
        super().__init__(f"The final policy size ({size}) is bigger than the limit ({limit}).")


class LayerToAttachNotFound(InvalidParameter):
    """A function shall get a layer version that does not exist."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Layer version {arn} does not exist.")


class TooManyLayers(InvalidParameter):
    """A function shall get more layers than it may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"Cannot reference more than {limit} layers.")


class TwoVersionsOfOneLayer(InvalidParameter):
    """A function shall get one layer twice."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(
            "Two different versions of the same layer are not allowed to be referenced in the same function. "
            f"{first} and {second} are versions of the same layer."
        )


class LayersInOtherRegion(InvalidParameter):
    """A function shall get a layer of another region."""

    def __init__(self, region: str) -> None:
        super().__init__(
            f"Layers are not in the same region as the function. Layers are expected to be in region {region}."
        )

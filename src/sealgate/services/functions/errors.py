"""What can go wrong with functions and code signing configs, each in AWS's own words.

Texts are those of recorded AWS answers where one is known; one that is not is said so.
"""

from __future__ import annotations

from collections.abc import Sequence

from sealgate.errors import Conflict, Denied, Invalid, NotFound, PreconditionFailed, TooLarge
from sealgate.services.scope import Scope


class InvalidParameter(Invalid):
    """A parameter, or several together, that no state of the function would make acceptable."""


class FunctionNotFound(NotFound):
    """There is no such function, or no such version of it, for this caller."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Function not found: {arn}")


class OtherRegion(NotFound):
    """The ARN names a region that is not the called one."""

    def __init__(self, *, named: str, called: str) -> None:
        super().__init__(f"Functions from '{named}' are not reachable in this region ('{called}')")


class OtherAccount(Denied):
    """The ARN names an account that is not the caller's."""

    def __init__(self, scope: Scope, arn: str) -> None:
        super().__init__(f"User: {scope.caller_arn} is not authorized to use the resource: {arn}")


class FunctionExists(Conflict):
    """A function of this name exists."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Function already exist: {name}")


class VersionInUse(Conflict):
    """Aliases point to the version that shall be deleted."""

    def __init__(self, aliases: Sequence[str]) -> None:
        names = ", ".join(aliases)
        super().__init__(f"Unable to delete version because the following aliases reference it: [{names}]")


class AliasExists(Conflict):
    """The function has an alias of this name."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Alias already exists: {arn}")


class AliasNotFound(NotFound):
    """The function has no alias of this name."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Cannot find alias arn: {arn}")


class NoPolicy(NotFound):
    """Function, version or alias have no policy."""


class StatementExists(Conflict):
    """The policy has a statement of this id."""

    def __init__(self, statement_id: str) -> None:
        super().__init__(
            f"The statement id ({statement_id}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )


class StatementNotFound(NotFound):
    """The policy has no statement of this id."""

    def __init__(self, statement_id: str) -> None:
        super().__init__(f"Statement {statement_id} is not found in resource policy.")


class PolicyTooLong(TooLarge):
    """The policy would be longer than one may be."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"The final policy size ({size}) is bigger than the limit ({limit}).")


class NoProvisionedConcurrency(NotFound):
    """Nothing keeps processes of a version ready: provisioned concurrency does not exist here."""

    def __init__(self) -> None:
        super().__init__("No Provisioned Concurrency Config found for this function")


class UpdateInProgress(Conflict):
    """The function was changed by another call while this one was under way."""

    def __init__(self, arn: str) -> None:
        super().__init__(
            f"The operation cannot be performed at this time. An update is in progress for resource: {arn}"
        )


class RevisionMismatch(PreconditionFailed):
    """The function is not in the revision that the caller named."""

    def __init__(self) -> None:
        super().__init__(
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
        )


class ConfigNotFound(NotFound):
    """There is no such code signing config for this caller."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"The Lambda code signing configuration {arn} can not be found.")


class ConfigToAttachNotFound(NotFound):
    """The code signing config that a function should get does not exist for this caller."""

    def __init__(self, arn: str) -> None:
        super().__init__(
            "The code signing configuration cannot be found. "
            f"Check that the provided configuration is not deleted: {arn}."
        )


class ConfigInUse(Conflict):
    """A function still has the code signing config."""

    def __init__(self) -> None:
        super().__init__(
            "Lambda cannot delete the code signing configuration at this time — another operation is in progress. "
            "Try again later."
        )


class PackageUnreadable(InvalidParameter):
    """The package is no archive that can be unpacked; the reason follows AWS's sentence, which gives none."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Could not unzip uploaded file. Please check your file, then try to upload again. Reason: {why}"
        )


class UploadTooLarge(TooLarge):
    """A package sent in the request itself is larger than such packages may be."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"Zipped size must be smaller than {limit} bytes")


class UnzippedTooLarge(InvalidParameter):
    """The package's contents are larger than a function's code may be."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"Unzipped size must be smaller than {limit} bytes")


class SourceNotReadable(InvalidParameter):
    """The stored object that should become the function's code cannot be read; `code` and `text` are the store's."""

    def __init__(self, *, code: str, text: str) -> None:
        super().__init__(f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {text}")
        self.code = code


class CodeVerificationFailed(Denied):
    """The code signing config does not let this package in."""


class PublisherNotAccepted(CodeVerificationFailed):
    """Unsigned, by a publisher that is not allowed, expired or revoked, and the policy is to enforce."""

    def __init__(self, subject: str) -> None:
        super().__init__(
            "Lambda cannot deploy the function. The function or layer might be signed using a signature that the "
            f"client is not configured to accept. Check the provided signature for {subject}."
        )


class NotProperlySigned(CodeVerificationFailed):
    """The signature is not one of these bytes, whatever the policy."""

    def __init__(self, subject: str) -> None:
        super().__init__(
            "Lambda cannot deploy the function. The function or layer code is not properly signed. This can mean that "
            "the code was signed incorrectly or modified after it was signed. "
            f"Check the provided signature for {subject}."
        )

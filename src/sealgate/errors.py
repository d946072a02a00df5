"""The one error family of the inside.

Every rule that can say no raises one of these. What they look like on a wire (status, code, body) is decided in one
table at the edge, `sealgate.aws.errors`; what a command's exit status is, in `sealgate.cli`. An exception that is not
of this family is a defect.

Families are by what the caller can do about it. Modules derive their own kinds where the edge must tell them apart,
for example `class BucketNotFound(NotFound)`.
"""


class SealgateError(Exception):
    """What is wrong, said to a human in one sentence that names the thing and the rule.

    Attributes:
        message: The sentence.
        reason: A stable word for programs (`ProfileNotFound`); the class's name unless the raiser is more precise.
    """

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or type(self).__name__


class Invalid(SealgateError):
    """The request says something that no state of the system would make acceptable."""


class NotFound(SealgateError):
    """The thing named does not exist for this caller."""


class Conflict(SealgateError):
    """The request is sound, but the present state of the thing forbids it."""


class PreconditionFailed(SealgateError):
    """The caller's own condition (a revision, an entity tag) does not hold."""


class Denied(SealgateError):
    """The caller is known, and may not do this."""


class Unauthenticated(SealgateError):
    """The caller could not be identified, or the request is not the one that was signed."""


class TooLarge(SealgateError):
    """A stated limit of size or count is exceeded."""


class Unsupported(SealgateError):
    """A member or operation that exists on AWS and not here; refused by name, never ignored."""


class PackageError(Invalid):
    """The bytes are not a plain and unambiguous ZIP archive.

    Attributes:
        rule: The broken rule, in words that a packager can act on.
        entry: The name of the entry at fault (lossily decoded), or None when it is the archive as a whole.
    """

    def __init__(self, rule: str, *, entry: str | None = None, reason: str | None = None) -> None:
        super().__init__(f"entry {entry!r}: {rule}" if entry is not None else rule, reason=reason)
        self.rule = rule
        self.entry = entry


class IntegrityError(SealgateError):
    """These bytes are not what the signature they carry was made for, or the signature is no such thing.

    Always blocks, whatever the policy. `reason` names the check that failed.
    """

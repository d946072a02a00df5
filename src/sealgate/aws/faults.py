"""What can be wrong with a request before any handler sees it. How each looks on a wire: `sealgate.aws.errors`."""

from __future__ import annotations

from sealgate.errors import Denied, Invalid, NotFound, TooLarge, Unauthenticated, Unsupported


class NoSuchOperation(NotFound):
    """No operation has this method and path."""

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"Unable to determine service/operation name to be authorized: {method} {path}")


class NotImplementedHere(Unsupported):
    """The operation exists on AWS and is not served here."""

    def __init__(self, operation: str) -> None:
        super().__init__(f"{operation} is not implemented by this server.")


class UnsupportedMember(Unsupported):
    """The request carries something that this server would not honour, so it honours none of it."""

    def __init__(self, member: str, operation: str) -> None:
        super().__init__(f"{member} is not supported by this server for {operation}.")


class NoSuchAction(NoSuchOperation):
    """No operation of the query protocol has this name and version."""

    def __init__(self, action: str, version: str) -> None:
        NotFound.__init__(self, f"Could not find operation {action} for version {version}")


class Malformed(Invalid):
    """The body is no document of the protocol's kind, or a value of the request is not of its type."""


class MalformedUri(Malformed):
    """Path or query cannot be read."""


class MalformedDocument(Malformed):
    """An XML document is none, or is of another shape than the operation's."""


class MissingDocument(Malformed):
    """The operation needs an XML document, and there is no body."""

    def __init__(self) -> None:
        super().__init__("Request body is empty")


class ConstraintViolation(Invalid):
    """Members that break the model's constraints, all of them in one sentence."""

    def __init__(self, violations: list[str]) -> None:
        count = len(violations)
        super().__init__(f"{count} validation error{'s' if count > 1 else ''} detected: " + "; ".join(violations))


class MissingMembers(ConstraintViolation):
    """Members that the model requires are missing, and nothing else is wrong."""


class DocumentViolation(ConstraintViolation):
    """Members of an XML document that break the model's constraints."""


class RequestTooLarge(TooLarge):
    """The request is larger than the operation takes."""

    def __init__(self, limit: int, operation: str) -> None:
        super().__init__(f"Request must be smaller than {limit} bytes for the {operation} operation")


class MissingLength(Invalid):
    """An upload does not say how long it is."""

    def __init__(self) -> None:
        super().__init__("You must provide the Content-Length HTTP header.")


class IncompleteBody(Invalid):
    """The body ended before, or went on after, the length that was announced."""

    def __init__(self) -> None:
        super().__init__("The request body terminated unexpectedly")


class BadDigest(Invalid):
    """A Content-MD5 or a checksum is not that of the body."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The {name} you specified did not match the calculated checksum.")


class InvalidDigest(Invalid):
    """A Content-MD5 or checksum is no such value at all."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The {name} you specified is not valid.")


class InvalidRequest(Invalid):
    """Parts of the request contradict each other."""


class MalformedTrailer(Invalid):
    """What follows a chunked body is not what was announced."""

    def __init__(self) -> None:
        super().__init__(
            "The request contained trailing data that was not well-formed or did not conform to our published schema."
        )


class MissingAuthentication(Unauthenticated):
    """The request is not signed."""

    def __init__(self) -> None:
        super().__init__("Missing Authentication Token")


class UnknownAccessKey(Unauthenticated):
    """The signature names no access key of this server."""

    def __init__(self) -> None:
        super().__init__("The security token included in the request is invalid.")


class UnknownSessionToken(Unauthenticated):
    """The session token is not that of the access key, or a long-term key came with one."""

    def __init__(self) -> None:
        super().__init__("The security token included in the request is invalid.")


class SessionExpired(Unauthenticated):
    """The session that signed has ended."""

    def __init__(self) -> None:
        super().__init__("The security token included in the request is expired")


class MalformedSignature(Unauthenticated):
    """The Authorization header lacks a part or has one of no known form."""


class UnsupportedSignature(MalformedSignature):
    """Signed in a way that is not accepted here, or not for this."""

    def __init__(self) -> None:
        super().__init__("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")


class MalformedPresignature(Unauthenticated):
    """The X-Amz query parameters of a presigned link lack one or have one of no known form."""


class MalformedLink(Denied):
    """A link of signature version 2 lacks a parameter, or has one that is not taken."""


class WrongScope(Unauthenticated):
    """The credential scope is not one of this server's."""


class SignatureMismatch(Unauthenticated):
    """The request is not the one that was signed, or the secret was another."""

    def __init__(self) -> None:
        super().__init__(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )


class SignatureExpired(Unauthenticated):
    """The signing time is too far from the server's."""


class LinkExpired(Denied):
    """A presigned link is used after its lifetime."""

    def __init__(self) -> None:
        super().__init__("Request has expired")


class HeadersNotSigned(Denied):
    """A header that decides what the request means is not covered by the signature."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"There were headers present in the request which were not signed: {', '.join(names)}")


class PayloadMismatch(Invalid):
    """The body is not the one whose SHA-256 was signed."""

    def __init__(self) -> None:
        super().__init__("The provided 'x-amz-content-sha256' header does not match what was computed.")

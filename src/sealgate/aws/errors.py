"""THE error table: what each kind of the inside is on each service's wire.

One mapping per service, from kind to `Row`. A kind is looked up along its bases, the nearest first, so a row for a
family serves all kinds that have none of their own. `OVERRIDES` holds the operations that differ from their service.
What is in no table is a defect: status 500, no detail, a traceback in the log.

Texts and codes: AWS's Common Errors of each service, the S3 error list, and recorded answers of AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sealgate import errors
from sealgate.aws import faults
from sealgate.aws.error_details import details_of
from sealgate.aws.error_headers import headers_of
from sealgate.policy.malformed import MalformedPolicy
from sealgate.runtime import errors as runtime_errors
from sealgate.services.audit import errors as audit_errors
from sealgate.services.functions import errors as function_errors
from sealgate.services.iam import errors as iam_errors
from sealgate.services.identity.assumption import PackedPolicyTooLarge
from sealgate.services.invocations import errors as invocation_errors
from sealgate.services.layers import errors as layer_errors
from sealgate.services.metrics import errors as metric_errors
from sealgate.services.objects import errors as object_errors
from sealgate.services.parameters import errors as parameter_errors
from sealgate.services.signing.permissions import PolicyTooLarge
from sealgate.services.stacks import errors as stack_errors

CLIENT_ERRORS = range(400, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How a kind is answered.

    Attributes:
        code: The error's name on the wire; None: the error's own `reason`.
        status: The HTTP status.
        text: Said instead of the error's own message.
        query: Its name in the query protocol, of a service that speaks other ones too.
        is_typed: Whether Lambda's body has its `Type` member.
    """

    code: str | None
    status: int
    text: str | None = None
    query: str = ""
    is_typed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WireError:
    """An error as it goes out.

    Attributes:
        code: Its name on the wire.
        status: The HTTP status.
        message: For humans.
        query_code: Its name in the query protocol, where that is another.
        reason: Signer's finer `code` member.
        resource: The path that was asked for, as S3 repeats it.
        details: What S3 says besides, by element.
        headers: Sent besides the protocol's own.
        is_typed: Whether Lambda's body has its `Type` member.
    """

    code: str
    status: int
    message: str
    query_code: str = ""
    reason: str = ""
    resource: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    is_typed: bool = True

    @property
    def is_client_fault(self) -> bool:
        """Whether the caller is at fault, and not the server."""
        return self.status in CLIENT_ERRORS


Table = Mapping[type[errors.SealgateError], Row]

_COMMON_JSON: Table = {
    faults.MissingAuthentication: Row(code="MissingAuthenticationTokenException", status=403),
    faults.UnknownAccessKey: Row(code="UnrecognizedClientException", status=403),
    faults.UnknownSessionToken: Row(code="UnrecognizedClientException", status=403),
    faults.SessionExpired: Row(code="ExpiredTokenException", status=403),
    faults.MalformedSignature: Row(code="IncompleteSignatureException", status=403),
    faults.MalformedPresignature: Row(code="IncompleteSignatureException", status=403),
    faults.WrongScope: Row(code="InvalidSignatureException", status=403),
    faults.SignatureMismatch: Row(code="InvalidSignatureException", status=403),
    faults.SignatureExpired: Row(code="InvalidSignatureException", status=403),
    faults.LinkExpired: Row(code="InvalidSignatureException", status=403),
    faults.HeadersNotSigned: Row(code="InvalidSignatureException", status=403),
    faults.PayloadMismatch: Row(code="InvalidSignatureException", status=403),
    faults.NoSuchOperation: Row(code="UnknownOperationException", status=404),
    faults.NotImplementedHere: Row(code="NotImplementedException", status=501),
    faults.Malformed: Row(code="SerializationException", status=400),
    faults.ConstraintViolation: Row(code="ValidationException", status=400),
    faults.RequestTooLarge: Row(code="RequestEntityTooLargeException", status=413),
    errors.Denied: Row(code="AccessDeniedException", status=403),
}

SIGNER: Table = {
    **_COMMON_JSON,
    errors.Invalid: Row(code="ValidationException", status=400),
    errors.Unsupported: Row(code="ValidationException", status=400),
    errors.TooLarge: Row(code="ValidationException", status=400),
    errors.NotFound: Row(code="ResourceNotFoundException", status=404),
    # ConflictException is for revisions only (AWS Signer, AddProfilePermission); a taken name is a ValidationException.
    errors.Conflict: Row(code="ValidationException", status=400),
    errors.PreconditionFailed: Row(code="ConflictException", status=409),
    PolicyTooLarge: Row(code="ServiceLimitExceededException", status=402),
}

LAMBDA: Table = {
    **_COMMON_JSON,
    errors.Invalid: Row(code="InvalidParameterValueException", status=400),
    errors.Unsupported: Row(code="InvalidParameterValueException", status=400),
    errors.TooLarge: Row(code="RequestEntityTooLargeException", status=413),
    errors.NotFound: Row(code="ResourceNotFoundException", status=404),
    errors.Conflict: Row(code="ResourceConflictException", status=409),
    errors.PreconditionFailed: Row(code="PreconditionFailedException", status=412),
    function_errors.ConfigNotFound: Row(code="ResourceNotFoundException", status=404, is_typed=False),
    function_errors.ConfigToAttachNotFound: Row(code="CodeSigningConfigNotFoundException", status=404),
    # Broken integrity too: InvalidCodeSignatureException stands in the model, and AWS has never been seen to answer it.
    function_errors.CodeVerificationFailed: Row(code="CodeVerificationFailedException", status=400),
    invocation_errors.UnreadablePayload: Row(code="InvalidRequestContentException", status=400),
    invocation_errors.PayloadTooLarge: Row(code="RequestTooLargeException", status=413),
    invocation_errors.Throttled: Row(code="TooManyRequestsException", status=429),
    runtime_errors.SandboxUnavailable: Row(code="ServiceException", status=500),
    runtime_errors.StartFailed: Row(code="ServiceException", status=500),
    layer_errors.LayerPolicyTooLong: Row(code="PolicyLengthExceededException", status=400),
    function_errors.NoProvisionedConcurrency: Row(code="ProvisionedConcurrencyConfigNotFoundException", status=404),
    function_errors.PolicyTooLong: Row(code="PolicyLengthExceededException", status=400),
}

S3: Table = {
    faults.MissingAuthentication: Row(code="AccessDenied", status=403, text="Access Denied"),
    faults.UnknownAccessKey: Row(
        code="InvalidAccessKeyId",
        status=403,
        text="The AWS Access Key Id you provided does not exist in our records.",
    ),
    faults.UnknownSessionToken: Row(
        code="InvalidToken", status=400, text="The provided token is malformed or otherwise invalid."
    ),
    faults.SessionExpired: Row(code="ExpiredToken", status=400, text="The provided token has expired."),
    faults.MalformedSignature: Row(code="AuthorizationHeaderMalformed", status=400),
    faults.UnsupportedSignature: Row(code="InvalidRequest", status=400),
    faults.MalformedPresignature: Row(code="AuthorizationQueryParametersError", status=400),
    faults.WrongScope: Row(code="AuthorizationHeaderMalformed", status=400),
    faults.SignatureMismatch: Row(
        code="SignatureDoesNotMatch",
        status=403,
        text="The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
    faults.SignatureExpired: Row(
        code="RequestTimeTooSkewed",
        status=403,
        text="The difference between the request time and the current time is too large.",
    ),
    faults.PayloadMismatch: Row(code="XAmzContentSHA256Mismatch", status=400),
    faults.NoSuchOperation: Row(
        code="MethodNotAllowed", status=405, text="The specified method is not allowed against this resource."
    ),
    faults.Malformed: Row(code="InvalidArgument", status=400),
    faults.MalformedUri: Row(code="InvalidURI", status=400, text="Couldn't parse the specified URI."),
    faults.MalformedDocument: Row(code="MalformedXML", status=400),
    faults.MissingDocument: Row(code="MissingRequestBodyError", status=400),
    faults.DocumentViolation: Row(code="MalformedXML", status=400),
    faults.ConstraintViolation: Row(code="InvalidArgument", status=400),
    faults.RequestTooLarge: Row(code="MaxMessageLengthExceeded", status=400, text="Your request was too big."),
    faults.MissingLength: Row(code="MissingContentLength", status=411),
    faults.IncompleteBody: Row(
        code="IncompleteBody",
        status=400,
        text="You did not provide the number of bytes specified by the Content-Length HTTP header",
    ),
    faults.BadDigest: Row(code="BadDigest", status=400),
    faults.InvalidDigest: Row(code="InvalidDigest", status=400),
    faults.InvalidRequest: Row(code="InvalidRequest", status=400),
    faults.MalformedTrailer: Row(code="MalformedTrailerError", status=400),
    errors.Denied: Row(code="AccessDenied", status=403),
    errors.Unsupported: Row(code="NotImplemented", status=501),
    errors.Invalid: Row(code="InvalidArgument", status=400),
    errors.TooLarge: Row(code="EntityTooLarge", status=400),
    errors.NotFound: Row(code=None, status=404),
    errors.Conflict: Row(code=None, status=409),
    errors.PreconditionFailed: Row(
        code="PreconditionFailed",
        status=412,
        text="At least one of the pre-conditions you specified did not hold",
    ),
    object_errors.BucketOwned: Row(code="BucketAlreadyOwnedByYou", status=409),
    object_errors.BucketTaken: Row(code="BucketAlreadyExists", status=409),
    object_errors.ContentMismatch: Row(code="BadDigest", status=400),
    object_errors.IncompatibleLocation: Row(code="IllegalLocationConstraintException", status=400),
    object_errors.InvalidBucketName: Row(code="InvalidBucketName", status=400),
    object_errors.InvalidLocation: Row(code="InvalidLocationConstraint", status=400),
    object_errors.InvalidPart: Row(code="InvalidPart", status=400),
    object_errors.InvalidPartNumber: Row(code="InvalidPartNumber", status=416),
    object_errors.InvalidPartOrder: Row(code="InvalidPartOrder", status=400),
    object_errors.InvalidRequest: Row(code="InvalidRequest", status=400),
    object_errors.InvalidTag: Row(code="InvalidTag", status=400),
    object_errors.IsDeleteMarker: Row(code="MethodNotAllowed", status=405),
    object_errors.KeyTooLong: Row(code="KeyTooLongError", status=400),
    object_errors.MalformedRequest: Row(code="MalformedXML", status=400),
    object_errors.MetadataTooLarge: Row(code="MetadataTooLarge", status=400),
    object_errors.NotBucketOwner: Row(code="MethodNotAllowed", status=405),
    object_errors.NotModified: Row(code="NotModified", status=304),
    object_errors.PartTooSmall: Row(code="EntityTooSmall", status=400),
    object_errors.RangeNotSatisfiable: Row(code="InvalidRange", status=416),
    object_errors.TooManyTags: Row(code="BadRequest", status=400),
    object_errors.WrongRegion: Row(code="AuthorizationHeaderMalformed", status=400),
    MalformedPolicy: Row(code="MalformedPolicy", status=400),
}

_COMMON_QUERY: Table = {
    faults.MissingAuthentication: Row(
        code="MissingAuthenticationToken", status=403, text="Request is missing Authentication Token"
    ),
    faults.UnknownAccessKey: Row(code="InvalidClientTokenId", status=403),
    faults.UnknownSessionToken: Row(code="InvalidClientTokenId", status=403),
    faults.SessionExpired: Row(code="ExpiredToken", status=403),
    faults.MalformedSignature: Row(code="IncompleteSignature", status=400),
    faults.MalformedPresignature: Row(code="IncompleteSignature", status=400),
    faults.WrongScope: Row(code="SignatureDoesNotMatch", status=403),
    faults.SignatureMismatch: Row(code="SignatureDoesNotMatch", status=403),
    faults.SignatureExpired: Row(code="SignatureDoesNotMatch", status=403),
    faults.LinkExpired: Row(code="SignatureDoesNotMatch", status=403),
    faults.HeadersNotSigned: Row(code="SignatureDoesNotMatch", status=403),
    faults.PayloadMismatch: Row(code="SignatureDoesNotMatch", status=403),
    faults.NoSuchOperation: Row(code="InvalidAction", status=400),
    faults.NotImplementedHere: Row(code="NotImplemented", status=501),
    faults.Malformed: Row(code="MalformedQueryString", status=400),
    faults.RequestTooLarge: Row(code="RequestEntityTooLarge", status=413),
    errors.Denied: Row(code="AccessDenied", status=403),
    errors.Unsupported: Row(code="ValidationError", status=400),
    errors.Invalid: Row(code="ValidationError", status=400),
    errors.NotFound: Row(code=None, status=404),
    errors.Conflict: Row(code=None, status=409),
    errors.TooLarge: Row(code="ValidationError", status=400),
    errors.PreconditionFailed: Row(code="ValidationError", status=400),
    MalformedPolicy: Row(code="MalformedPolicyDocument", status=400),
}

STS: Table = {
    **_COMMON_QUERY,
    # Of AssumeRole's managed session policies.
    iam_errors.NoSuchEntity: Row(code="ValidationError", status=400),
    iam_errors.QuotaExceeded: Row(code="ValidationError", status=400),
    PackedPolicyTooLarge: Row(code="PackedPolicyTooLarge", status=400),
}

IAM: Table = {
    **_COMMON_QUERY,
    iam_errors.NoSuchEntity: Row(code="NoSuchEntity", status=404),
    iam_errors.EntityExists: Row(code="EntityAlreadyExists", status=409),
    iam_errors.DeleteConflict: Row(code="DeleteConflict", status=409),
    iam_errors.QuotaExceeded: Row(code="LimitExceeded", status=409),
    iam_errors.InvalidInput: Row(code="InvalidInput", status=400),
    iam_errors.PolicyEvaluation: Row(code="PolicyEvaluation", status=500),
}

CLOUDTRAIL: Table = {
    **_COMMON_JSON,
    errors.Invalid: Row(code="ValidationException", status=400),
    errors.Unsupported: Row(code="UnsupportedOperationException", status=400),
    audit_errors.InvalidLookupAttributes: Row(code="InvalidLookupAttributesException", status=400),
    audit_errors.InvalidTimeRange: Row(code="InvalidTimeRangeException", status=400),
    audit_errors.InvalidNextToken: Row(code="InvalidNextTokenException", status=400),
}

LOGS: Table = {
    **_COMMON_JSON,
    faults.ConstraintViolation: Row(code="InvalidParameterException", status=400),
    errors.Invalid: Row(code="InvalidParameterException", status=400),
    errors.Unsupported: Row(code="InvalidParameterException", status=400),
    errors.NotFound: Row(code="ResourceNotFoundException", status=400),
    errors.Conflict: Row(code="ResourceAlreadyExistsException", status=400),
}

CLOUDWATCH: Table = {
    **{
        kind: replace(row, query=_COMMON_QUERY[kind].code or "")
        for kind, row in _COMMON_JSON.items()
        if kind in _COMMON_QUERY
    },
    faults.ConstraintViolation: Row(code="ValidationException", query="ValidationError", status=400),
    faults.MissingMembers: Row(code="MissingRequiredParameterException", query="MissingParameter", status=400),
    errors.Invalid: Row(code="InvalidParameterValueException", query="InvalidParameterValue", status=400),
    errors.Unsupported: Row(code="InvalidParameterValueException", query="InvalidParameterValue", status=400),
    metric_errors.InvalidMetricCombination: Row(
        code="InvalidParameterCombinationException", query="InvalidParameterCombination", status=400
    ),
}

SSM: Table = {
    **_COMMON_JSON,
    errors.Denied: Row(code="AccessDeniedException", status=400),
    errors.Invalid: Row(code="ValidationException", status=400),
    errors.Unsupported: Row(code="ValidationException", status=400),
    parameter_errors.ParameterNotFound: Row(code="ParameterNotFound", status=400),
    parameter_errors.ParameterVersionNotFound: Row(code="ParameterVersionNotFound", status=400),
    parameter_errors.ParameterExists: Row(code="ParameterAlreadyExists", status=400),
    parameter_errors.ParameterTypeChanged: Row(code="HierarchyTypeMismatchException", status=400),
    parameter_errors.UnknownFilter: Row(code="InvalidFilterKey", status=400),
    parameter_errors.InvalidParameterToken: Row(code="InvalidNextToken", status=400),
}

CLOUDFORMATION: Table = {
    **_COMMON_QUERY,
    errors.NotFound: Row(code="ValidationError", status=400),
    errors.Conflict: Row(code="ValidationError", status=400),
    stack_errors.StackExists: Row(code="AlreadyExistsException", status=400),
    stack_errors.ChangeSetExists: Row(code="AlreadyExistsException", status=400),
    stack_errors.ChangeSetNotFound: Row(code="ChangeSetNotFound", status=404),
    stack_errors.WrongChangeSetStatus: Row(code="InvalidChangeSetStatus", status=400),
    stack_errors.InsufficientCapabilities: Row(code="InsufficientCapabilitiesException", status=400),
}

CLOUDCONTROL: Table = {
    **_COMMON_JSON,
    errors.Denied: Row(code="AccessDeniedException", status=400),
    errors.NotFound: Row(code="ResourceNotFoundException", status=400),
    errors.Invalid: Row(code="ValidationException", status=400),
    errors.Unsupported: Row(code="UnsupportedActionException", status=400),
}

_SSM_TAGGING: Table = {parameter_errors.ParameterNotFound: Row(code="InvalidResourceId", status=400)}

TABLES: Mapping[str, Table] = {
    "signer": SIGNER,
    "lambda": LAMBDA,
    "s3": S3,
    "sts": STS,
    "iam": IAM,
    "cloudtrail": CLOUDTRAIL,
    "cloudwatch": CLOUDWATCH,
    "logs": LOGS,
    "ssm": SSM,
    "cloudformation": CLOUDFORMATION,
    "cloudcontrol": CLOUDCONTROL,
}

_TAGGING: Table = {
    # The tag operations of Signer know neither ResourceNotFoundException nor ValidationException in their model.
    faults.ConstraintViolation: Row(code="BadRequestException", status=400),
    errors.NotFound: Row(code="NotFoundException", status=404),
    errors.Invalid: Row(code="BadRequestException", status=400),
    errors.Unsupported: Row(code="BadRequestException", status=400),
    errors.Conflict: Row(code="BadRequestException", status=400),
}

OVERRIDES: Mapping[tuple[str, str], Table] = {
    # The document holds nothing else that could be out of bounds, and us-east-1 is no location constraint.
    ("s3", "CreateBucket"): {
        faults.DocumentViolation: Row(
            code="InvalidLocationConstraint", status=400, text="The specified location-constraint is not valid"
        )
    },
    ("cloudwatch", "GetMetricData"): {
        errors.Invalid: Row(code="ValidationException", query="ValidationError", status=400),
        errors.Unsupported: Row(code="ValidationException", query="ValidationError", status=400),
        metric_errors.InvalidMetricToken: Row(code="InvalidNextToken", status=400),
    },
    ("signer", "TagResource"): _TAGGING,
    ("signer", "UntagResource"): _TAGGING,
    ("signer", "ListTagsForResource"): _TAGGING,
    ("ssm", "AddTagsToResource"): _SSM_TAGGING,
    ("ssm", "RemoveTagsFromResource"): _SSM_TAGGING,
    ("ssm", "ListTagsForResource"): _SSM_TAGGING,
}

_INTERNAL: Mapping[str, Row] = {
    "signer": Row(code="InternalServiceErrorException", status=500),
    "lambda": Row(code="ServiceException", status=500),
    "s3": Row(code="InternalError", status=500),
    "sts": Row(code="InternalFailure", status=500),
    "iam": Row(code="ServiceFailure", status=500),
    "cloudtrail": Row(code="InternalFailure", status=500),
    "cloudwatch": Row(code="InternalServiceFault", query="InternalServiceError", status=500),
    "logs": Row(code="ServiceUnavailableException", status=500),
    "ssm": Row(code="InternalServerError", status=500),
    "cloudformation": Row(code="InternalFailure", status=500),
    "cloudcontrol": Row(code="ServiceInternalErrorException", status=500),
}
_INTERNAL_TEXT = "We encountered an internal error. Please try again."


def find_row(service: str, operation: str | None, kind: type[errors.SealgateError]) -> Row | None:
    """Answer the nearest row for a kind: along its bases, the operation's own table before the service's."""
    override = OVERRIDES.get((service, operation or ""), {})
    for base in kind.__mro__:
        row = override.get(base) or TABLES[service].get(base)
        if row is not None:
            return row
    return None


def wire_error(service: str, operation: str | None, error: errors.SealgateError, *, resource: str = "") -> WireError:
    """Say an error in a service's words; one that has no row is an internal error without detail."""
    row = find_row(service, operation, type(error))
    if row is None:
        return internal_error(service, resource=resource)
    return WireError(
        code=row.code or error.reason,
        status=row.status,
        message=row.text or error.message,
        query_code=row.query,
        reason=_sub_code(error, row),
        resource=resource,
        details=details_of(error),
        headers=headers_of(error),
        is_typed=row.is_typed,
    )


def _sub_code(error: errors.SealgateError, row: Row) -> str:
    # Signer repeats the error's name where it has nothing finer to say; a class's name is for the inside only.
    return row.code if row.code and error.reason == type(error).__name__ else error.reason


def internal_error(service: str, *, resource: str = "") -> WireError:
    """Say that the server is at fault, and nothing more."""
    row = _INTERNAL[service]
    return WireError(
        code=row.code or "",
        status=row.status,
        message=_INTERNAL_TEXT,
        query_code=row.query,
        reason="InternalError",
        resource=resource,
    )

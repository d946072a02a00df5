import inspect
from typing import Any

import pytest

from sealgate import errors
from sealgate.aws import faults
from sealgate.aws.errors import OVERRIDES, TABLES, WireError, find_row, internal_error, wire_error
from sealgate.aws.model import load_model
from sealgate.aws.protocols.query import QueryWire
from sealgate.aws.protocols.rest_json import RestJsonWire
from sealgate.aws.protocols.rest_xml import RestXmlWire
from sealgate.aws.protocols.xml_body import PROLOG
from sealgate.services.functions.errors import ConfigNotFound, FunctionNotFound

RESOURCE = "<Resource>/b/&lt;k&gt;</Resource><RequestId>an-id</RequestId>"
STS = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
GENERIC = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "NotImplementedException",
    "RequestEntityTooLargeException",
    "SerializationException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationException",
}
"""Codes that AWS's front answers for every JSON service, which no model lists (Common Errors)."""


@pytest.mark.parametrize("operation", ["TagResource", "UntagResource", "ListTagsForResource"])
@pytest.mark.parametrize(
    "error", [faults.UnsupportedMember("x", "y"), faults.ConstraintViolation(["x"]), errors.Invalid("x")]
)
def test_a_bad_request_about_tags_is_signers_bad_request_exception(operation: str, error: errors.SealgateError) -> None:
    assert wire_error("signer", operation, error).code == "BadRequestException"


@pytest.mark.parametrize("service", ["signer", "lambda"])
def test_every_code_stands_in_the_model_with_its_status_or_is_a_common_one(service: str) -> None:
    shapes = {shape.name: shape.metadata["error"] for shape in load_model(service).error_shapes}
    tables = [TABLES[service], *(table for (name, _), table in OVERRIDES.items() if name == service)]
    for row in (row for table in tables for row in table.values()):
        assert row.code is not None
        if row.code in shapes:
            assert row.status == shapes[row.code]["httpStatusCode"], row.code
        else:
            assert row.code in GENERIC


@pytest.mark.parametrize("service", sorted(TABLES))
def test_everything_that_can_be_wrong_with_a_request_has_a_row_in_every_service(service: str) -> None:
    kinds: list[Any] = [each for _, each in inspect.getmembers(faults, inspect.isclass)]
    kinds = [kind for kind in kinds if kind.__module__ == faults.__name__]
    assert [kind.__name__ for kind in kinds if find_row(service, None, kind) is None] == []


@pytest.mark.parametrize("service", ["signer", "lambda", "s3"])
def test_every_family_that_a_service_may_raise_has_a_row(service: str) -> None:
    families = {kind for kind in errors.SealgateError.__subclasses__() if kind.__module__ == errors.__name__}
    without = {kind for kind in families if find_row(service, None, kind) is None}
    assert without == {errors.IntegrityError, errors.Unauthenticated}


def test_the_nearest_row_along_the_bases_is_taken_and_the_operations_own_before_the_services() -> None:
    class Mine(errors.NotFound):
        pass

    rows = [find_row("signer", operation, Mine) for operation in (None, "TagResource")]
    assert [row and row.code for row in rows] == ["ResourceNotFoundException", "NotFoundException"]
    row = find_row("signer", "TagResource", faults.ConstraintViolation)
    assert row is not None
    assert row.code == "BadRequestException"


def test_an_error_without_a_row_is_an_internal_one_without_detail() -> None:
    error = wire_error("sts", None, errors.IntegrityError("the detail"))
    assert error == internal_error("sts")
    assert "detail" not in error.message
    assert error.status == 500


def body_of(service: str, error: errors.SealgateError, operation: str | None = None) -> str:
    wire: Any = {"s3": RestXmlWire(), "sts": QueryWire(load_model("sts"))}.get(service) or RestJsonWire(
        load_model(service)
    )
    response = wire.encode_error(wire_error(service, operation, error, resource="/b/<k>"), "an-id")
    return f"{response.status} {response.headers.get('x-amzn-ErrorType', '-')} {response.body.decode()}"


@pytest.mark.parametrize(
    ("service", "error", "text"),
    [
        (
            "signer",
            errors.NotFound("no", reason="ProfileNotFound"),
            '404 ResourceNotFoundException {"message":"no","code":"ProfileNotFound"}',
        ),
        ("signer", faults.MissingAuthentication(), '403 MissingAuthenticationTokenException {"message":"Missing Auth'),
        (
            "lambda",
            FunctionNotFound("f"),
            '404 ResourceNotFoundException {"Type":"User","Message":"Function not found: f"}',
        ),
        ("lambda", ConfigNotFound("c"), '404 ResourceNotFoundException {"Message":"The Lambda code signing'),
        ("lambda", errors.Invalid("no"), '400 InvalidParameterValueException {"Type":"User","message":"no"}'),
        ("lambda", faults.ConstraintViolation(["x"]), '400 ValidationException {"message":"1 validation error'),
        (
            "s3",
            errors.NotFound("a < b & c", reason="NoSuchKey"),
            f"404 - {PROLOG}<Error><Code>NoSuchKey</Code><Message>a &lt; b &amp; c</Message>{RESOURCE}<HostId>",
        ),
        (
            "sts",
            errors.Denied("no"),
            f"403 - <ErrorResponse {STS}><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message>",
        ),
    ],
)
def test_an_error_has_the_shape_of_its_service(service: str, error: errors.SealgateError, text: str) -> None:
    assert body_of(service, error).startswith(text)


def test_an_answer_that_has_no_body_by_its_status_gets_none() -> None:
    response = RestXmlWire().encode_error(WireError(code="NotModified", status=304, message=""), "an-id")
    assert response.body == b""
    assert response.encode_headers() == [
        (name.lower().encode(), value.encode()) for name, value in RestXmlWire().identify("an-id").items()
    ]

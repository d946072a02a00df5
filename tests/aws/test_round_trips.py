"""botocore is the oracle: what it writes we read as it was meant, what we write it reads as it was meant."""

from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealgate.aws.api.iam import iam
from sealgate.aws.api.signer import signer
from sealgate.aws.apis import APIS
from sealgate.aws.model import find_payload, find_stream, load_model
from sealgate.aws.operation import Operation
from sealgate.aws.request import Request, parse_query
from sealgate.aws.wire import Bound, Service
from tests.support.shapes import structures

QUICK = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SERVICES = {
    (api.service, protocol): Service(api, strict_aws=False, protocol=protocol)
    for api in APIS
    for protocol in api.model.metadata["protocols"]
}
IAM_SHAPES = {"CreateRole", "GetAccountSummary", "GetRole", "ListEntitiesForPolicy", "ListPolicies", "ListUsers"}
"""Of IAM's many operations, those that between them have all its shapes."""
BOUND = [
    (each, protocol)
    for api in APIS
    for each in api.operations
    for protocol in api.model.metadata["protocols"]
    if each.binding is not None and (api is not iam or each.name in IAM_SHAPES)
]
WITH_OUTPUT = [each for each in BOUND if each[0].model.output_shape is not None and each[0].name != "GetBucketLocation"]


def name_of(value: Operation | str) -> str:
    return value if isinstance(value, str) else f"{value.service}-{value.name}"


def written(model: Any, protocol: str, members: dict[str, Any]) -> tuple[Request, bytes]:
    """The request that botocore makes of some members."""
    serializer = create_serializer(protocol, include_validation=False)
    made = serializer.serialize_to_request(members, model)
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    parts = urlsplit(made["url_path"])
    request = Request(
        method=made["method"],
        raw_path=parts.path,
        query=(*parse_query(parts.query.encode()), *_pairs(made["query_string"])),
        headers={key.lower(): str(value) for key, value in made["headers"].items()},
        scheme="http",
        host="localhost",
        source_ip="",
    )
    return request, body.encode() if isinstance(body, str) else body


def _pairs(query: Any) -> list[tuple[str, str]]:
    items = query.items() if isinstance(query, dict) else query
    return [(key, str(each)) for key, value in items for each in (value if isinstance(value, list) else [value])]


def bound(operation: Operation, protocol: str, request: Request, body: bytes) -> tuple[Bound, Any]:
    service = SERVICES[operation.service, protocol]
    if service.is_query:
        form = dict(parse_query(body))
        return service.get_action(form), {}
    return service.get_route(request)


def has_empty_structure(members: dict[str, Any]) -> bool:
    items = (each for value in members.values() for each in (value if isinstance(value, list) else [value]))
    return any(each == {} or (isinstance(each, dict) and has_empty_structure(each)) for each in items)


@pytest.mark.parametrize(("operation", "protocol"), BOUND, ids=name_of)
@given(data=st.data())
@QUICK
def test_a_request_of_botocore_is_read_as_it_was_meant(
    operation: Operation, protocol: str, data: st.DataObject
) -> None:
    shape = operation.model.input_shape
    stream = find_stream(operation.model)
    members = data.draw(structures(shape, without=frozenset({stream} if stream else ()))) if shape else {}
    if members.get(find_payload(operation.model) or "") == b"":
        return  # an empty body is that of a request without the member
    if operation.service == "s3" and "/" in members.get("Bucket", ""):
        members["Bucket"] = members["Bucket"].replace("/", "-")
    if any(members.get(name) in (".", "..") for name in members):
        return  # botocore would not keep such a path either
    if protocol == "query" and has_empty_structure(members):
        return  # no form can tell that a structure without members is there
    request, body = written(operation.model, protocol, members)
    found, labels = bound(operation, protocol, request, body)
    assert found.operation.name == operation.name
    assert found.codec.parse(request, labels, b"" if stream else body) == members


@pytest.mark.parametrize(("operation", "protocol"), WITH_OUTPUT, ids=name_of)
@given(data=st.data())
@QUICK
def test_an_answer_is_read_by_botocore_as_it_was_meant(
    operation: Operation, protocol: str, data: st.DataObject
) -> None:
    model, service = operation.model, SERVICES[operation.service, protocol]
    payload = model.output_shape.serialization.get("payload")
    body = frozenset({payload}) if model.has_streaming_output else frozenset[str]()
    members = data.draw(structures(model.output_shape, without=body | {"StatusCode"}))
    if payload and payload not in body:
        members.setdefault(payload, "" if model.output_shape.members[payload].type_name == "string" else {})
    found = service._by_name[operation.name]
    assert isinstance(found, Bound)
    response = found.codec.encode(members | dict.fromkeys(body, b"content"), "an-id")
    parser = create_parser(protocol)
    answer = {"body": response.body, "headers": Folded(dict(response.headers)), "status_code": response.status}
    read = parser.parse(answer, model.output_shape)
    added = {name for name in ("ResponseMetadata", *body, "StatusCode") if name in read}
    added |= {"Metadata"} if read.get("Metadata") == {} else set()  # botocore's word for no such headers
    assert {name: value for name, value in read.items() if name not in added} == members


class Folded(dict[str, str]):
    """Headers as botocore's parser gets them: found in whatever case."""

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__({name.lower(): value for name, value in headers.items()})

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def test_both_models_of_the_revocation_status_are_the_same_on_the_wire() -> None:
    model = load_model("signer-data").operation_model("GetRevocationStatus")
    members = {
        "signatureTimestamp": "2026-01-02T03:04:05Z",
        "platformId": "AWSLambda-SHA384-ECDSA",
        "profileVersionArn": "arn:aws:signer:us-east-1:111122223333:/signing-profiles/p/abcdefghij",
        "jobArn": "arn:aws:signer:us-east-1:111122223333:/signing-jobs/1",
        "certificateHashes": ["a" * 96, "b" * 96],
    }
    operation = next(each for each in signer.operations if each.name == "GetRevocationStatus")
    request, body = written(model, "rest-json", members)
    found, labels = bound(operation, "rest-json", request, body)
    parsed = found.codec.parse(request, labels, body)
    assert parsed.pop("signatureTimestamp").isoformat() == "2026-01-02T03:04:05+00:00"
    members.pop("signatureTimestamp")
    assert parsed == members

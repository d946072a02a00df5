import random
import time
from typing import Any

import pytest

from sealgate.aws.faults import ConstraintViolation, DocumentViolation
from sealgate.aws.model import load_model
from sealgate.aws.patterns import MAX_LENGTH, compile_pattern
from sealgate.aws.relaxations import Dialect
from sealgate.aws.validate import compile_validator

SERVICES = ("signer", "lambda", "s3", "sts")
FAILED = "failed to satisfy constraint: Member must"


def said(service: str, operation: str, members: dict[str, Any], *, strict_aws: bool = True) -> str | None:
    """What is said of some members; None when nothing is wrong."""
    model = load_model(service).operation_model(operation)
    try:
        compile_validator(model, Dialect(service, strict_aws=strict_aws))(members)
    except ConstraintViolation as violation:
        return violation.message
    return None


FAILED_MAP = "failed to satisfy constraint: Map value must"
PATTERN = "regular expression pattern:"
AT_MOST, AT_LEAST = "Member must have length less than or equal to", "Member must have length greater than or equal to"
TAG_KEY = f"Member must satisfy {PATTERN} ^(?!aws:)[a-zA-Z+-=._:/]+$"
ONE = "1 validation error detected: "


@pytest.mark.parametrize(
    ("service", "operation", "members", "text"),
    [
        (
            "signer",
            "GetSigningProfile",
            {"profileName": "my-profile"},
            f"{ONE}Value 'my-profile' at 'profileName' {FAILED} satisfy {PATTERN} ^[a-zA-Z0-9_]{{2,}}",
        ),
        (
            "signer",
            "GetSigningProfile",
            {"profileName": "a" * 65},
            f"{ONE}Value '{'a' * 65}' at 'profileName' {FAILED} have length less than or equal to 64",
        ),
        (
            "signer",
            "ListSigningJobs",
            {"maxResults": 26},
            f"{ONE}Value '26' at 'maxResults' {FAILED} have value less than or equal to 25",
        ),
        (
            "signer",
            "ListSigningJobs",
            {"maxResults": 0},
            f"{ONE}Value '0' at 'maxResults' {FAILED} have value greater than or equal to 1",
        ),
        (
            "signer",
            "ListSigningJobs",
            {"status": "Done"},
            f"{ONE}Value 'Done' at 'status' {FAILED} satisfy enum value set: [InProgress, Failed, Succeeded]",
        ),
        (
            "signer",
            "PutSigningProfile",
            {"profileName": "p_1"},
            f"{ONE}Value null at 'platformId' {FAILED} not be null",
        ),
        (
            "signer",
            "UntagResource",
            {"resourceArn": "a" * 20, "tagKeys": ["aws:x"]},
            f"{ONE}Value '[aws:x]' at 'tagKeys' {FAILED} satisfy constraint: [{AT_MOST} 128, {AT_LEAST} 1, {TAG_KEY}]",
        ),
        (
            "signer",
            "TagResource",
            {"resourceArn": "a" * 20, "tags": {"a": "b" * 257}},
            f"{ONE}Value '{{a={'b' * 257}}}' at 'tags' {FAILED_MAP} satisfy constraint: [{AT_MOST} 256]",
        ),
        (
            "lambda",
            "CreateFunction",
            {"FunctionName": "f", "Role": "arn:aws:iam::111122223333:role/r", "Code": {"S3Bucket": "ab"}},
            f"{ONE}Value 'ab' at 'code.s3Bucket' {FAILED} have length greater than or equal to 3",
        ),
        (
            "lambda",
            "UpdateFunctionConfiguration",
            {"FunctionName": "f", "FileSystemConfigs": [{"LocalMountPath": "/mnt/a"}]},
            f"{ONE}Value null at 'fileSystemConfigs.1.member.arn' {FAILED} not be null",
        ),
    ],
)
def test_a_broken_constraint_is_told_in_the_words_of_aws(
    service: str, operation: str, members: dict[str, Any], text: str
) -> None:
    assert said(service, operation, members) == text


def test_all_violations_are_counted() -> None:
    text = said("signer", "PutSigningProfile", {"profileName": "!"})
    assert text is not None
    assert text.startswith("3 validation errors detected: Value '!' at 'profileName'")
    assert text.count("; ") == 2


def test_a_secret_value_is_not_repeated() -> None:
    members = {"FunctionName": "f", "Environment": {"Variables": {"NAME": "secret", "1": "secret"}}}
    assert "secret" not in (said("lambda", "UpdateFunctionConfiguration", members) or "")


def test_a_pattern_must_match_the_whole_text() -> None:
    assert said("signer", "GetSigningProfile", {"profileName": "ab/../x"}) is not None
    assert said("signer", "GetSigningProfile", {"profileName": "ab\n"}) is not None
    assert said("signer", "GetSigningProfile", {"profileName": "a\u0661"}) is not None
    assert said("signer", "GetSigningProfile", {"profileName": "ab"}) is None


def test_a_hyphen_in_a_profile_name_is_a_relaxation() -> None:
    members = {"profileName": "my-signer-profile"}
    assert said("signer", "GetSigningProfile", members, strict_aws=False) is None
    assert said("signer", "GetSigningProfile", {"profileName": "a!"}, strict_aws=False) is not None


def test_a_document_of_s3_is_told_apart_from_its_headers() -> None:
    model = load_model("s3").operation_model("PutBucketVersioning")
    validate = compile_validator(model, Dialect("s3", strict_aws=True))
    with pytest.raises(DocumentViolation):
        validate({"Bucket": "b", "VersioningConfiguration": {"Status": "On"}})
    with pytest.raises(ConstraintViolation) as caught:
        validate({"VersioningConfiguration": {"Status": "On"}})
    assert not isinstance(caught.value, DocumentViolation)


def test_a_recursive_shape_is_checked_at_every_depth() -> None:
    model = load_model("sts").operation_model("AssumeRole")
    validate = compile_validator(model, Dialect("sts", strict_aws=True))
    with pytest.raises(ConstraintViolation, match=r"tags\.2\.member\.value"):
        validate({"RoleArn": "a" * 20, "RoleSessionName": "ab", "Tags": [{"Key": "k", "Value": ""}, {"Key": "k"}]})


@pytest.mark.parametrize(("text", "matches"), [("Größe 1", True), ("名前٣", True), ("a!b", False), ("", True)])
def test_a_unicode_category_stands_for_all_its_characters(text: str, matches: bool) -> None:
    assert compile_pattern(r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)")(text) is matches


def patterns() -> list[tuple[str, str, int]]:
    """Every pattern of every model that is served, with the longest text that it can meet."""
    found = {}
    for service in SERVICES:
        model = load_model(service)
        for name in model.shape_names:
            shape = model.shape_for(name)
            if shape.type_name == "string" and shape.metadata.get("pattern"):
                longest = int(shape.metadata.get("max") or MAX_LENGTH)
                found[f"{service}.{name}"] = (shape.metadata["pattern"], min(longest, MAX_LENGTH))
    return [(name, pattern, longest) for name, (pattern, longest) in sorted(found.items())]


def test_no_pattern_of_a_model_backtracks_without_end_whatever_it_meets() -> None:
    """The worst pattern, CopySource's, is quadratic: a tenth of a second. An exponential one would not end at all."""
    rng = random.Random(7)  # noqa: S311 - texts to try, no secrets
    slow = []
    for name, pattern, longest in patterns():
        matches = compile_pattern(pattern)
        prefixes = ("", "a", "arn:aws:", "arn:aws:lambda:us-east-1:111122223333:", "/", "a.a.", "1")
        for piece in ("a", "-", "a-", ".", ":", "0", "/", "a/", " ", "aws", "arn:aws:"):
            text = (rng.choice(prefixes) + piece * longest)[: longest - 1] + "\n"
            start = time.thread_time()
            matches(text)
            if time.thread_time() - start > 2:
                slow.append((name, piece))
    assert slow == []

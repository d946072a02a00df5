import pytest

from sealgate import arn
from sealgate.errors import Invalid

VERSION = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/my-signer-profile/AbCdEf1234"


def test_a_parsed_arn_says_the_same_text_again() -> None:
    parsed = arn.parse_arn(VERSION)
    assert (parsed.service, parsed.region, parsed.account) == ("signer", "us-east-1", "000000000000")
    assert str(parsed) == VERSION


@pytest.mark.parametrize("text", ["", "arn", "arn:aws:signer", "arn:aws:signer:us-east-1:12:/x", f" {VERSION}"])
def test_what_is_no_arn_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="is not an ARN"):
        arn.parse_arn(text)


def test_each_kind_of_thing_is_named_in_its_regions_partition() -> None:
    assert arn.profile_version_arn("us-east-1", "000000000000", "my-signer-profile", "AbCdEf1234") == VERSION
    assert arn.job_arn("cn-north-1", "000000000000", "j") == "arn:aws-cn:signer:cn-north-1:000000000000:/signing-jobs/j"
    assert arn.function_arn("us-gov-west-1", "000000000000", "f").startswith("arn:aws-us-gov:lambda:")


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        (VERSION.replace("/AbCdEf1234", "/versions/AbCdEf1234"), VERSION),
        (VERSION, VERSION),
        (VERSION.removesuffix("/AbCdEf1234"), VERSION.removesuffix("/AbCdEf1234")),
        (VERSION.replace("/AbCdEf1234", "/versions/short"), VERSION.replace("/AbCdEf1234", "/versions/short")),
        ("nothing", "nothing"),
    ],
)
def test_a_publisher_is_written_in_awss_own_form(given: str, canonical: str) -> None:
    assert arn.canonical_publisher(given) == canonical

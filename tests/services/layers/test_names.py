import pytest

from sealgate.errors import SealgateError
from sealgate.services.layers.errors import LayerInOtherRegion, LayerVersionNotFound, VersionBelowOne
from sealgate.services.layers.names import find_version_name, parse_layer_name, parse_layer_version
from tests.support.functions import SCOPE, a_scope

ARN = "arn:aws:lambda:eu-west-1:111122223333:layer:library"
FOREIGN = ARN.replace("111122223333", "444455556666")


def test_a_bare_name_is_of_the_callers_account_and_region() -> None:
    assert parse_layer_name("library", SCOPE).arn == ARN
    assert parse_layer_name("library", a_scope(region="us-gov-west-1")).arn.startswith("arn:aws-us-gov:lambda:us-gov")


def test_an_arn_names_a_layer_of_whatever_account() -> None:
    assert parse_layer_name(FOREIGN, SCOPE).arn == FOREIGN
    assert parse_layer_version(FOREIGN, 7, SCOPE).arn == f"{FOREIGN}:7"


@pytest.mark.parametrize(
    ("name", "version", "error"),
    [
        (ARN.replace("eu-west-1", "us-east-1"), 1, LayerInOtherRegion),
        (ARN.replace("arn:aws:", "arn:aws-cn:"), 1, LayerVersionNotFound),
        (ARN.replace("layer:", "function:"), 1, LayerVersionNotFound),
        ("library", 0, VersionBelowOne),
        ("library", -1, VersionBelowOne),
        ("library", 2**31, LayerVersionNotFound),
    ],
)
def test_what_names_no_version_here(name: str, version: int, error: type[SealgateError]) -> None:
    with pytest.raises(error):
        parse_layer_version(name, version, SCOPE)


def test_the_arn_of_a_version_is_read_back() -> None:
    found = find_version_name(f"{FOREIGN}:7")
    assert found is not None
    assert (found.arn, found.version) == (f"{FOREIGN}:7", 7)


@pytest.mark.parametrize(
    "arn",
    [
        ARN,
        f"{ARN}:0",
        f"{ARN}:2147483648",
        f"{ARN}:1:1",
        "arn:aws:lambda:::awslayer:AmazonLinux1803",
        "arn:aws:lambda:eu-west-1:111122223333:function:library:1",
        "library:1",
    ],
)
def test_what_is_no_version_s_arn(arn: str) -> None:
    assert find_version_name(arn) is None

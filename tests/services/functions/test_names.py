import pytest

from sealgate.services.functions.errors import FunctionNotFound, InvalidParameter, OtherAccount, OtherRegion
from sealgate.services.functions.names import parse_function_name, parse_latest_name, parse_unqualified_name
from tests.support.functions import ACCOUNT, REGION, SCOPE

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:app"


@pytest.mark.parametrize(
    "text", ["app", "function:app", f"{ACCOUNT}:function:app", f"{REGION}:{ACCOUNT}:function:app", ARN]
)
def test_every_form_names_the_same_function(text: str) -> None:
    assert parse_unqualified_name(text, SCOPE) == "app"
    assert parse_function_name(f"{text}:live", SCOPE).arn(SCOPE) == f"{ARN}:live"


def test_the_name_function_is_no_prefix() -> None:
    assert parse_unqualified_name("function", SCOPE) == "function"


def test_another_region_is_not_reachable() -> None:
    text = rf"^Functions from 'us-east-1' are not reachable in this region \('{REGION}'\)$"
    with pytest.raises(OtherRegion, match=text):
        parse_function_name(ARN.replace(REGION, "us-east-1"), SCOPE)


def test_another_account_is_denied() -> None:
    other = ARN.replace(ACCOUNT, "444455556666")
    with pytest.raises(OtherAccount, match=f"resource: {other}$"):
        parse_function_name(f"{other}:1", SCOPE)


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov", "awsx"])
def test_an_arn_of_another_partition_names_nothing_here(partition: str) -> None:
    other = ARN.replace("arn:aws:", f"arn:{partition}:")
    with pytest.raises(FunctionNotFound, match=f"^Function not found: {other}$"):
        parse_function_name(other, SCOPE)


def test_two_qualifiers_must_agree() -> None:
    assert parse_function_name("app:1", SCOPE, qualifier="1").qualifier == "1"
    with pytest.raises(InvalidParameter, match="The derived qualifier from the function name does not match"):
        parse_function_name("app:1", SCOPE, qualifier="2")


def test_only_the_latest_version_exists() -> None:
    assert parse_latest_name("app", SCOPE, qualifier="$LATEST").qualifier == "$LATEST"
    with pytest.raises(FunctionNotFound, match=f"^Function not found: {ARN}:7$"):
        parse_latest_name("app:7", SCOPE)


@pytest.mark.parametrize("text", ["", "a b", "app:", ":app", "app:1:2", "app\n", f"{ARN}:1:2"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises((InvalidParameter, FunctionNotFound)):
        parse_unqualified_name(text, SCOPE)

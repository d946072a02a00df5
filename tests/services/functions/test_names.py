import pytest

from sealgate.services.functions.errors import FunctionNotFound, InvalidParameter, OtherAccount, OtherRegion
from sealgate.services.functions.names import (
    check_own,
    parse_function_name,
    parse_latest_name,
    parse_unqualified_name,
    parse_version,
)
from tests.support.functions import ACCOUNT, REGION, SCOPE

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:app"
OTHER = ARN.replace(ACCOUNT, "444455556666")


@pytest.mark.parametrize(
    "text", ["app", "function:app", f"{ACCOUNT}:function:app", f"{REGION}:{ACCOUNT}:function:app", ARN]
)
def test_every_form_names_the_same_function(text: str) -> None:
    name = parse_unqualified_name(text, SCOPE)
    assert (name.name, name.arn, name.home(SCOPE)) == ("app", ARN, SCOPE)
    qualified = parse_function_name(f"{text}:live", SCOPE)
    assert (qualified.arn, qualified.unqualified_arn) == (f"{ARN}:live", ARN)


def test_the_name_function_is_no_prefix() -> None:
    assert parse_unqualified_name("function", SCOPE).name == "function"


def test_another_region_is_not_reachable() -> None:
    text = rf"^Functions from 'us-east-1' are not reachable in this region \('{REGION}'\)$"
    with pytest.raises(OtherRegion, match=text):
        parse_function_name(ARN.replace(REGION, "us-east-1"), SCOPE)


def test_another_account_is_named_and_denied_where_the_operation_is_for_its_own_alone() -> None:
    name = parse_function_name(f"{OTHER}:1", SCOPE)
    assert (name.account, name.home(SCOPE).account) == ("444455556666", "444455556666")
    with pytest.raises(OtherAccount, match=f"resource: {OTHER}:1$"):
        check_own(name, SCOPE)
    assert check_own(parse_function_name("app", SCOPE), SCOPE).account == ACCOUNT


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov", "awsx"])
def test_an_arn_of_another_partition_names_nothing_here(partition: str) -> None:
    other = ARN.replace("arn:aws:", f"arn:{partition}:")
    with pytest.raises(FunctionNotFound, match=f"^Function not found: {other}$"):
        parse_function_name(other, SCOPE)


def test_two_qualifiers_must_agree() -> None:
    assert parse_function_name("app:1", SCOPE, qualifier="1").qualifier == "1"
    with pytest.raises(InvalidParameter, match="The derived qualifier from the function name does not match"):
        parse_function_name("app:1", SCOPE, qualifier="2")


def test_only_the_latest_version_changes() -> None:
    assert parse_latest_name("app:$LATEST", SCOPE).qualifier == "$LATEST"
    for qualifier in ("7", "live"):
        with pytest.raises(InvalidParameter, match="Aliases and versions do not support this operation"):
            parse_latest_name(f"app:{qualifier}", SCOPE)


@pytest.mark.parametrize(
    ("text", "number"),
    [("$LATEST", 0), ("1", 1), ("999999999", 999_999_999), ("0", None), ("01", None), ("9" * 10, None), ("live", None)],
)
def test_a_version_is_the_latest_or_a_number_as_it_is_written(text: str, number: int | None) -> None:
    assert parse_version(text) == number


@pytest.mark.parametrize("text", ["", "a b", "app:", ":app", "app:1:2", "app\n", f"{ARN}:1:2"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises((InvalidParameter, FunctionNotFound)):
        parse_unqualified_name(text, SCOPE)

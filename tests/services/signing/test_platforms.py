import pytest

from sealgate.errors import Invalid, NotFound
from sealgate.services.paging import ListTokens
from sealgate.services.signing.platforms import LAMBDA_PLATFORM, PLATFORMS, get_platform, list_platforms
from tests.support.paging import collect

NO_FILTER = {"category": None, "partner": None, "target": None}


def test_the_lambda_platform_is_what_aws_answers() -> None:
    platform = get_platform(LAMBDA_PLATFORM)
    assert (platform.display_name, platform.partner, platform.target) == ("AWS Lambda", "AWSLambda", "SHA384-ECDSA")
    assert (platform.hashes, platform.formats) == (("SHA384",), ("JSONDetached",))
    assert (platform.max_size_mb, platform.revocation_supported) == (250, True)


def test_an_unknown_platform_is_not_found() -> None:
    with pytest.raises(NotFound, match="Nowhere"):
        get_platform("Nowhere")


@pytest.mark.parametrize("limit", [1, 2, 5, 25])
def test_pages_of_platforms_join_to_all_of_them(limit: int) -> None:
    pages = collect(lambda token: list_platforms(**NO_FILTER, limit=limit, token=token))
    assert pages == list(PLATFORMS)


@pytest.mark.parametrize(
    ("member", "value", "count"),
    [
        ("partner", "AmazonFreeRTOS", 2),
        ("target", "SHA256-ECDSA", 2),
        ("category", "AWS", 5),
        ("category", "AWSIoT", 0),
    ],
)
def test_platforms_are_filtered(member: str, value: str, count: int) -> None:
    page = list_platforms(**NO_FILTER | {member: value}, limit=25, token=None)
    assert len(page.items) == count
    assert page.next_token is None


def test_a_token_of_another_list_is_refused() -> None:
    token = list_platforms(**NO_FILTER | {"target": "SHA256-ECDSA"}, limit=1, token=None).next_token
    assert token is not None
    for foreign in (token, "bm90IG91cnM", ListTokens("platforms", None, None, None).encode("Nowhere")):
        with pytest.raises(Invalid, match="token"):
            list_platforms(**NO_FILTER, limit=1, token=foreign)

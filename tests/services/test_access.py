import pytest

from sealgate.services.access import AccessDenied, Door, Entry, Principal, Wanted

ROOT = Principal(account="1" * 12, arn=f"arn:aws:iam::{'1' * 12}:root", user_id="1" * 12, access_key_id="AKIA")
USER = Principal(account="1" * 12, arn=f"arn:aws:iam::{'1' * 12}:user/root", user_id="AIDA", access_key_id="AKIA")


def entry(principal: Principal, resource: str) -> Entry:
    return Entry(
        request_id="1",
        source_ip="127.0.0.1",
        principal=principal,
        wanted=(Wanted(action="signer:GetSigningProfile", resource=resource),),
    )


@pytest.mark.parametrize(
    "resource",
    ["*", "arn:aws:s3:::bucket/key", f"arn:aws:signer:us-east-1:{'1' * 12}:/signing-profiles/p", "not an arn"],
)
def test_the_root_user_may_do_everything_in_its_own_account(resource: str) -> None:
    Door().admit(entry(ROOT, resource))


@pytest.mark.parametrize("resource", [f"arn:aws:signer:us-east-1:{'2' * 12}:/signing-profiles/p", "arn:aws:x:y:z:w:v"])
def test_what_belongs_to_another_account_is_denied(resource: str) -> None:
    with pytest.raises(AccessDenied) as caught:
        Door().admit(entry(ROOT, resource))
    assert caught.value.message == (
        f"User: {ROOT.arn} is not authorized to perform: signer:GetSigningProfile on resource: {resource}"
    )


def test_nobody_but_the_root_user_may_do_anything() -> None:
    with pytest.raises(AccessDenied):
        Door().admit(entry(USER, "*"))

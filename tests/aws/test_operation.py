from collections.abc import Callable
from typing import Any

import pytest

from sealgate.aws.operation import Api
from sealgate.aws.resources import parse_template


def get_signing_profile(call: object, *, profile_name: str, profile_owner: str | None = None) -> None:
    """Do nothing."""


def no_such_operation(call: object) -> None:
    """Do nothing."""


def test_a_function_is_bound_to_the_operation_that_it_is_named_for() -> None:
    api = Api("signer", also=("signer-data",))
    assert api.operation(resource="/signing-profiles/{profile_name}", inline=True)(get_signing_profile) is not None
    ((operation, binding),) = api.bound
    assert (operation.name, operation.method, operation.uri) == (
        "GetSigningProfile",
        "GET",
        "/signing-profiles/{profileName}",
    )
    (permission,) = binding.permissions
    assert (permission.action, str(permission.resource)) == (
        "signer:GetSigningProfile",
        "/signing-profiles/{profile_name}",
    )
    assert binding.parameters == {"profileName": "profile_name", "profileOwner": "profile_owner"}


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = name
    return function


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (no_such_operation, "no such operation"),
        (_named("get_signing_profile", lambda call, *, profile_name, nonsense=None: None), "nonsense"),  # noqa: ARG005
        (_named("get_signing_profile", lambda call: None), "requires profileName"),  # noqa: ARG005
        (_named("get_signing_profile", lambda call, *, profile_name=None: None), "default"),  # noqa: ARG005
        (_named("get_signing_profile", lambda call, *, profile_name, profile_owner: None), "default"),  # noqa: ARG005
        (_named("get_signing_profile", lambda call, profile_name: None), "must take"),  # noqa: ARG005
        (_named("get_signing_profile", lambda other, *, profile_name: None), "must take"),  # noqa: ARG005
        (_named("get_signing_profile", lambda call, **members: None), "must take"),  # noqa: ARG005
    ],
)
def test_a_function_that_does_not_fit_the_model_fails_at_import(function: Callable[..., Any], why: str) -> None:
    with pytest.raises(TypeError, match=why):
        Api("signer").operation()(function)


def test_an_operation_is_bound_once() -> None:
    api = Api("signer")
    api.operation()(get_signing_profile)
    with pytest.raises(TypeError, match="bound already"):
        api.operation()(get_signing_profile)


def test_a_resource_names_parameters_only() -> None:
    with pytest.raises(TypeError, match="profile_nam"):
        Api("signer").operation(resource="{profile_nam}")(get_signing_profile)


def test_a_model_that_is_another_on_the_wire_cannot_share_functions() -> None:
    with pytest.raises(TypeError, match="not on the wire"):
        Api("lambda", also=("signer-data",))


@pytest.mark.parametrize(
    ("service", "template", "values", "arn"),
    [
        ("signer", "/signing-profiles/{n}", {"n": "p"}, "arn:aws:signer:us-east-1:111122223333:/signing-profiles/p"),
        ("signer", "/signing-profiles/{n}", {}, "arn:aws:signer:us-east-1:111122223333:/signing-profiles/*"),
        ("lambda", "{n}", {"n": "arn:aws:lambda:eu-west-1:1:function:f"}, "arn:aws:lambda:eu-west-1:1:function:f"),
        ("s3", "{n}/{k}", {"n": "b", "k": "arn:aws:s3:::c/k"}, "arn:aws:s3:::b/arn:aws:s3:::c/k"),
        ("s3", "{n}/{k}", {"n": "b", "k": "a/b"}, "arn:aws:s3:::b/a/b"),
        ("s3", None, {}, "*"),
    ],
)
def test_a_resource_is_rendered_as_the_arn_that_authorisation_asks_about(
    service: str, template: str | None, values: dict[str, str], arn: str
) -> None:
    assert parse_template(service, template).render(values, region="us-east-1", account="111122223333") == arn

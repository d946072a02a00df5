"""Sessions: whose token goes with which key, and until when."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sealgate.aws import faults
from sealgate.aws.authenticate import Authenticator, Identity
from sealgate.aws.presign import presign_get
from sealgate.aws.request import EMPTY_SHA256, Request, parse_query
from sealgate.aws.sigv2 import find_link
from sealgate.aws.sigv4 import parse_claim
from sealgate.services.identity.accounts import Credential
from sealgate.store.iam.sessions import Session
from sealgate.store.identity import AccessKey
from tests.support.linked import EXPIRES, linked
from tests.support.signed import SECRET, moment, signed

KEY_ID = "ASIAIOSFODNN7EXAMPLE"
TOKEN = "FwoGZXIvYXdzEXAMPLE/+=="
ROLE_SESSION = "arn:aws:sts::111122223333:assumed-role/signer/ci"
LINK_TIME = datetime.fromtimestamp(EXPIRES, UTC) - timedelta(hours=1)


def session(expires_at: datetime) -> Session:
    return Session(
        access_key_id=KEY_ID,
        account="111122223333",
        principal_arn=ROLE_SESSION,
        user_id="AROAEXAMPLEEXAMPLE123:ci",
        entity_id="AROAEXAMPLEEXAMPLE123",
        secret=SECRET,
        token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest(),
        name="ci",
        issued_by="arn:aws:iam::111122223333:user/ci",
        issued_at=expires_at - timedelta(hours=1),
        expires_at=expires_at,
        policies=(),
        policy_arns=(),
        tags={},
        transitive_tag_keys=(),
        source_identity=None,
    )


LONG_TERM = AccessKey(
    access_key_id=KEY_ID,
    account="111122223333",
    principal_arn="arn:aws:iam::111122223333:root",
    user_id="111122223333",
    secret=SECRET,
    created_at=LINK_TIME,
)


def identify(request: Request, key: Credential, *, now: datetime) -> Identity:
    authenticator = Authenticator({KEY_ID: key}.get, region_of=lambda _bucket: "us-east-1")
    claim = find_link(request) or parse_claim(request)
    return authenticator.identify(request, claim, service="s3", now=now)


def request_with(kind: str, **token: Any) -> tuple[Request, datetime]:
    """A signed request of some kind, and when it is served."""
    if kind == "version 2 link":
        return linked("GET", "/bucket/key", key_id=KEY_ID, **token), LINK_TIME
    made = signed("s3", "GET", "/bucket/key", key_id=KEY_ID, presigned=kind == "link", **token)
    return made, moment(made)


KINDS = ["header", "link", "version 2 link"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_session_is_who_it_says_with_its_own_token(kind: str) -> None:
    request, now = request_with(kind, token=TOKEN)
    identity = identify(request, session(now + timedelta(seconds=1)), now=now)
    assert identity.principal.arn == ROLE_SESSION
    assert identity.principal.access_key_id == KEY_ID


@pytest.mark.parametrize("kind", KINDS)
def test_a_session_ends_at_its_end(kind: str) -> None:
    request, now = request_with(kind, token=TOKEN)
    with pytest.raises(faults.SessionExpired):
        identify(request, session(now), now=now)


@pytest.mark.parametrize("kind", KINDS)
def test_a_session_without_its_token_is_an_unknown_key(kind: str) -> None:
    request, now = request_with(kind)
    with pytest.raises(faults.UnknownAccessKey):
        identify(request, session(now + timedelta(hours=1)), now=now)


@pytest.mark.parametrize("kind", KINDS)
def test_another_token_is_refused_and_nothing_is_told_of_the_sessions_end(kind: str) -> None:
    request, now = request_with(kind, token="other")
    with pytest.raises(faults.UnknownSessionToken):
        identify(request, session(now - timedelta(hours=1)), now=now)


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_term_key_comes_without_a_token(kind: str) -> None:
    request, now = request_with(kind, token=TOKEN)
    with pytest.raises(faults.UnknownSessionToken):
        identify(request, LONG_TERM, now=now)


def test_two_tokens_are_refused_even_if_both_are_the_sessions() -> None:
    request, now = request_with("header", token=TOKEN)
    doubled = request._replace(query=(("X-Amz-Security-Token", TOKEN),))
    with pytest.raises(faults.UnknownSessionToken):
        identify(doubled, session(now + timedelta(hours=1)), now=now)


def test_a_session_shows_neither_secret_nor_token_hash() -> None:
    shown = repr(session(LINK_TIME))
    assert SECRET not in shown
    assert hashlib.sha256(TOKEN.encode()).hexdigest() not in shown


def test_a_link_of_this_server_works_as_the_session_that_asked_for_it() -> None:
    link = presign_get(
        endpoint="http://127.0.0.1:4566",
        path="/_sealgate/code/f/hash",
        access_key_id=KEY_ID,
        secret=SECRET,
        region="us-east-1",
        service="lambda",
        at=LINK_TIME,
        lifetime=timedelta(minutes=10),
        session_token=TOKEN,
    )
    path, _, query = link.removeprefix("http://127.0.0.1:4566").partition("?")
    request = signed("lambda", "GET", "/")._replace(
        raw_path=path,
        query=parse_query(query.encode()),
        headers={"host": "127.0.0.1:4566"},
    )
    authenticator = Authenticator({KEY_ID: session(LINK_TIME + timedelta(hours=1))}.get, region_of=lambda name: name)
    identity = authenticator.identify(request, parse_claim(request), service="lambda", now=LINK_TIME)
    identity.verify(EMPTY_SHA256)
    assert identity.principal.arn == ROLE_SESSION

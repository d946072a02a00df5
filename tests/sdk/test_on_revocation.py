"""Code whose signature is revoked or has expired: started with a warning or not at all; and what of it runs."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from sealgate.clock import system_clock
from sealgate.runtime.process import FunctionProcess
from sealgate.services.invocations.errors import StartRefused
from sealgate.services.invocations.service import Request
from sealgate.services.scope import Scope
from sealgate.store.invocations import start_refusals
from tests.support.invoking import is_busy, package, until
from tests.support.refusals import error_of
from tests.support.signed_functions import SignedFunctions, running_house
from tests.support.signer import MovableClock

ENFORCE, WARN = {"sealgate:on-revocation": "Enforce"}, {"sealgate:on-revocation": "Warn"}
CODE = "def handler(event, context): return 42"
SLEEPS = "import time\ndef handler(event, context): time.sleep(event)"
DAY = timedelta(days=1)


class Revocations(SignedFunctions):
    """Signed functions, and the time."""

    def __init__(self, house: Any, clock: MovableClock) -> None:
        super().__init__(house)
        self.clock = clock

    def run(self, name: str, payload: bytes = b"0", *, after: timedelta = timedelta()) -> Any:
        """Invoke a function at a later time, which a client's signature would not survive."""
        scope = Scope(account=self.cloud.account, region="us-east-1", caller_arn="")
        request = Request(request_id="8f5", function=name, qualifier=None, kind="RequestResponse", payload=payload)
        now = self.clock.now
        self.clock.now += after
        try:
            return self.house.services.invocations.invoke(scope, request).result
        finally:
            self.clock.now = now

    def config(self, tags: dict[str, str]) -> str:
        """Make a code signing config that lets in what the profile has signed; answer its ARN."""
        made = self.client.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [self.make_profile(f"config{len(tags)}")]}, Tags=tags
        )
        return str(made["CodeSigningConfig"]["CodeSigningConfigArn"])

    def is_running(self, name: str) -> bool:
        """Tell whether a function has processes."""
        return any(f":function:{name}:" in key for key in sorted(self.house.running.host.keys()))

    def start(self, name: str, payload: bytes) -> "Busy":
        """Invoke a function in a thread; answer once a process has the invocation."""
        busy = Busy(self, name, payload)
        busy.start()
        until(lambda: is_busy(self.house.running.host, name))
        return busy


class Busy(threading.Thread):
    """An invocation that goes on."""

    def __init__(self, revocations: Revocations, name: str, payload: bytes) -> None:
        super().__init__(daemon=True)
        self.result: Any = None
        self._do: Callable[[], Any] = lambda: revocations.run(name, payload)

    def run(self) -> None:
        self.result = self._do()

    def is_over(self, *, within: float) -> bool:
        self.join(within)
        return not self.is_alive()


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Revocations]:
    clock = MovableClock(system_clock())
    with running_house(tmp_path_factory.mktemp("revocation") / "data", clock=clock) as house:
        signed = Revocations(house, clock)
        yield signed
        signed.close()


def refused(signed: SignedFunctions, name: str) -> str:
    with pytest.raises(signed.client.exceptions.CodeVerificationFailedException) as caught:
        signed.functions.call(name)
    assert error_of(caught)[1] == 400
    return error_of(caught)[2]


def test_revoked_code_starts_with_a_warning_unless_something_else_is_said(
    signed: Revocations, caplog: pytest.LogCaptureFixture
) -> None:
    name, job = signed.make(CODE)
    signed.revoke(job)
    with caplog.at_level(logging.WARNING, logger="sealgate.starts"):
        assert signed.functions.call(name).value == 42
    assert f"start with a warning: {signed.row(name).qualified_arn}: " in caplog.text


def test_what_the_function_says_keeps_revoked_code_from_starting(signed: Revocations) -> None:
    name, job = signed.make(CODE, Tags=ENFORCE)
    assert signed.functions.call(name).value == 42
    signed.revoke(job)
    signed.end_processes()
    message = refused(signed, name)
    assert message.startswith(f"Lambda cannot start the function. Check the code of {signed.row(name).qualified_arn}: ")
    assert "revoked" in message
    with signed.house.db.read() as tx:
        (row,) = start_refusals.select(tx, start_refusals.table.c.function == name)
    assert row.reason == "REVOKED"
    signed.client.untag_resource(Resource=signed.row(name).arn, TagKeys=list(ENFORCE))
    assert signed.functions.call(name).value == 42


def test_nobody_waits_for_a_start_that_is_refused(signed: Revocations, monkeypatch: pytest.MonkeyPatch) -> None:
    name, job = signed.make(CODE, Tags=ENFORCE)
    signed.revoke(job)
    connect, wrote = FunctionProcess.connect, threading.Event()

    def write() -> None:
        with signed.house.db.write():
            wrote.set()

    def connect_late(process: FunctionProcess) -> None:
        threading.Thread(target=write, daemon=True).start()
        wrote.wait(10)
        connect(process)

    monkeypatch.setattr(FunctionProcess, "connect", connect_late)
    refused(signed, name)
    assert wrote.is_set()


def test_the_config_counts_where_the_function_says_nothing_and_then_the_profile(signed: Revocations) -> None:
    strict, lax = signed.config(ENFORCE), signed.config({})
    signed.make_profile("enforcing", tags=ENFORCE)
    made: list[tuple[str, bool]] = []
    for profile, members, runs in (
        ("app", {"CodeSigningConfigArn": strict}, False),
        ("app", {"CodeSigningConfigArn": strict, "Tags": WARN}, True),
        ("enforcing", {"CodeSigningConfigArn": lax}, False),
        ("enforcing", {}, False),
        ("enforcing", {"Tags": WARN}, True),
    ):
        name, job = signed.make(CODE, profile=profile, **members)
        signed.revoke(job)
        made.append((name, runs))
    for name, runs in made:
        if runs:
            assert signed.functions.call(name).value == 42
        else:
            assert "revoked" in refused(signed, name)


def test_a_revoked_layer_counts_as_code_does(signed: Revocations) -> None:
    data, job = signed.sign(package({"python/library.py": "ANSWER = 1"}))
    arn = signed.client.publish_layer_version(LayerName="revoked", Content={"ZipFile": data})["LayerVersionArn"]
    name = signed.functions.make(CODE, Layers=[arn], Tags=ENFORCE)
    assert signed.functions.call(name).value == 42
    signed.revoke(job)
    signed.end_processes()
    assert f"Check the code of {arn}: " in refused(signed, name)


def test_a_revoked_profile_stops_what_it_has_signed_since(signed: Revocations) -> None:
    arn = signed.make_profile("leaked")
    name, _ = signed.make(CODE, profile="leaked", Tags=ENFORCE)
    signed.cloud.client("signer").revoke_signing_profile(
        profileName="leaked",
        profileVersion=arn.rpartition("/")[2],
        reason="leaked",
        effectiveTime=system_clock() - DAY,
    )
    assert "revoked" in refused(signed, name)


def test_expired_code_starts_or_not_as_the_tag_says(signed: Revocations) -> None:
    signed.make_profile("brief", signatureValidityPeriod={"value": 1, "type": "DAYS"})
    warned, _ = signed.make(CODE, profile="brief")
    enforced, _ = signed.make(CODE, profile="brief", Tags=ENFORCE)
    assert signed.run(enforced).payload == b"42"
    signed.end_processes()
    assert signed.run(warned, after=2 * DAY).payload == b"42"
    with pytest.raises(StartRefused, match="expired") as caught:
        signed.run(enforced, after=2 * DAY)
    assert caught.value.reason == "EXPIRED"
    assert signed.run(enforced).payload == b"42"


def test_what_is_not_signed_cannot_be_revoked(signed: Revocations) -> None:
    name = signed.functions.make(CODE, Tags=ENFORCE)
    assert signed.functions.call(name).value == 42
    assert signed.house.running.retirement.look() == 0


def test_processes_of_revoked_code_end_idle_or_busy(signed: Revocations) -> None:
    (idle, idle_job), (other, other_job) = signed.make(SLEEPS, Tags=ENFORCE), signed.make(f"{SLEEPS}\n# another")
    busy, busy_job = signed.make(f"{SLEEPS}\n# busy", Tags=ENFORCE, Timeout=60)
    for name in (idle, other):
        signed.functions.call(name, 0)
    running = signed.start(busy, b"60")
    look = signed.house.running.retirement.look
    assert look() == 0
    for job in (idle_job, other_job, busy_job):
        signed.revoke(job)
    assert look() == 2
    assert running.is_over(within=30)
    assert (running.result.error, running.result.error_type) == ("Unhandled", "Runtime.ExitError")
    assert [signed.is_running(name) for name in (idle, busy, other)] == [False, False, True]
    assert "revoked" in refused(signed, busy)


def test_processes_end_when_the_signature_expires(signed: Revocations) -> None:
    signed.end_processes()
    signed.make_profile("hours", signatureValidityPeriod={"value": 1, "type": "DAYS"})
    name, _ = signed.make(CODE, profile="hours", Tags=ENFORCE)
    assert signed.functions.call(name).value == 42
    signed.clock.now += 2 * DAY
    try:
        assert signed.house.running.retirement.look() == 1
    finally:
        signed.clock.now -= 2 * DAY
    assert not signed.is_running(name)


def test_they_are_looked_after_by_themselves(signed: Revocations) -> None:
    name, job = signed.make(SLEEPS, Tags=ENFORCE, Timeout=60)
    running = signed.start(name, b"60")
    signed.revoke(job)
    signed.house.running.retirement.start()
    try:
        assert running.is_over(within=30)
    finally:
        signed.house.running.retirement.stop()
    assert running.result.error == "Unhandled"

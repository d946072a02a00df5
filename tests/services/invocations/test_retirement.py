"""Which processes are looked after."""

from typing import Any, cast

from sealgate.policy.admission import Outcome
from sealgate.services.invocations.retirement import Retirement


class Host:
    """Has the processes that a test says, and starts one in the moment when it is asked for them."""

    def __init__(self) -> None:
        self.present: set[str] = set()
        self.ended: list[str] = []
        self.starts: Any = lambda: None

    def keys(self) -> set[str]:
        present = set(self.present)
        self.starts()
        return present

    def end(self, is_meant: Any, *, now: bool) -> int:
        meant = {key for key in self.present if is_meant(key)}
        self.ended += sorted(meant) if now else []
        self.present -= meant
        return len(meant)


class Decided:
    """A decision that is no."""

    outcome = Outcome.DENY
    findings = (type("Finding", (), {"status": "failed", "detail": "revoked"}),)


class Judge:
    """Lets nothing run."""

    def judge(self, *_: object) -> Decided:
        return Decided()


class Deployed:
    """A signed version."""

    qualified_arn = "arn"
    signature = None


def test_what_is_started_while_others_are_looked_at_is_looked_at_next() -> None:
    host = Host()
    retirement = Retirement(host=cast("Any", host), starter=cast("Any", Judge()))

    def start() -> None:
        host.starts = lambda: None
        host.present.add("a")
        retirement.watch("a", cast("Any", Deployed()), (cast("Any", Deployed()),))

    for _ in range(2):  # the second time in the place of a process that has ended
        host.starts = start
        assert retirement.look() == 0
        assert retirement.look() == 1
    assert host.ended == ["a", "a"]
    assert (retirement.look(), retirement._watched) == (0, {})

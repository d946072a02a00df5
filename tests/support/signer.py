"""A clock that tests move, scopes, and profiles with plain values."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sealgate.services.platforms import LAMBDA_PLATFORM
from sealgate.services.profiles import NewProfile
from sealgate.services.scope import Scope

NOW = datetime(2026, 11, 24, 9, 25, 49, 569123, tzinfo=UTC)
SCOPE = Scope(account="111122223333", region="eu-west-1", caller_arn="arn:aws:iam::111122223333:root")


class MovableClock:
    """Answers the same moment until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        """Let time pass (`hours=1`)."""
        self.now += timedelta(**duration)


def new_profile(name: str = "app", **changes: Any) -> NewProfile:
    """Ask for a profile of the Lambda platform, with some members changed."""
    members: dict[str, Any] = {"name": name, "platform_id": LAMBDA_PLATFORM}
    return NewProfile(**(members | changes))

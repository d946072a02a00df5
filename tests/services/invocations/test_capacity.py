"""How many invocations may run at once."""

from contextlib import ExitStack

import pytest

from sealgate.services.invocations.capacity import Capacity
from sealgate.services.invocations.errors import Throttled

PLACE = ("111122223333", "us-east-1")


def test_a_function_has_what_it_reserves_and_no_more() -> None:
    capacity = Capacity()
    with ExitStack() as running:
        for _ in range(2):
            running.enter_context(capacity.taken(PLACE, "app", reserved=2, reserved_by_all=_none))
        with pytest.raises(Throttled) as caught, capacity.taken(PLACE, "app", reserved=2, reserved_by_all=_none):
            pass
        assert caught.value.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
        running.enter_context(capacity.taken(PLACE, "other", reserved=1, reserved_by_all=_none))
    with capacity.taken(PLACE, "app", reserved=2, reserved_by_all=_none):
        pass


def test_a_function_that_reserves_nothing_at_all_never_runs() -> None:
    with pytest.raises(Throttled), Capacity().taken(PLACE, "app", reserved=0, reserved_by_all=_none):
        pass


def test_the_others_share_what_is_left() -> None:
    capacity = Capacity()
    with ExitStack() as running:
        for number in range(102):
            running.enter_context(capacity.taken(PLACE, f"app{number}", reserved=None, reserved_by_all=lambda: 898))
        with (
            pytest.raises(Throttled) as caught,
            capacity.taken(PLACE, "app", reserved=None, reserved_by_all=lambda: 898),
        ):
            pass
        assert caught.value.reason == "ConcurrentInvocationLimitExceeded"
        elsewhere = (PLACE[0], "eu-west-1")
        running.enter_context(capacity.taken(elsewhere, "app", reserved=None, reserved_by_all=_never_asked))
    with capacity.taken(PLACE, "app", reserved=None, reserved_by_all=_never_asked):
        pass


def _none() -> int:
    return 0


def _never_asked() -> int:
    raise AssertionError

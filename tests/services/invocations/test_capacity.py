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
            running.enter_context(capacity.taken(PLACE, "app", reserved=2, reserved_by_all=2))
        with pytest.raises(Throttled) as caught, capacity.taken(PLACE, "app", reserved=2, reserved_by_all=2):
            pass
        assert caught.value.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
        running.enter_context(capacity.taken(PLACE, "other", reserved=1, reserved_by_all=3))
    with capacity.taken(PLACE, "app", reserved=2, reserved_by_all=2):
        pass


def test_a_function_that_reserves_nothing_at_all_never_runs() -> None:
    with pytest.raises(Throttled), Capacity().taken(PLACE, "app", reserved=0, reserved_by_all=0):
        pass


def test_the_others_share_what_is_left() -> None:
    capacity = Capacity()
    with ExitStack() as running:
        for function in ("one", "two"):
            running.enter_context(capacity.taken(PLACE, function, reserved=None, reserved_by_all=998))
        with pytest.raises(Throttled) as caught, capacity.taken(PLACE, "three", reserved=None, reserved_by_all=998):
            pass
        assert caught.value.reason == "ConcurrentInvocationLimitExceeded"
        elsewhere = (PLACE[0], "eu-west-1")
        running.enter_context(capacity.taken(elsewhere, "three", reserved=None, reserved_by_all=998))
    with capacity.taken(PLACE, "three", reserved=None, reserved_by_all=999):
        pass

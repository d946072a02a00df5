import asyncio
from collections.abc import Callable
from itertools import count

from sealgate.services.iam.turns import OncePerTurn


def counted() -> OncePerTurn[int]:
    numbers = count(1)
    return OncePerTurn(lambda: next(numbers))


async def read(value: OncePerTurn[int]) -> int:
    return value.get()


def run_together(make: Callable[[], OncePerTurn[int]]) -> list[int]:
    value = make()

    async def turns() -> list[int]:
        first = await asyncio.gather(read(value), read(value))
        await asyncio.sleep(0)
        second = await asyncio.gather(read(value), asyncio.to_thread(value.get))
        return [*first, *second]

    return asyncio.run(turns())


def test_a_turn_of_an_event_loop_reads_once_and_the_next_anew() -> None:
    first, same, second, elsewhere = run_together(counted)
    assert (first, same) == (1, 1)
    assert {second, elsewhere} == {2, 3}


def test_outside_of_an_event_loop_each_call_reads() -> None:
    value = counted()
    assert [value.get(), value.get()] == [1, 2]


def test_what_a_loop_has_read_last_is_not_believed_by_another() -> None:
    value = counted()
    assert [asyncio.run(read(value)) for _ in range(3)] == [1, 2, 3]

"""Jobs done in any order, hashed in one."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator

import pytest

from sealgate.package.ordered import Job, hash_in_order, hash_serially

THREADS = pytest.mark.parametrize("threads", [1, 2, 3, 8])


def counting(count: int) -> Iterator[Job]:
    for index in range(count):
        yield lambda index=index: (b"%d," % index,) * (index % 7)  # type: ignore[misc]


@THREADS
@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_results_are_hashed_in_the_order_of_the_jobs(count: int, threads: int) -> None:
    expected = hashlib.sha384(b"".join(part for job in counting(count) for part in job())).digest()
    assert hash_in_order(counting(count), threads=threads) == expected == hash_serially(counting(count))


def test_a_slow_job_is_waited_for_while_others_go_on() -> None:
    last_done = threading.Event()

    def third() -> tuple[bytes, bytes]:
        last_done.set()
        return b"th", b"ird"

    def jobs() -> Iterator[Job]:
        yield lambda: (b"first",) if last_done.wait(10) else (b"never",)
        yield lambda: (b"second",)
        yield third

    assert hash_in_order(jobs(), threads=2) == hashlib.sha384(b"firstsecondthird").digest()


def test_results_that_wait_are_limited() -> None:
    """While the first result is awaited, sixteen more of 1 MiB are computed, and no seventeenth."""
    begun = 0
    begun_meanwhile: list[int] = []
    seventeenth = threading.Event()

    def first() -> tuple[bytes]:
        seventeenth.wait(0.3)  # as long as anything could be begun; where the limit holds, nothing sets it
        begun_meanwhile.append(begun)
        return (b"x",)

    def another() -> tuple[bytes]:
        nonlocal begun
        begun += 1
        if begun > 16:
            seventeenth.set()
        return (bytes(1 << 20),)

    def jobs() -> Iterator[Job]:
        yield first
        yield from [another] * 40

    assert hash_in_order(jobs(), threads=2) == hashlib.sha384(b"x" + bytes(40 << 20)).digest()
    assert begun_meanwhile == [16]


@THREADS
@pytest.mark.parametrize("place", [0, 5, 49])
def test_an_error_of_a_job_reaches_the_caller(place: int, threads: int) -> None:
    def fail() -> tuple[bytes]:
        raise LookupError("of the job")

    jobs = (fail if index == place else (lambda: (b"x",)) for index in range(50))
    with pytest.raises(LookupError, match="of the job"):
        hash_in_order(jobs, threads=threads)


@THREADS
def test_an_error_between_jobs_reaches_the_caller(threads: int) -> None:
    def jobs() -> Iterator[Job]:
        yield lambda: (b"x",)
        raise LookupError("of the iterator")

    with pytest.raises(LookupError, match="of the iterator"):
        hash_in_order(jobs(), threads=threads)


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    hash_in_order(counting(50), threads=4)
    assert threading.active_count() == before

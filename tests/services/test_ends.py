"""Who waits for an end is told of that one."""

import threading

from sealgate.services.ends import Ends


def test_all_who_wait_for_an_end_are_woken_by_it() -> None:
    ends = Ends()
    entered = threading.Barrier(3)

    def wait() -> None:
        with ends.expect("job") as end:
            entered.wait()
            assert end.wait(60)

    threads = [threading.Thread(target=wait) for _ in range(2)]
    for thread in threads:
        thread.start()
    entered.wait()
    ends.tell("job")
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


def test_an_end_that_comes_before_one_waits_is_not_missed() -> None:
    ends = Ends()
    with ends.expect("job") as end:
        ends.tell("job")
        assert end.wait(3600)


def test_nobody_is_woken_by_another_end() -> None:
    ends = Ends()
    with ends.expect("job") as end, ends.expect("other") as other:
        ends.tell("other")
        assert (end.is_set(), other.is_set()) == (False, True)


def test_what_nobody_waits_for_is_forgotten() -> None:
    ends = Ends()
    with ends.expect("job"):
        pass
    ends.tell("job")
    with ends.expect("job") as end:
        assert not end.is_set()

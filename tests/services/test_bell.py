"""Who waits for a bell hears every ring."""

import threading

from sealgate.services.bell import Bell


def test_who_waits_is_woken() -> None:
    bell = Bell()
    woken = threading.Event()
    heard = bell.rings

    def wait() -> None:
        bell.wait(heard, seconds=60)
        woken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    bell.ring()
    assert woken.wait(30)
    thread.join()


def test_a_ring_before_one_waits_is_not_missed() -> None:
    bell = Bell()
    heard = bell.rings
    bell.ring()
    bell.wait(heard, seconds=3600)
    assert bell.rings == heard + 1


def test_nobody_waits_longer_than_was_said() -> None:
    bell = Bell()
    bell.wait(bell.rings, seconds=0.001)
    assert bell.rings == 0

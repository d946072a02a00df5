"""Values computed from identities and policies, remembered for as long as none of these has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from sealgate.services.iam.turns import OncePerTurn
from sealgate.store.database import Database, Tx
from sealgate.store.iam.generation import find_mark

K = TypeVar("K")
V = TypeVar("V")

_MOST = 4096


class Remembered(Generic[K, V]):
    """A memory that asks the database, with one quick look-up in each turn of an event loop, whether it is still true.

    Another server's change is seen as soon as it is committed. Bounded; forgets everything when full. What is not there
    (None) is looked for again each time.

    Args:
        db: Where to ask.
        load: Answers the value for a key, or None.
    """

    def __init__(self, db: Database, load: Callable[[Tx, K], V | None]) -> None:
        self._db = db
        self._load = load
        self._kept: tuple[str, dict[K, V]] = ("", {})
        self._mark = OncePerTurn(self._read_mark)

    def find(self, key: K) -> V | None:
        """Answer the value for a key, as things stand now; None where there is none."""
        found = self._kept_under(self._mark.get()).get(key)
        return self._look_up(key) if found is None else found

    def _read_mark(self) -> str:
        with self._db.statement() as tx:
            return find_mark(tx)

    def _look_up(self, key: K) -> V | None:
        while True:
            with self._db.read() as tx:
                mark = find_mark(tx)
                found = self._load(tx, key)
                is_whole = find_mark(tx) == mark  # on PostgreSQL each statement sees what is committed by then
            if is_whole:
                break
        if found is not None:
            kept = self._kept_under(mark)
            if len(kept) >= _MOST:
                kept.clear()
            kept[key] = found
        return found

    def _kept_under(self, mark: str) -> dict[K, V]:
        """Answer what is remembered under a mark: a dictionary of its own, so that no thread fills another's."""
        known, kept = self._kept
        if known != mark:
            kept = {}
            self._kept = (mark, kept)
        return kept

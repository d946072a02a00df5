"""The end of processes whose code's signature is revoked, or expires, while they run.

A start is judged when it happens (`starting`); what was started before is looked at again every second or two. Where
`sealgate:on-revocation` says Enforce, idle processes end at once and busy ones are cut short: revoked code does not go
on working.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from sealgate.policy.admission import Outcome
from sealgate.runtime.host import FunctionHost
from sealgate.services.invocations.starting import SignedPart, Starter, find_failed
from sealgate.services.rounds import Rounds
from sealgate.store.functions import Function

log = logging.getLogger("sealgate.starts")

LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A version of a function that has processes, and the signatures that they were started under."""

    function: Function
    signed: tuple[SignedPart, ...]


class Retirement:
    """Looks after running processes.

    Args:
        host: Has the processes.
        starter: Judges signatures.
    """

    def __init__(self, *, host: FunctionHost, starter: Starter) -> None:
        self._host = host
        self._starter = starter
        self._lock = threading.Lock()
        self._watched: dict[str, Watched] = {}
        self._rounds = Rounds("function-retirement", seconds=LOOK_SECONDS, work=self.look)

    def start(self) -> None:
        """Begin to look."""
        self._rounds.start()

    def stop(self) -> None:
        """Look no more."""
        self._rounds.stop()

    def watch(self, key: str, function: Function, signed: tuple[SignedPart, ...]) -> None:
        """Keep in mind what processes of a key were started from."""
        with self._lock:
            self._watched[key] = Watched(function=function, signed=signed)

    def look(self) -> int:
        """End what may run no longer; answer how many processes that were."""
        with self._lock:
            watched = dict(self._watched)
        running = self._host.keys()
        with self._lock:
            for key, each in watched.items():
                # One that has been started again since is another one.
                if key not in running and self._watched[key] is each:
                    del self._watched[key]
        return sum(self._end(key) for key, each in watched.items() if key in running and self._must_end(each))

    def _must_end(self, watched: Watched) -> bool:
        for part in watched.signed:
            decision = self._starter.judge(watched.function, part.signature)
            if decision.outcome is Outcome.DENY:
                detail = find_failed(decision).detail
                log.warning("ending the processes of %s: %s", watched.function.qualified_arn, detail)
                return True
        return False

    def _end(self, key: str) -> int:
        return self._host.end(lambda each: each == key, now=True)

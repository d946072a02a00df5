"""Remembering which signature blocks have verified.

Whether a block verifies follows from its bytes and from what is trusted, and takes milliseconds; a server meets the
same few blocks at every start of a function. So what has verified is kept, in this process, under all that it follows
from. What has not is judged again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Concatenate, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_KEPT = 256
_MAX_BYTES = 16 << 10
"""Longer blocks are not kept: whoever has one that verifies can pad it, unless it is sealed. Ours have some 4 KB."""


def remembering(verify: Callable[Concatenate[bytes, P], T]) -> Callable[Concatenate[bytes, P], T]:
    """Make a verifier of blocks remember its answers.

    Args:
        verify: Takes a block and other values that can be hashed, answers by nothing else, and raises where it refuses.
    """
    kept = cast("Callable[Concatenate[bytes, P], T]", lru_cache(_KEPT)(verify))

    def judge_or_remember(block: bytes, /, *args: P.args, **named: P.kwargs) -> T:
        judge = kept if len(block) <= _MAX_BYTES else verify
        return judge(block, *args, **named)

    return judge_or_remember

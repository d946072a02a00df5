"""Random digits for names that must differ and are no secrets: the ids of requests and of audit events.

They come from a generator of this process, which the kernel has seeded. To ask the kernel for each takes longer than
all else about an id, and lets other threads in meanwhile.
"""

from __future__ import annotations

from random import Random

_random = Random()  # noqa: S311 - whoever guesses an id gains nothing by it


def draw_hex(digits: int) -> str:
    """Answer so many random hexadecimal digits, in lower case. Never for a secret."""
    return f"{_random.getrandbits(4 * digits):0{digits}x}"

"""What has verified is kept by all that it follows from; what has not, and what is long, is judged again."""

import pytest

from sealgate.errors import IntegrityError
from sealgate.trust import remembering as module
from sealgate.trust.remembering import remembering


class Judge:
    def __init__(self) -> None:
        self.judged: list[tuple[bytes, str]] = []

    def __call__(self, block: bytes, roots: str) -> str:
        self.judged.append((block, roots))
        if block == b"forged":
            raise IntegrityError("forged")
        return roots


def test_a_block_is_judged_once_under_the_same_roots() -> None:
    judge = Judge()
    verify = remembering(judge)
    assert [verify(b"block", each) for each in ("ours", "ours", "theirs", "ours")] == ["ours", "ours", "theirs", "ours"]
    assert judge.judged == [(b"block", "ours"), (b"block", "theirs")]


def test_a_refused_block_and_a_long_one_are_judged_each_time() -> None:
    judge = Judge()
    verify = remembering(judge)
    for _ in range(2):
        with pytest.raises(IntegrityError):
            verify(b"forged", "ours")
        verify(b"x" * (module._MAX_BYTES + 1), "ours")
    assert len(judge.judged) == 4

"""The patterns that a template demands of its parameters, tried in a process of their own.

A regular expression can take longer than anybody lives, or all memory; and while one is tried, no other thread of the
process comes to anything. Whoever may create stacks writes both the pattern and the text.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

from sealgate.services.stacks.errors import TemplateInvalid

PATIENCE_SECONDS = 1
"""Of the processor, and of the clock twice that. Ours: what is meant for a parameter takes microseconds."""
MEMORY_BYTES = 512 << 20

_NO_PATTERN = 3
_PROGRAM = f"""\
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({PATIENCE_SECONDS}, {PATIENCE_SECONDS}))
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY_BYTES}, {MEMORY_BYTES}))
pattern, texts = json.load(sys.stdin)
try:
    found = re.compile(pattern)
except (re.error, RecursionError, OverflowError):
    sys.exit({_NO_PATTERN})
json.dump(all(found.fullmatch(text) for text in texts), sys.stdout)
"""


def matches(pattern: str, texts: Sequence[str]) -> bool:
    """Tell whether a pattern matches the whole of each text.

    Raises:
        TemplateInvalid: It is no regular expression, or one that takes too long.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the program is the one above
            [sys.executable, "-I", "-S", "-c", _PROGRAM],
            input=json.dumps([pattern, list(texts)]),
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE_SECONDS,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        raise _too_long(pattern) from None
    if done.returncode == _NO_PATTERN:
        raise TemplateInvalid(f"Template format error: AllowedPattern {pattern[:200]} is no regular expression.")
    if done.returncode != 0:
        raise _too_long(pattern)
    return bool(json.loads(done.stdout))


def _too_long(pattern: str) -> TemplateInvalid:
    return TemplateInvalid(f"Template format error: AllowedPattern {pattern[:200]} takes too long to be tried.")

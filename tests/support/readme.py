"""The commands that the README shows."""

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
_BLOCK = re.compile(r"^```sh ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    """Answer the blocks of shell code that are marked so; most are not marked."""
    return [text for found, text in _BLOCK.findall(README.read_text(encoding="utf-8")) if found == kind]

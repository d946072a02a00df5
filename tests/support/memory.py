"""The most memory that a script takes, in a process of its own, whose memory nothing else has used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PRINT_PEAK = (
    "\nimport pathlib\nprint(pathlib.Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])\n"
)


def peak_of(script: str, *arguments: Path) -> int:
    """Run a Python script that prints nothing; answer the most memory that it had resident, in KiB."""
    command: list[str | Path] = [sys.executable, "-c", script + _PRINT_PEAK, *arguments]
    return int(subprocess.run(command, capture_output=True, check=True).stdout)

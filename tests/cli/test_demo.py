import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import clean_environment

DEMO = Path("examples/demo.py")


@pytest.mark.slow
def test_the_demo_tells_its_story_to_the_end() -> None:
    told = subprocess.run([sys.executable, DEMO], env=clean_environment(), capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout + told.stderr
    assert "Every outcome was the expected one" in told.stdout
    assert "\x1b" not in told.stdout

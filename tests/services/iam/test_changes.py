"""No change of an identity goes unseen: each is made in a transaction that draws a new mark."""

from pathlib import Path

import sealgate.services.iam as package


def test_identity_is_changed_in_no_other_way() -> None:
    modules = sorted(Path(package.__file__).parent.glob("*.py"))
    assert len(modules) > 10
    assert [path.name for path in modules if ".write()" in path.read_text(encoding="utf-8")] == []

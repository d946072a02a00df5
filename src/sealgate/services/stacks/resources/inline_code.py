"""Code that stands in a template as text: CloudFormation packs it into an archive with one file.

Source: CloudFormation User Guide, AWS::Lambda::Function Code, ZipFile. Such an archive is never signed.
"""

from __future__ import annotations

import io
import zipfile

from sealgate.services.stacks.resource import HandlerFailed

MAX_TEXT = 4_000_000
"""Characters of the text."""

_FILES = {"nodejs": "index.js", "python": "index.py"}
_MODE = 0o644 << 16


def pack(text: str, runtime: str) -> bytes:
    """Answer an archive with the text in `index.py` or `index.js`; the same text makes the same bytes.

    Raises:
        HandlerFailed: The runtime takes no text, or the text is too long.
    """
    file = next((file for start, file in _FILES.items() if runtime.startswith(start)), None)
    if file is None:
        raise HandlerFailed("ZipFile can only be used when Runtime is set to either of nodejs, python.")
    if len(text) > MAX_TEXT:
        raise HandlerFailed(f"ZipFile: must have at most {MAX_TEXT} characters")
    entry = zipfile.ZipInfo(file)
    entry.external_attr = _MODE
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(entry, text.encode(), compress_type=zipfile.ZIP_DEFLATED)
    return target.getvalue()

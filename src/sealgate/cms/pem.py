"""The one textual form of a signature block: RFC 7468 with the label PKCS7, 64 columns, LF, a final newline.

One anchored form, since every liberty taken here (other labels, headers, text around, a second block, stray
characters) is a second spelling of the same signature, and some reader somewhere takes each of them.
"""

from __future__ import annotations

import binascii

from sealgate.cms.ber import EnvelopeError

_BEGIN = b"-----BEGIN PKCS7-----\n"
_END = b"-----END PKCS7-----\n"
_COLUMNS = 64  # RFC 7468, clause 2


def parse_pem(text: bytes) -> bytes:
    """Answer the bytes inside.

    Raises:
        EnvelopeError: The text is not exactly what `encode_pem` makes of them.
    """
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise EnvelopeError("not one PEM block labelled PKCS7")
    try:
        body = binascii.a2b_base64(text[len(_BEGIN) : -len(_END)])
    except binascii.Error as error:
        raise EnvelopeError("the PEM body is not base64") from error
    # a2b_base64 skips what it does not know; this comparison does not.
    if encode_pem(body) != text:
        raise EnvelopeError("the PEM text is not in its one canonical form")
    return body


def encode_pem(body: bytes) -> bytes:
    """Write bytes as a PEM block labelled PKCS7."""
    text = binascii.b2a_base64(body, newline=False)
    lines = [text[start : start + _COLUMNS] for start in range(0, len(text), _COLUMNS)]
    return b"".join((_BEGIN, b"\n".join(lines), b"\n" if lines else b"", _END))

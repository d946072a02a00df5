"""The algorithms that a signature may use. There is one of each kind, and no negotiation.

AWS Signer's platform for Lambda is named for them: AWSLambda-SHA384-ECDSA.
"""

from __future__ import annotations

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP384R1
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA384

CURVE = SECP384R1()
"""The curve of every key, from leaf to root (SEC 2, clause 2.5.1; FIPS 186-5 P-384)."""

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
"""The order of its base point."""

SIGNATURE = ECDSA(SHA384())
"""Signs a message."""

PREHASHED_SIGNATURE = ECDSA(Prehashed(SHA384()))
"""Signs a message's SHA-384."""

MAX_CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of the judge's a signer's clock may be: what AWS allows for signed requests (Signature Version 4)."""

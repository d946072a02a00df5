"""The signing platforms that AWS Signer names, and the one that can be used here.

All five are listed, as AWS lists them, so that clients which look for theirs find it; profiles can be made for packages
of AWS Lambda only. Where AWS publishes no value for the Notation platform (partner, target, format, size), ours is a
choice.
"""

from __future__ import annotations

from dataclasses import dataclass

from sealgate.errors import NotFound
from sealgate.services.paging import ListTokens, Page, invalid_token

LAMBDA_PLATFORM = "AWSLambda-SHA384-ECDSA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What one platform signs, and with which algorithms.

    Attributes:
        encryption: The allowed key types, the default first.
        hashes: The allowed digests, the default first.
        formats: The allowed forms of a signature, the default first.
        max_size_mb: The largest object it signs, in MiB.
        revocation_supported: Whether one of its signatures can be revoked.
    """

    platform_id: str
    display_name: str
    partner: str
    target: str
    category: str = "AWS"
    encryption: tuple[str, ...] = ("ECDSA",)
    hashes: tuple[str, ...]
    formats: tuple[str, ...]
    max_size_mb: int
    revocation_supported: bool = False


PLATFORMS = (
    Platform(
        platform_id="AWSIoTDeviceManagement-SHA256-ECDSA",
        display_name="AWS IoT Device Management SHA256-ECDSA ",  # AWS's own trailing space
        partner="AWSIoTDeviceManagement",
        target="SHA256-ECDSA",
        hashes=("SHA256",),
        formats=("JSONDetached",),
        max_size_mb=2048,
    ),
    Platform(
        platform_id=LAMBDA_PLATFORM,
        display_name="AWS Lambda",
        partner="AWSLambda",
        target="SHA384-ECDSA",
        hashes=("SHA384",),
        formats=("JSONDetached",),
        max_size_mb=250,
        revocation_supported=True,
    ),
    Platform(
        platform_id="AmazonFreeRTOS-TI-CC3220SF",
        display_name="Amazon FreeRTOS SHA1-RSA CC3220SF-Format",
        partner="AmazonFreeRTOS",
        target="SHA1-RSA-TISHA1",
        encryption=("RSA",),
        hashes=("SHA1",),
        formats=("JSONEmbedded",),
        max_size_mb=16,
    ),
    Platform(
        platform_id="AmazonFreeRTOS-Default",
        display_name="Amazon FreeRTOS SHA256-ECDSA",
        partner="AmazonFreeRTOS",
        target="SHA256-ECDSA",
        encryption=("ECDSA", "RSA"),
        hashes=("SHA256",),
        formats=("JSONEmbedded",),
        max_size_mb=16,
    ),
    Platform(
        platform_id="Notation-OCI-SHA384-ECDSA",
        display_name="Notation for container registries",
        partner="Notation",
        target="SHA384-ECDSA",
        hashes=("SHA384",),
        formats=("JSONEmbedded",),
        max_size_mb=1,
        revocation_supported=True,
    ),
)
"""In the order in which AWS lists them, Notation last."""

_BY_ID = {platform.platform_id: platform for platform in PLATFORMS}


def get_platform(platform_id: str) -> Platform:
    """Answer one platform.

    Raises:
        NotFound: AWS names no such platform.
    """
    platform = _BY_ID.get(platform_id)
    if platform is None:
        raise NotFound(f"Signing platform {platform_id} does not exist.", reason="PlatformNotFound")
    return platform


def find_platform(platform_id: str) -> Platform | None:
    """Answer one platform, or None."""
    return _BY_ID.get(platform_id)


def list_platforms(
    *, category: str | None, partner: str | None, target: str | None, limit: int, token: str | None
) -> Page[Platform]:
    """Answer the platforms that fulfil every condition that is not None, a page at a time.

    Raises:
        Invalid: The token is none of this list's.
    """
    wanted = {"category": category, "partner": partner, "target": target}
    matching = [
        platform
        for platform in PLATFORMS
        if all(value is None or getattr(platform, name) == value for name, value in wanted.items())
    ]
    tokens = ListTokens("platforms", category, partner, target)
    if token is not None:
        (last,) = tokens.parse(token, parts=1)
        ids = [platform.platform_id for platform in matching]
        if last not in ids:
            raise invalid_token()
        matching = matching[ids.index(last) + 1 :]
    items = tuple(matching[:limit])
    return Page(items=items, next_token=tokens.encode(items[-1].platform_id) if len(matching) > limit else None)

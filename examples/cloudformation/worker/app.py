"""Does what it is told."""


def handler(event: dict[str, str], _context: object) -> dict[str, str]:
    """Answer the event."""
    return event

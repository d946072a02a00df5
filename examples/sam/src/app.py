"""Greets whoever is named, in the words of a layer."""

from words import GREETING


def handler(event: dict[str, str], _context: object) -> str:
    """Answer a greeting."""
    return f"{GREETING}, {event.get('name', 'world')}"

"""Greets whoever is named."""


def handler(event: dict[str, str], _context: object) -> str:
    """Answer a greeting."""
    return f"Hello, {event.get('name', 'world')}"

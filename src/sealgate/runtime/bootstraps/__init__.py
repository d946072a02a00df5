"""What runs first inside a function's process. Nothing here is imported by the server."""

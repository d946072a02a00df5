"""The operations, one module a service."""

"""The server: everything wired together, and served on one port."""

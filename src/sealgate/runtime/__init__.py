"""Running verified code: unpacking it, and processes in a sandbox. Knows no database and no service."""

"""The one door: who calls, what a call needs, and whether it is allowed."""

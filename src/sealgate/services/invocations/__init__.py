"""Running functions: at once, later and again, and only code that is still the code that was let in."""

"""The words of greetings."""

GREETING = "Hello"

"""Templates: what they say, what that comes to with parameters and functions, and whether it can make a stack.

Nothing here knows of stacks that are there, and nothing is made: what is read elsewhere is asked of who calls.
"""

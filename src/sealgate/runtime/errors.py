"""What can prevent a function from running on this host. What a function does wrong is no error here but a result."""

from sealgate.errors import SealgateError, Unsupported


class RuntimeUnavailable(Unsupported):
    """This host has nothing that runs a function of that runtime."""


class SandboxUnavailable(SealgateError):
    """Functions cannot be confined on this host, and running them without was not asked for."""


class StartFailed(SealgateError):
    """A process did not come up for a reason that is not the function's."""

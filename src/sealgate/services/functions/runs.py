"""What functions have to do with their being run: who runs them is told of changes, and asked what can be run."""

from __future__ import annotations

from sealgate.store.functions import Function


class Runs:
    """Nobody runs functions: every runtime will do, and no change matters. Who runs them derives from it."""

    def check_runtime(self, runtime: str) -> None:
        """Check that functions of a runtime can be run here.

        Raises:
            RuntimeUnavailable: They cannot; the message says what lacks.
        """

    def check_role(self, function: Function) -> None:
        """Check that a function can have the role that it shall have.

        Raises:
            InvalidParameter: The role does not trust Lambda.
            Denied: It is another account's.
        """

    def note_change(self, function: Function) -> None:
        """Take note that a function has other code or settings: what runs is not what is deployed any more."""

    def note_end(self, arn: str) -> None:
        """Take note that a function, or the one version that the ARN names, is deleted, or has another network."""


NEVER_RUN = Runs()

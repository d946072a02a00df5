"""One real server for the tests of a file, and the tools that find it."""

from collections.abc import Iterator

import pytest

from tests.support.server import RunningServer, running_server
from tests.support.stack_user import StackUser
from tests.support.tools import Toolbox


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("iac") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def tools(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Toolbox:
    return Toolbox(home=tmp_path_factory.mktemp("home"), data=server.folder, server=server.environment())


@pytest.fixture(scope="module")
def user(server: RunningServer) -> StackUser:
    return StackUser(server)

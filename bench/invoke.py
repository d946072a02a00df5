"""Invoke through the whole server: cold and warm, and what verifying the code adds to a cold start.

- Cold: a function in Python whose signed package has 300 files in 10 MB, started anew for each call, in turns with the
  same function on a gate that opens at once (`_unchecked.py`).
- Warm: the same handler, in turns with the bare runtime interface client: `awslambdaric` with a minimal Runtime API, in
  no sandbox, behind no server. First one call after the other, then as many as two cores take.

All calls are signed, by botocore and beforehand; they go over loopback and connections that are kept.

    python bench/invoke.py --run
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import serving
from _bare import BareRuntime
from _unchecked import NAME as UNCHECKED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from packages import build

CHECKED = "checked"
EVENT = b'{"greeting": "hello"}'
COLD_ROUNDS = 100
SETTLE_SECONDS, SETTLE_ROUNDS, MOSTLY = 0.15, 20, 0.85
WARM_ROUNDS, WARM_CALLS = 7, 200
RATE_ROUNDS = 5
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
}


class Cloud:
    """A server with two functions of one package, one of which is not verified when it starts.

    Args:
        url: The server's address.
        credentials: Whose calls these are.
    """

    def __init__(self, url: str, credentials: Credentials) -> None:
        self.url = url
        self._credentials = credentials
        self._lambda = self._client("lambda")

    def deploy(self, package: Path) -> None:
        """Sign the package, and make both functions of it."""
        bucket, key = self._sign(package)
        role = self._client("iam").create_role(RoleName="bench", AssumeRolePolicyDocument=json.dumps(TRUST))
        for name in (CHECKED, UNCHECKED):
            self._lambda.create_function(
                FunctionName=name,
                Runtime=f"python3.{sys.version_info.minor}",
                Role=role["Role"]["Arn"],
                Handler="app.handler",
                Code={"S3Bucket": bucket, "S3Key": key},
                MemorySize=512,
            )

    def cool(self, name: str) -> None:
        """End a function's processes, and wait until the machine has nothing to do, though not for long."""
        self._lambda.update_function_configuration(FunctionName=name, Description=str(time.time_ns()))
        for _ in range(SETTLE_ROUNDS):
            before = idle_seconds()
            time.sleep(SETTLE_SECONDS)
            if idle_seconds() - before > MOSTLY * SETTLE_SECONDS * len(os.sched_getaffinity(0)):
                return

    def request(self, name: str) -> bytes:
        """Write the signed request that invokes a function."""
        url = f"{self.url}/2015-03-31/functions/{name}/invocations"
        request = AWSRequest("POST", url, data=EVENT)
        SigV4Auth(self._credentials, "lambda", "us-east-1").add_auth(request)
        headers = {"Host": urlsplit(url).netloc, "Content-Length": str(len(EVENT)), **dict(request.headers.items())}
        head = "".join(f"{field}: {text}\r\n" for field, text in headers.items())
        return f"POST {urlsplit(url).path} HTTP/1.1\r\n{head}\r\n".encode() + EVENT

    def _sign(self, package: Path) -> tuple[str, str]:
        storage, signer = self._client("s3"), self._client("signer")
        storage.create_bucket(Bucket="bench")
        storage.put_bucket_versioning(Bucket="bench", VersioningConfiguration={"Status": "Enabled"})
        version = storage.put_object(Bucket="bench", Key="app.zip", Body=package.read_bytes())["VersionId"]
        signer.put_signing_profile(profileName="bench", platformId="AWSLambda-SHA384-ECDSA")
        job = signer.start_signing_job(
            source={"s3": {"bucketName": "bench", "key": "app.zip", "version": version}},
            destination={"s3": {"bucketName": "bench", "prefix": "signed/"}},
            profileName="bench",
        )["jobId"]
        signer.get_waiter("successful_signing_job").wait(jobId=job, WaiterConfig={"Delay": 1})
        return "bench", str(signer.describe_signing_job(jobId=job)["signedObject"]["s3"]["key"])

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self._credentials.access_key,
            aws_secret_access_key=self._credentials.secret_key,
        )


def main() -> None:
    """Deploy, measure, print."""
    argparse.ArgumentParser(description=__doc__).add_argument("--run", action="store_true")
    with tempfile.TemporaryDirectory(prefix="sealgate-bench-") as name:
        folder = Path(name)
        program = (str(Path(__file__).with_name("_unchecked.py")),)
        with serving.sealgate(folder / "data", program=program) as (url, credentials):
            cloud = Cloud(url, credentials)
            cloud.deploy(build("function", folder))
            with connect(url) as connection:
                compare_cold(cloud, connection)
                with BareRuntime(folder / "function.zip", processes=1) as bare:
                    compare_warm(cloud, connection, bare)
            with BareRuntime(folder / "function.zip", processes=2) as bare:
                compare_rates(cloud, bare)


def compare_cold(cloud: Cloud, connection: socket.socket) -> None:
    """Start both functions in turns, and print what verifying adds."""
    rounds = []
    for number in range(COLD_ROUNDS):
        taken = {}
        for name in (CHECKED, UNCHECKED) if number % 2 else (UNCHECKED, CHECKED):
            cloud.cool(name)
            taken[name] = elapsed(call, connection, cloud.request(name))
        rounds.append((taken[CHECKED], taken[UNCHECKED]))
    report("cold start, verified / not, ms", [(mine * 1000, other * 1000) for mine, other in rounds])


def compare_warm(cloud: Cloud, connection: socket.socket, bare: BareRuntime) -> None:
    """Call one after the other, and print how long one takes."""
    rounds = []
    request = cloud.request(CHECKED)
    call(connection, request)
    for _ in range(WARM_ROUNDS):
        mine = statistics.median(elapsed(call, connection, request) for _ in range(WARM_CALLS))
        rounds.append((mine * 1000, bare.latency(WARM_CALLS) * 1000))
    report("warm invocation / bare client, ms", rounds)


def compare_rates(cloud: Cloud, bare: BareRuntime) -> None:
    """Call as often as both cores take, and print how often that is."""
    request = cloud.request(CHECKED)
    serving.rate(cloud.url, request)
    rounds = [(serving.rate(cloud.url, request)[0], bare.rate(serving.SECONDS)) for _ in range(RATE_ROUNDS)]
    report("warm invocations / bare client, per second", rounds)


def report(title: str, rounds: list[tuple[float, float]]) -> None:
    """Print the medians of both sides, and of their ratio."""
    mine, other = (statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(first / second for first, second in rounds)
    print(f"{title:<44}{mine:>10.2f}{other:>10.2f}{ratio:>8.2f}", flush=True)


def idle_seconds() -> float:
    """Answer how many seconds all cores together have had nothing to do."""
    return int(Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=5)[4]) / os.sysconf("SC_CLK_TCK")


@contextmanager
def connect(url: str) -> Iterator[socket.socket]:
    """Hold a connection to a server."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def call(connection: socket.socket, request: bytes) -> None:
    """Send a request, and wait for the function's answer to it."""
    connection.sendall(request)
    received = b""
    while not received.endswith(EVENT):
        part = connection.recv(65536)
        assert part, received
        received += part
    assert received.startswith(b"HTTP/1.1 200 "), received


def elapsed(do: Callable[..., object], *given: object) -> float:
    """Answer how many seconds something takes."""
    began = time.perf_counter()
    do(*given)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

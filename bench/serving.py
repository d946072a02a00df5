"""Authenticated GetSigningProfile against the same call on `moto_server`, in one interleaved run.

Both answer over loopback to the same client: one process, a few keep-alive connections, requests signed beforehand by
botocore. Sealgate checks the signature of every request; moto checks none.

    python bench/serving.py --run
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import boto3
import uvloop
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CONNECTIONS = 16
SECONDS = 2.0
ROUNDS = 5
PATH = "/signing-profiles/bench_profile"


@contextmanager
def sealgate(folder: Path, *, program: Sequence[str] = ("-m", "sealgate")) -> Iterator[tuple[str, Credentials]]:
    """Run a Sealgate server; what is run is this package, or a program that alters it."""
    command = [sys.executable, *program, "serve", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        found = json.loads((folder / "credentials.json").read_text())
        try:
            yield url, Credentials(found["access_key_id"], found["secret_access_key"])
        finally:
            process.terminate()


@contextmanager
def moto(port: int) -> Iterator[tuple[str, Credentials]]:
    """Run moto's server."""
    command = [str(Path(sys.executable).with_name("moto_server")), "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/")
                break
            except OSError:
                time.sleep(0.1)
        yield url, Credentials("test", "test")
        process.terminate()


def prepare(url: str, credentials: Credentials) -> bytes:
    """Create the profile, and answer the signed request that is measured."""
    client = boto3.client(
        "signer",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
    )
    client.put_signing_profile(profileName="bench_profile", platformId="AWSLambda-SHA384-ECDSA")
    request = AWSRequest("GET", url + PATH)
    SigV4Auth(credentials, "signer", "us-east-1").add_auth(request)
    headers = {"Host": urlsplit(url).netloc, **dict(request.headers.items())}
    lines = [f"GET {PATH} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Caller(asyncio.Protocol):
    """Sends the next request as soon as an answer is whole, over a connection that is kept as long as the server does.

    The client shares two cores with the servers, so it is as thin as can be: bytes prepared beforehand, and of an
    answer only its status and length are read.
    """

    def __init__(self, address: tuple[str, int], request: bytes, end: float) -> None:
        self._address = address
        self._request = request
        self._end = end
        self._received = b""
        self.taken: list[float] = []
        self.done = asyncio.get_running_loop().create_future()

    async def run(self) -> list[float]:
        """Answer how long each request took, in seconds."""
        while not self.done.done():
            self._lost = asyncio.get_running_loop().create_future()
            await asyncio.get_running_loop().create_connection(lambda: self, *self._address)
            await self._lost
        return self.taken

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send a request."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Tell that another connection is needed."""
        self._lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take an answer, and send the next request."""
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        assert b" 200 " in head[:16], head
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        assert length is not None
        if len(body) < int(length[1]):
            return
        self._received = b""
        self.taken.append(time.perf_counter() - self._sent)
        if b"close" not in head:
            self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        if self._sent < self._end:
            self._transport.write(self._request)
        else:
            self.done.set_result(None)
            self._transport.close()


async def _call(url: str, request: bytes) -> list[float]:
    parts = urlsplit(url)
    end = time.perf_counter() + SECONDS
    address = (parts.hostname or "", parts.port or 0)
    taken = await asyncio.gather(*(Caller(address, request, end).run() for _ in range(CONNECTIONS)))
    return [each for one in taken for each in one]


def rate(url: str, request: bytes) -> tuple[float, float]:
    """Answer requests a second over all connections, and the 99th percentile of a request in milliseconds."""
    taken = uvloop.run(_call(url, request))
    return len(taken) / SECONDS, statistics.quantiles(taken, n=100)[98] * 1000


def main() -> None:
    """Measure both in turn, and print the ratio."""
    argparse.ArgumentParser(description=__doc__).add_argument("--run", action="store_true")
    with tempfile.TemporaryDirectory() as name, sealgate(Path(name) / "data") as ours, moto(5933) as theirs:
        requests = {url: prepare(url, credentials) for url, credentials in (ours, theirs)}
        ratios = []
        for _ in range(ROUNDS):
            mine, my_p99 = rate(ours[0], requests[ours[0]])
            other, their_p99 = rate(theirs[0], requests[theirs[0]])
            ratios.append(mine / other)
            print(f"sealgate {mine:7.0f}/s p99 {my_p99:6.1f} ms   moto_server {other:7.0f}/s p99 {their_p99:6.1f} ms")
        print(f"GetSigningProfile, authenticated: {statistics.median(ratios):.1f} times the rate of moto_server")


if __name__ == "__main__":
    main()

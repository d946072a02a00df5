"""Authenticated GetSigningProfile against the same call on `moto_server`, in one interleaved run.

Both answer over loopback to the same client: one process, a few keep-alive connections, requests signed beforehand by
botocore. Sealgate checks the signature of every request; moto checks none.

    python bench/requests.py --run
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CONNECTIONS = 8
SECONDS = 2.0
ROUNDS = 5
PATH = "/signing-profiles/bench_profile"


@contextmanager
def sealgate(folder: Path) -> Iterator[tuple[str, Credentials]]:
    """Run a Sealgate server."""
    command = [sys.executable, "-m", "sealgate", "serve", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        found = json.loads((folder / "credentials.json").read_text())
        yield url, Credentials(found["access_key_id"], found["secret_access_key"])
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


def prepare(url: str, credentials: Credentials) -> dict[str, str]:
    """Create the profile, and answer the signed headers of the request that is measured."""
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
    return dict(request.headers.items())


def rate(url: str, headers: dict[str, str]) -> tuple[float, float]:
    """Answer requests a second over all connections, and the 99th percentile of a request in milliseconds."""
    host = urlsplit(url).netloc
    end = time.perf_counter() + SECONDS
    taken: list[float] = []

    def call() -> None:
        connection = http.client.HTTPConnection(host)
        mine = []
        while (start := time.perf_counter()) < end:
            connection.request("GET", PATH, headers=headers)
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status
            mine.append(time.perf_counter() - start)
        taken.extend(mine)

    threads = [threading.Thread(target=call) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(taken) / SECONDS, statistics.quantiles(taken, n=100)[98] * 1000


def main() -> None:
    """Measure both in turn, and print the ratio."""
    argparse.ArgumentParser(description=__doc__).add_argument("--run", action="store_true")
    with tempfile.TemporaryDirectory() as name, sealgate(Path(name) / "data") as ours, moto(5933) as theirs:
        headers = {url: prepare(url, credentials) for url, credentials in (ours, theirs)}
        ratios = []
        for _ in range(ROUNDS):
            mine, my_p99 = rate(ours[0], headers[ours[0]])
            other, their_p99 = rate(theirs[0], headers[theirs[0]])
            ratios.append(mine / other)
            print(f"sealgate {mine:7.0f}/s p99 {my_p99:6.1f} ms   moto_server {other:7.0f}/s p99 {their_p99:6.1f} ms")
        print(f"GetSigningProfile, authenticated: {statistics.median(ratios):.1f} times the rate of moto_server")


if __name__ == "__main__":
    main()

"""What was acknowledged survives `kill -9` at any moment."""

import hashlib
import io
import itertools
import json
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from sealgate.clock import system_clock
from sealgate.package.source import BytesSource
from sealgate.store.folder import DataFolder
from sealgate.trust.roots import TrustRoots, parse_root
from sealgate.trust.verify import verify_package
from tests.support.running import PYTHON

KILLS = 20
SEED = 20261124


@dataclass
class Acknowledged:
    """What the server has said yes to, in the order in which it did."""

    objects: dict[str, bytes] = field(default_factory=dict)
    profiles: dict[str, str] = field(default_factory=dict)
    functions: dict[str, bytes] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """What it has said no to, although nothing was wrong with it."""

    def count(self) -> int:
        return len(self.objects) + len(self.profiles) + len(self.functions) + len(self.jobs)

    def add(self, others: "Acknowledged") -> None:
        self.objects |= others.objects
        self.profiles |= others.profiles
        self.functions |= others.functions
        self.jobs += others.jobs
        self.refusals += others.refusals


def start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sealgate", "serve", "--port", "0", "--data", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on "), line
    return process, line.split()[-1]


def end(process: subprocess.Popen[str], how: signal.Signals) -> int:
    process.send_signal(how)
    status = process.wait(timeout=30)
    assert process.stdout is not None
    process.stdout.close()
    return status


def client(service: str, url: str, folder: Path) -> Any:
    credentials = DataFolder(folder).read_credentials()
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=credentials.region,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        config=Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=20),
    )


def package(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("handler.py", text)
    return buffer.getvalue()


def put_object(name: str, url: str, folder: Path, seen: Acknowledged) -> None:
    body = package(name) * 40
    client("s3", url, folder).put_object(Bucket="packages", Key=name, Body=body)
    seen.objects[name] = body


def put_profile(name: str, url: str, folder: Path, seen: Acknowledged) -> None:
    answer = client("signer", url, folder).put_signing_profile(profileName=name, platformId="AWSLambda-SHA384-ECDSA")
    seen.profiles[name] = answer["profileVersion"]


def create_function(name: str, url: str, folder: Path, seen: Acknowledged) -> None:
    code = package(name)
    client("lambda", url, folder).create_function(
        FunctionName=name,
        Role="arn:aws:iam::000000000000:role/role",
        Runtime=PYTHON,
        Handler="handler.handler",
        Code={"ZipFile": code},
    )
    seen.functions[name] = code


def start_job(name: str, url: str, folder: Path, seen: Acknowledged) -> None:
    version = client("s3", url, folder).put_object(Bucket="packages", Key=f"{name}.zip", Body=package(name))[
        "VersionId"
    ]
    source = {"bucketName": "packages", "key": f"{name}.zip", "version": version}
    answer = client("signer", url, folder).start_signing_job(
        source={"s3": source}, destination={"s3": {"bucketName": "packages"}}, profileName="profile"
    )
    seen.jobs.append(answer["jobId"])


Action = Callable[[str, str, Path, Acknowledged], None]
ACTIONS: tuple[Action, ...] = (put_object, put_profile, create_function, start_job)


def load(action: Action, names: "itertools.count[int]", url: str, folder: Path, seen: Acknowledged) -> None:
    """Call until the server is gone."""
    while True:
        try:
            action(f"{action.__name__}_{next(names)}", url, folder, seen)
        except ClientError as error:
            seen.refusals.append(str(error))
        except (BotoCoreError, HTTPClientError, OSError):
            return


def assert_all_is_there(url: str, folder: Path, seen: Acknowledged) -> None:
    s3, signer, functions = (client(name, url, folder) for name in ("s3", "signer", "lambda"))
    for name, body in seen.objects.items():
        assert s3.get_object(Bucket="packages", Key=name)["Body"].read() == body
    for name, version in seen.profiles.items():
        assert signer.get_signing_profile(profileName=name)["profileVersion"] == version
    for name, code in seen.functions.items():
        with urlopen(functions.get_function(FunctionName=name)["Code"]["Location"]) as answer:  # noqa: S310 - our own
            assert answer.read() == code
    root = parse_root((folder / "authority" / "root.pem").read_bytes(), name="root")
    for job in seen.jobs:
        signer.get_waiter("successful_signing_job").wait(jobId=job, WaiterConfig={"Delay": 0.2, "MaxAttempts": 150})
        signed = signer.describe_signing_job(jobId=job)["signedObject"]["s3"]
        content = s3.get_object(Bucket=signed["bucketName"], Key=signed["key"])["Body"].read()
        assessment = verify_package(BytesSource(content), roots=TrustRoots(roots=(root,)), at=system_clock())
        assert assessment.signature is not None
        assert assessment.signature.job_arn.endswith(f"/{job}")


def assert_every_blob_is_whole(folder: Path) -> None:
    blobs = [path for path in (folder / "blobs").rglob("*") if path.is_file() and path.parent.name != "staging"]
    assert blobs
    for path in blobs:
        assert hashlib.sha256(path.read_bytes()).hexdigest().endswith(path.name)


def test_what_was_acknowledged_survives_twenty_kills_under_load(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    moments = random.Random(SEED)  # noqa: S311 - when to kill, not a secret
    names = itertools.count()
    process, url = start(folder)
    s3 = client("s3", url, folder)
    s3.create_bucket(Bucket="packages")
    s3.put_bucket_versioning(Bucket="packages", VersioningConfiguration={"Status": "Enabled"})
    client("signer", url, folder).put_signing_profile(profileName="profile", platformId="AWSLambda-SHA384-ECDSA")
    everything = Acknowledged()
    for _ in range(KILLS):
        seen = Acknowledged()
        threads = [threading.Thread(target=load, args=(action, names, url, folder, seen)) for action in ACTIONS]
        for thread in threads:
            thread.start()
        time.sleep(moments.uniform(0.2, 0.6))  # the moment of the kill is what is being varied
        end(process, signal.SIGKILL)
        for thread in threads:
            thread.join()
        assert_every_blob_is_whole(folder)
        process, url = start(folder)
        assert_all_is_there(url, folder, seen)
        everything.add(seen)
    assert_all_is_there(url, folder, everything)  # no later kill has taken what an earlier one left
    assert end(process, signal.SIGTERM) == 0
    assert everything.refusals == []
    assert everything.count() > KILLS  # the load was real


def read(url: str, folder: Path, seen: list[str]) -> None:
    """Call until the server is gone: calls that change nothing, and calls that are refused."""
    signer = client("signer", url, folder)
    while True:
        try:
            answer = signer.get_signing_profile(profileName="profile")
        except ClientError as error:
            answer = error.response
        except (BotoCoreError, HTTPClientError, OSError):
            return
        seen.append(answer["ResponseMetadata"]["RequestId"])


def recorded(folder: Path) -> list[str]:
    """Answer the requests in the trail of a server that does not run, as `sealgate audit export` tells them."""
    command = [sys.executable, "-m", "sealgate", "audit", "export", "--data", str(folder)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    events = [json.loads(line).get("event") for line in lines]
    return [str(json.loads(event).get("requestID")) for event in events if event is not None]


def test_every_call_that_was_answered_is_in_the_trail_after_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    seen: list[str] = []
    process, url = start(folder)
    for has_profile in (False, True):
        if has_profile:
            client("signer", url, folder).put_signing_profile(
                profileName="profile", platformId="AWSLambda-SHA384-ECDSA"
            )
        threads = [threading.Thread(target=read, args=(url, folder, seen)) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.7)  # more than the journal is filed in
        end(process, signal.SIGKILL)
        for thread in threads:
            thread.join()
        process, url = start(folder)
    assert end(process, signal.SIGTERM) == 0
    found = recorded(folder)
    assert len(seen) > 100
    assert set(seen) <= set(found)
    assert len(found) == len(set(found))
    assert list((folder / "journal").iterdir()) == []

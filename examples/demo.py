"""The main job, end to end, with the stock `aws` command line against a server of its own: `make demo`.

A package is signed and a function demands signatures. The signed package is accepted; the altered one is always
refused; the unsigned, foreign, expired and revoked ones are refused under Enforce, and accepted with a warning under
Warn. Each step shows the command, the answer, and what it proves. The exit status is 0 only if every outcome was the
expected one. Everything happens on a free port of this machine and in a temporary folder.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sealgate.arn import job_arn, profile_version_arn
from sealgate.clock import system_clock
from sealgate.package.source import BytesSource
from sealgate.trust.authority import Authority
from sealgate.trust.keys import MemoryKeyStore
from sealgate.trust.sign import SignatureClaims, sign_package

BUCKET = "packages"
PROFILE = "my-signer-profile"
FUNCTION = "hello"
ROLE = "arn:aws:iam::000000000000:role/hello"
NOT_ALLOWED = "might be signed using a signature that the client is not configured to accept"
NOT_INTACT = "not properly signed"
_START_SECONDS = 30
_STOP_SECONDS = 30
_WIDTH = 112


class Unexpected(Exception):
    """An outcome was not the one that the story promises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command said."""

    status: int
    stdout: str
    stderr: str


class Narrator:
    """Tells the story: numbered steps, commands, answers, conclusions; in colour on a terminal only."""

    def __init__(self) -> None:
        self._steps = 0
        self._is_colourful = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def step(self, title: str) -> None:
        """Begin a step."""
        self._steps += 1
        print(f"\n{self._paint('1', f'{self._steps}. {title}')}")

    def command(self, words: tuple[str, ...]) -> None:
        """Show a command as one would type it."""
        self._line("2", "$ " + " ".join(word if word in ("&&", "|") else shlex.quote(word) for word in words))

    def answer(self, text: str) -> None:
        """Show what came back."""
        for line in text.strip().splitlines():
            self._line("0", "  " + line)

    def proves(self, text: str) -> None:
        """Say what the answer shows."""
        self._line("32", "=> " + text)

    def fails(self, text: str) -> None:
        """Say that the story has gone wrong."""
        print(self._paint("31", f"\nUNEXPECTED: {text}"), file=sys.stderr)

    def _line(self, code: str, text: str) -> None:
        print("   " + self._paint(code, text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."), flush=True)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._is_colourful else text


class Stage:
    """A folder with packages, a server on its own data folder, and clients that are pointed at it."""

    def __init__(self, folder: Path, narrator: Narrator) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.tell = narrator
        self._environment = _clean_environment()

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Run `sealgate serve` on a free port, and point the clients at it with `sealgate env`."""
        self.tell.command(("sealgate", "serve", "--port", "0", "--data", "data", "&"))
        with (self.folder / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "sealgate", "serve", "--port", "0", "--data", self.data],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            self.tell.answer(_first_line(server))
            self.tell.command(("eval", "$(sealgate env --data data)"))
            self._environment = self._read_environment()
            yield
        finally:
            server.send_signal(signal.SIGTERM)
            if server.wait(_STOP_SECONDS) != 0:
                raise Unexpected(f"the server ended with status {server.returncode}:\n{self.server_log()}")

    def server_log(self) -> str:
        """Answer what the server has written on stderr."""
        return (self.folder / "server.log").read_text()

    def run(self, *words: str) -> Answer:
        """Show and run a command."""
        self.tell.command(words)
        return self._run(words)

    def succeed(self, *words: str) -> str:
        """Show and run a command that has to succeed; answer what it printed."""
        answer = self.run(*words)
        if answer.status != 0:
            raise Unexpected(f"status {answer.status}: {answer.stderr or answer.stdout}")
        return answer.stdout.strip()

    def refuse(self, *words: str, because: str) -> None:
        """Show and run a deployment that has to be refused with a CodeVerificationFailedException."""
        answer = self.run(*words)
        text = answer.stderr.strip()
        if answer.status == 0 or "CodeVerificationFailedException" not in text or because not in text:
            raise Unexpected(f"expected a refusal ({because!r}), got status {answer.status}: {text or answer.stdout}")
        self.tell.answer(text)

    def judge(self, *words: str, acceptable: bool) -> None:
        """Show and run `sealgate verify`, whose exit status has to be 0 or 1."""
        answer = self.run("sealgate", "verify", *words)
        self.tell.answer("\n".join(answer.stdout.splitlines()[:7]))
        if answer.status != (0 if acceptable else 1):
            raise Unexpected(f"expected {'an' if acceptable else 'no'} acceptance, got status {answer.status}")

    def _run(self, words: tuple[str, ...]) -> Answer:
        done = subprocess.run(
            [*_program(words[0]), *words[1:]],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(status=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def _read_environment(self) -> dict[str, str]:
        exports = self._run(("sealgate", "env", "--data", "data")).stdout
        told = subprocess.run(
            ["sh", "-c", f"{exports}\nenv -0"], env=self._environment, capture_output=True, text=True, check=True
        )
        return dict(line.split("=", 1) for line in told.stdout.split("\0") if line)


def main() -> int:
    """Tell the story; answer the exit status."""
    narrator = Narrator()
    began = time.monotonic()
    print("Sealgate: sign and gate, end to end, with the stock aws command line")
    with tempfile.TemporaryDirectory(prefix="sealgate-demo-") as folder:
        stage = Stage(Path(folder), narrator)
        try:
            tell_story(stage)
        except Unexpected as failure:
            narrator.fails(str(failure))
            return 1
    print(f"\nEvery outcome was the expected one ({time.monotonic() - began:.0f} s).")
    return 0


def tell_story(stage: Stage) -> None:
    """Run every step, in order.

    Raises:
        Unexpected: An outcome is not the promised one.
    """
    make_package(stage.folder / "unsigned.zip")
    old_publisher = make_expired_package(stage)
    stage.tell.step("A server, and clients that find it")
    with stage.serving():
        version = upload(stage)
        publisher, job = sign(stage, version)
        config = demand_signatures(stage, publisher, old_publisher)
        deploy_signed(stage, job, config)
        refuse_altered(stage)
        refuse_unsigned(stage)
        refuse_foreign(stage, version)
        refuse_expired(stage)
        verify_offline(stage)
        refuse_revoked(stage, job)
        only_warn(stage, config)
    stage.tell.step("The server has stopped; the verdicts stay")
    stage.judge("signed.zip", "--trust", "data/authority/root.pem", "--revocations", "revoked.json", acceptable=False)
    stage.tell.proves("the signed revocation list carries the revocation to machines without a server")


def upload(stage: Stage) -> str:
    """Put the package into a versioned bucket; answer its version."""
    stage.tell.step("A versioned bucket with the package that the developer built")
    stage.succeed("aws", "s3api", "create-bucket", "--bucket", BUCKET)
    stage.succeed(
        *("aws", "s3api", "put-bucket-versioning", "--bucket", BUCKET),
        *("--versioning-configuration", "Status=Enabled"),
    )
    version = stage.succeed(
        *("aws", "s3api", "put-object", "--bucket", BUCKET, "--key", "hello.zip", "--body", "unsigned.zip"),
        *("--query", "VersionId", "--output", "text"),
    )
    stage.tell.answer(version)
    return version


def sign(stage: Stage, version: str) -> tuple[str, str]:
    """Make the profile and sign with it; answer the publisher's ARN and the job's id."""
    stage.tell.step("A signing profile, and a signing job")
    publisher = make_profile(stage, PROFILE)
    job = run_job(stage, PROFILE, version)
    stage.succeed("aws", "s3", "cp", "--quiet", f"s3://{BUCKET}/{job}.zip", "signed.zip")
    signed = (stage.folder / "signed.zip").read_bytes()
    original = (stage.folder / "unsigned.zip").read_bytes()
    alter(signed, stage.folder / "altered.zip")
    if len(signed) <= len(original):
        raise Unexpected("the signed package is not longer than the unsigned one")
    stage.tell.proves(f"{len(original)} bytes became {len(signed)}: the same entries, and a signature over every byte")
    return publisher, job


def make_profile(stage: Stage, name: str) -> str:
    """Make a signing profile; answer its version's ARN."""
    arn = stage.succeed(
        *("aws", "signer", "put-signing-profile", "--profile-name", name),
        *("--platform-id", "AWSLambda-SHA384-ECDSA", "--query", "profileVersionArn", "--output", "text"),
    )
    stage.tell.answer(arn)
    return arn


def run_job(stage: Stage, profile: str, version: str) -> str:
    """Sign the uploaded package and wait for it; answer the job's id."""
    source = f"s3={{bucketName={BUCKET},key=hello.zip,version={version}}}"
    job = stage.succeed(
        *("aws", "signer", "start-signing-job", "--profile-name", profile, "--source", source),
        *("--destination", f"s3={{bucketName={BUCKET}}}", "--query", "jobId", "--output", "text"),
    )
    stage.succeed("aws", "signer", "wait", "successful-signing-job", "--job-id", job)
    return job


def demand_signatures(stage: Stage, *publishers: str) -> str:
    """Make a code signing config that enforces; answer its ARN."""
    stage.tell.step("A code signing config: only this publisher, or the deployment fails")
    listed = ",".join(f'"{publisher}"' for publisher in publishers)
    config = stage.succeed(
        *("aws", "lambda", "create-code-signing-config"),
        *("--code-signing-policies", '{"untrustedArtifactOnDeployment":"Enforce"}'),
        *("--allowed-publishers", f'{{"signingProfileVersionArns":[{listed}]}}'),
        *("--query", "CodeSigningConfig.CodeSigningConfigArn", "--output", "text"),
    )
    stage.tell.answer(config)
    return config


def deploy_signed(stage: Stage, job: str, config: str) -> None:
    """Create the function from the signed package."""
    stage.tell.step("The signed package is accepted")
    told = stage.succeed(
        *("aws", "lambda", "create-function", "--function-name", FUNCTION, "--role", ROLE),
        *("--runtime", "python3.13", "--handler", "app.handler", "--code", f"S3Bucket={BUCKET},S3Key={job}.zip"),
        *("--code-signing-config-arn", config, "--query", "SigningJobArn", "--output", "text"),
    )
    if not told.endswith(job):
        raise Unexpected(f"the function names the signing job {told!r}")
    stage.tell.answer(told)
    stage.succeed("aws", "lambda", "wait", "function-active-v2", "--function-name", FUNCTION)
    stage.tell.proves("deployed, and the function names the job that signed it")


def update_with(package: str) -> tuple[str, ...]:
    """Write the command that deploys a local package."""
    return (
        *("aws", "lambda", "update-function-code", "--function-name", FUNCTION, "--zip-file", f"fileb://{package}"),
        *("--query", "[SigningProfileVersionArn,CodeSha256]", "--output", "text"),
    )


def refuse_altered(stage: Stage) -> None:
    """Deploy the package with one bit flipped."""
    stage.tell.step("The altered package (one bit of it) is refused")
    stage.refuse(*update_with("altered.zip"), because=NOT_INTACT)
    stage.tell.proves("any byte changed, deployment fails")


def refuse_unsigned(stage: Stage) -> None:
    """Deploy the package as it was before signing."""
    stage.tell.step("The unsigned package is refused")
    stage.refuse(*update_with("unsigned.zip"), because=NOT_ALLOWED)
    stage.tell.proves("no signature, no deployment")


def refuse_foreign(stage: Stage, version: str) -> None:
    """Sign with a profile that the config does not list, and deploy."""
    stage.tell.step("A package signed under another profile is refused")
    make_profile(stage, "somebody_else")
    job = run_job(stage, "somebody_else", version)
    stage.refuse(
        *("aws", "lambda", "update-function-code", "--function-name", FUNCTION),
        *("--s3-bucket", BUCKET, "--s3-key", f"{job}.zip"),
        because=NOT_ALLOWED,
    )
    stage.tell.proves("a good signature by a publisher who is not on the list does not help")


def refuse_expired(stage: Stage) -> None:
    """Deploy a package whose signature was good for one day, nine days ago."""
    stage.tell.step("An expired package is refused")
    stage.tell.answer(
        "expired.zip was signed ten days ago, for one day, by an authority whose root the operator imported"
    )
    stage.refuse(*update_with("expired.zip"), because=NOT_ALLOWED)
    stage.tell.proves("its publisher is on the list and it is intact, but its time is over")


def verify_offline(stage: Stage) -> None:
    """Judge files without the server."""
    stage.tell.step("Anyone can verify offline: no server, no network")
    stage.judge("signed.zip", "--trust", "data/authority/root.pem", acceptable=True)
    stage.judge("altered.zip", "--trust", "data/authority/root.pem", acceptable=False)
    later = (system_clock() + timedelta(days=365 * 12)).strftime("%Y-%m-%dT%H:%M:%SZ")
    stage.judge("signed.zip", "--trust", "data/authority/root.pem", "--at", later, acceptable=False)
    stage.tell.proves("intact today, refused when altered, and expired when its time is over")


def refuse_revoked(stage: Stage, job: str) -> None:
    """Revoke the signature that was accepted before, deploy it again, and write the revocation list."""
    stage.tell.step("The signature is revoked: the package that was accepted before is refused")
    stage.succeed("aws", "signer", "revoke-signature", "--job-id", job, "--reason", "the build machine was broken into")
    stage.refuse(*update_with("signed.zip"), because=NOT_ALLOWED)
    stage.succeed("sealgate", "revocations", "--data", "data", "-o", "revoked.json")
    stage.tell.proves("revocation takes back what was signed")


def only_warn(stage: Stage, config: str) -> None:
    """Change the policy to Warn: policy failures pass with a warning, broken integrity does not."""
    stage.tell.step("Under Warn the unsigned package is accepted with a warning, the altered one still refused")
    stage.succeed(
        *("aws", "lambda", "update-code-signing-config", "--code-signing-config-arn", config),
        *("--code-signing-policies", '{"untrustedArtifactOnDeployment":"Warn"}', "--query", "CodeSigningConfig.[]"),
    )
    told = stage.succeed(*update_with("unsigned.zip"))
    warnings = [line for line in stage.server_log().splitlines() if " WARNING " in line and FUNCTION in line]
    if not told.startswith("None") or not warnings:
        raise Unexpected(f"no warning in the server's log, or a publisher for unsigned code: {told}")
    stage.tell.answer(f"{told}\nserver log: {warnings[-1]}")
    stage.refuse(*update_with("altered.zip"), because=NOT_INTACT)
    stage.tell.proves("Warn lets policy pass, never broken integrity")


def make_package(path: Path) -> None:
    """Write a small function package."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("app.py", 'def handler(event, context):\n    return "hello"\n')
        package.writestr("data/greetings.txt", "hello\nbonjour\nguten Tag\n" * 40)


def make_expired_package(stage: Stage) -> str:
    """Write a package that was signed ten days ago for one day, and trust its authority; answer its publisher.

    Time cannot be moved for a real server, so the past is made by an authority of its own, whose clock stands there.
    """
    past = system_clock().replace(microsecond=0) - timedelta(days=10)
    authority = Authority.open(stage.folder / "old-authority", MemoryKeyStore(), lambda: past)
    publisher = profile_version_arn("us-east-1", "111122223333", "old_profile", "aB3dE6gH9k")
    claims = SignatureClaims(
        signing_time=past,
        expires_at=past + timedelta(days=1),
        job_arn=job_arn("us-east-1", "111122223333", "0f7b1c9e-6d0a-4c55-9b57-3f2b8c8f1a11"),
        profile_version_arn=publisher,
    )
    source = BytesSource((stage.folder / "unsigned.zip").read_bytes())
    with (stage.folder / "expired.zip").open("w+b") as target:
        sign_package(source, identity=authority.leaf_for(publisher), claims=claims, target_fd=target.fileno())
    roots = stage.data / "roots"
    roots.mkdir(parents=True, mode=0o700)
    stage.data.chmod(0o700)
    (roots / "old-authority.pem").write_bytes((stage.folder / "old-authority" / "root.pem").read_bytes())
    return publisher


def alter(package: bytes, path: Path) -> None:
    """Write the package with one bit of its first entry's body flipped."""
    position = 30 + len("app.py") + 4
    path.write_bytes(package[:position] + bytes([package[position] ^ 1]) + package[position + 1 :])


def _program(name: str) -> list[str]:
    if name == "sealgate":
        return [sys.executable, "-m", "sealgate"]
    return [str(Path(sys.executable).parent / name)]


def _clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SEALGATE_"))}
    nothing = os.devnull
    return kept | {
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _first_line(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    line = server.stdout.readline().strip()
    if not line.startswith("listening on "):
        raise Unexpected(f"the server did not start: {line!r}")
    return line


if __name__ == "__main__":
    sys.exit(main())

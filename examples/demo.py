"""The main job, end to end, with the stock `aws` command line against a server of its own: `make demo`.

A package is signed and a function demands signatures. The signed package is accepted; the altered one is always
refused; the unsigned, foreign, expired and revoked ones are refused under Enforce, and accepted with a warning under
Warn. Each step shows the command, the answer, and what it proves. The exit status is 0 only if every outcome was the
expected one. Everything happens on a free port of this machine and in a temporary folder.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
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
ROOT = "data/authority/root.pem"
NOT_ALLOWED = "might be signed using a signature that the client is not configured to accept"
NOT_INTACT = "not properly signed"
_TEXT = ("--output", "text", "--query")
"""The last options of many commands, which cut the answer down to one member. The story does not show them."""
_ADMISSION = re.compile(rf" admission (\w+): \S+:function:{FUNCTION}, \w+: (\{{.*\}})$", re.MULTILINE)
_GLUE = "\N{NO-BREAK SPACE}"
"""A blank at which no line of the story is broken."""
_STOP_SECONDS = 30
_WIDTH = 108


class Unexpected(Exception):
    """An outcome was not the one that the story promises."""


class Narrator:
    """Tells the story: numbered steps, commands, answers, conclusions; in colour on a terminal only."""

    def __init__(self) -> None:
        self._steps = 0
        self._is_colourful = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def step(self, title: str) -> None:
        """Begin a step."""
        self._steps += 1
        print(f"\n{self._paint('1', f'{self._steps}. {title}')}")

    def command(self, command: str) -> None:
        """Show a command as one would type it."""
        self._write("36", command, first="$ ", then="    ", end=" \\")

    def answer(self, text: str) -> None:
        """Show what came back."""
        for line in filter(None, map(str.strip, text.splitlines())):
            self._write("0", line, first="  ", then="  ")

    def proves(self, text: str) -> None:
        """Say what the answer shows."""
        self._write("32", text, first="=> ", then="   ")

    def fails(self, text: str) -> None:
        """Say that the story has gone wrong."""
        print(self._paint("31", f"\nUNEXPECTED: {text}"), file=sys.stderr)

    def _write(self, code: str, text: str, *, first: str, then: str, end: str = "") -> None:
        lines = textwrap.wrap(
            text, _WIDTH, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
        )
        for number, line in enumerate(lines, 1):
            shown = line.replace(_GLUE, " ") + (end if number < len(lines) else "")
            print("   " + self._paint(code, shown), flush=True)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._is_colourful else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command said."""

    status: int
    stdout: str
    stderr: str


class Stage:
    """A folder with packages, a server on its own data folder, and clients that are pointed at it."""

    def __init__(self, folder: Path, narrator: Narrator) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.tell = narrator
        self._environment = _clean_environment(folder)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Run `sealgate serve` on a free port, and point the clients at it with `sealgate env`."""
        self.tell.command("sealgate serve --port 0 --data data &")
        with (self.folder / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [*_program("sealgate"), "serve", "--port", "0", "--data", "data"],
                cwd=self.folder,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            self.tell.answer(self._first_line(server))
            self.tell.command('eval "$(sealgate env --data data)"')
            self._environment = self._read_environment()
            yield
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=_STOP_SECONDS)
        if server.returncode != 0:
            raise Unexpected(f"the server ended with status {server.returncode}:\n{self._log()}")

    def succeed(self, *words: str) -> str:
        """Show and run a command that has to succeed; answer what it printed."""
        answer = self._run(words)
        if answer.status != 0:
            raise Unexpected(f"status {answer.status}: {answer.stderr or answer.stdout}")
        return answer.stdout.strip()

    def refuse(self, *words: str, message: str, check: str) -> None:
        """Show and run a deployment that has to be refused with AWS's own message, because of one check."""
        answer = self._run(words)
        text = answer.stderr.strip()
        if answer.status == 0 or "CodeVerificationFailedException" not in text or message not in text:
            raise Unexpected(f"expected a refusal ({message!r}), got status {answer.status}: {text or answer.stdout}")
        self.tell.answer(text)
        self._find_admission("DENY", check)

    def warn(self, package: str, *, check: str) -> None:
        """Show and run a package's deployment, which has to be accepted, with a warning about one check."""
        told = self.succeed(*deployment_of(package))
        if told != base64.b64encode(hashlib.sha256((self.folder / package).read_bytes()).digest()).decode():
            raise Unexpected(f"the function's code is {told}, which is not that of {package}")
        self.tell.answer(f"{told}, the SHA-256 of {package}")
        self._find_admission("WARN", check)

    def judge(self, *words: str, failed: str | None) -> None:
        """Show and run `sealgate verify`, which has to find the package acceptable, or one check failed."""
        answer = self._run(("sealgate", "verify", *words))
        checks = [line for line in answer.stdout.splitlines()[2:] if line.startswith(("  ok ", "  FAILED ", "  NOT "))]
        self.tell.answer("\n".join([answer.stdout.splitlines()[0], *checks] if checks else [answer.stderr]))
        found = [line.split()[1] for line in checks if line.startswith("  FAILED ")]
        if (answer.status, found) != ((0, []) if failed is None else (1, [failed])):
            raise Unexpected(f"status {answer.status}, failed checks {found}; expected {failed or 'acceptance'}")

    def _find_admission(self, outcome: str, check: str) -> None:
        """Show the server's own words on the last deployment: AWS's message does not tell the check."""
        lines = _ADMISSION.findall(self._log())
        finding, _ = json.JSONDecoder().raw_decode(lines[-1][1]) if lines else ({"check": None}, 0)
        if not lines or (lines[-1][0], finding["check"]) != (outcome, check):
            raise Unexpected(f"expected {outcome} because of {check}; the server's log ends with {lines[-1:]}")
        self.tell.answer(f"server log: {outcome}, {check}: {finding['detail']}")

    def _run(self, words: tuple[str, ...]) -> Answer:
        shown = words[: words.index(_TEXT[0])] if _TEXT[0] in words else words
        self.tell.command(_wrappable(shown))
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
        script = f'eval "$({shlex.join(_program("sealgate"))} env --data data)"; env -0'
        told = subprocess.run(
            ["sh", "-c", script], cwd=self.folder, env=self._environment, capture_output=True, text=True, check=True
        )
        return dict(line.split("=", 1) for line in told.stdout.split("\0") if line)

    def _first_line(self, server: subprocess.Popen[str]) -> str:
        assert server.stdout is not None
        line = server.stdout.readline().strip()
        if not line.startswith("listening on "):
            raise Unexpected(f"the server did not start:\n{self._log()}")
        return line

    def _log(self) -> str:
        return (self.folder / "server.log").read_text()


def _wrappable(words: tuple[str, ...]) -> str:
    """Write a command so that lines break neither inside a quoted word nor between an option and its value."""
    quoted = [shlex.quote(word).replace(" ", _GLUE) for word in words]
    return "".join(
        word + (_GLUE if word.startswith("-") and not following.startswith("-") else " ")
        for word, following in zip(quoted, [*quoted[1:], "-"], strict=True)
    )


def _program(name: str) -> list[str]:
    if name == "sealgate":
        return [sys.executable, "-m", "sealgate"]
    return [str(Path(sys.executable).parent / name)]


def _clean_environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SEALGATE_"))}
    if kept.pop("PYTHONDONTWRITEBYTECODE", None):
        # Thirty processes would each compile all that they load; let the first one's work serve the others.
        kept["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    nothing = os.devnull
    return kept | {
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def main() -> int:
    """Tell the story; answer the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends through the `finally` clauses: no server stays behind
    narrator = Narrator()
    began = time.monotonic()
    print("Sealgate: sign and gate, end to end, with the stock aws command line")
    print("Of each answer only the part that matters is shown.")
    with tempfile.TemporaryDirectory(prefix="sealgate-demo-") as folder:
        try:
            tell_story(Stage(Path(folder), narrator))
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
        check_unchanged(stage)
        only_warn(stage, config)
    stage.tell.step("The server has stopped; anyone can still tell that the signature was revoked")
    stage.judge("signed.zip", "--trust", ROOT, "--revocations", "revoked.json", failed="revocation")
    stage.tell.proves("a signed list carries revocations to where no server is")


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
        *(*_TEXT, "VersionId"),
    )
    stage.tell.answer(version)
    return version


def sign(stage: Stage, version: str) -> tuple[str, str]:
    """Make the profile and sign with it; answer the publisher's ARN and the job's id."""
    stage.tell.step("A signing profile, and a signing job")
    publisher = make_profile(stage, PROFILE)
    job = run_job(stage, PROFILE, version, fetch_as="signed.zip")
    original, signed = ((stage.folder / name).read_bytes() for name in ("unsigned.zip", "signed.zip"))
    position = 30 + len("app.py")  # the first entry's first byte of contents, behind its local header and name
    altered = signed[:position] + bytes([signed[position] ^ 1]) + signed[position + 1 :]
    (stage.folder / "altered.zip").write_bytes(altered)
    stage.tell.proves(f"{len(original)} bytes became {len(signed)}: the same entries, and a signature over every byte")
    return publisher, job


def make_profile(stage: Stage, name: str) -> str:
    """Make a signing profile; answer its version's ARN."""
    arn = stage.succeed(
        *("aws", "signer", "put-signing-profile", "--profile-name", name),
        *("--platform-id", "AWSLambda-SHA384-ECDSA", *_TEXT, "profileVersionArn"),
    )
    stage.tell.answer(arn)
    return arn


def run_job(stage: Stage, profile: str, version: str, *, fetch_as: str) -> str:
    """Sign the uploaded package, wait for it, and fetch the signed one; answer the job's id."""
    job = stage.succeed(
        *("aws", "signer", "start-signing-job", "--profile-name", profile),
        *("--source", f"s3={{bucketName={BUCKET},key=hello.zip,version={version}}}"),
        *("--destination", f"s3={{bucketName={BUCKET}}}", *_TEXT, "jobId"),
    )
    stage.tell.answer(job)
    stage.succeed("aws", "signer", "wait", "successful-signing-job", "--job-id", job)
    stage.succeed("aws", "s3", "cp", f"s3://{BUCKET}/{job}.zip", fetch_as)
    return job


def demand_signatures(stage: Stage, *publishers: str) -> str:
    """Make a code signing config that enforces; answer its ARN."""
    stage.tell.step("A code signing config: one of these publishers, or the deployment fails")
    config = stage.succeed(
        *("aws", "lambda", "create-code-signing-config"),
        *("--code-signing-policies", '{"untrustedArtifactOnDeployment":"Enforce"}'),
        *("--allowed-publishers", json.dumps({"signingProfileVersionArns": publishers})),
        *(*_TEXT, "CodeSigningConfig.CodeSigningConfigArn"),
    )
    stage.tell.answer(config)
    return config


def deploy_signed(stage: Stage, job: str, config: str) -> None:
    """Create the function from the signed package."""
    stage.tell.step("The signed package is accepted")
    told = stage.succeed(
        *("aws", "lambda", "create-function", "--function-name", FUNCTION, "--role", ROLE),
        *("--runtime", "python3.13", "--handler", "app.handler", "--code", f"S3Bucket={BUCKET},S3Key={job}.zip"),
        *("--code-signing-config-arn", config, *_TEXT, "SigningJobArn"),
    )
    if not told.endswith(f"/{job}"):
        raise Unexpected(f"the function names the signing job {told!r}")
    stage.tell.answer(told)
    stage.succeed("aws", "lambda", "wait", "function-active-v2", "--function-name", FUNCTION)
    stage.tell.proves("deployed, and the function names the job that signed it")


def deployment_of(package: str) -> tuple[str, ...]:
    """Write the command that deploys a package; its answer is the hash of the function's code."""
    return (
        *("aws", "lambda", "update-function-code", "--function-name", FUNCTION, "--zip-file", f"fileb://{package}"),
        *(*_TEXT, "CodeSha256"),
    )


def refuse_altered(stage: Stage) -> None:
    """Deploy the package with one bit flipped."""
    stage.tell.step("The altered package (one bit of it) is refused")
    stage.refuse(*deployment_of("altered.zip"), message=NOT_INTACT, check="integrity")
    stage.tell.proves("any byte changed, deployment fails")


def refuse_unsigned(stage: Stage) -> None:
    """Deploy the package as it was before signing."""
    stage.tell.step("The unsigned package is refused")
    stage.refuse(*deployment_of("unsigned.zip"), message=NOT_ALLOWED, check="publisher")
    stage.tell.proves("no signature, no deployment")


def refuse_foreign(stage: Stage, version: str) -> None:
    """Sign with a profile that the config does not list, and deploy."""
    stage.tell.step("A package signed under another profile is refused")
    make_profile(stage, "somebody_else")
    run_job(stage, "somebody_else", version, fetch_as="foreign.zip")
    stage.refuse(*deployment_of("foreign.zip"), message=NOT_ALLOWED, check="publisher")
    stage.tell.proves("a good signature by a publisher who is not on the list does not help")


def refuse_expired(stage: Stage) -> None:
    """Deploy a package whose signature was good for one day, nine days ago."""
    stage.tell.step("An expired package is refused")
    stage.tell.answer("expired.zip: signed ten days ago for one day, by an authority whose root the operator imported")
    stage.refuse(*deployment_of("expired.zip"), message=NOT_ALLOWED, check="expiry")
    stage.tell.proves("its publisher is on the list and it is intact, but its time is over")


def verify_offline(stage: Stage) -> None:
    """Judge files without the server."""
    stage.tell.step("Anyone can verify offline: no server, no network, only the authority's root certificate")
    stage.judge("signed.zip", "--trust", ROOT, failed=None)
    stage.judge("altered.zip", "--trust", ROOT, failed="integrity")
    later = (system_clock() + timedelta(days=365 * 12)).strftime("%Y-%m-%dT%H:%M:%SZ")
    stage.judge("signed.zip", "--trust", ROOT, "--at", later, failed="expiry")
    stage.tell.proves("intact today, refused when altered, and expired when its time is over")


def refuse_revoked(stage: Stage, job: str) -> None:
    """Revoke the signature that was accepted before, deploy it again, and write the revocation list."""
    stage.tell.step("The signature is revoked: the package that was accepted before is refused")
    stage.succeed("aws", "signer", "revoke-signature", "--job-id", job, "--reason", "the build machine was broken into")
    stage.refuse(*deployment_of("signed.zip"), message=NOT_ALLOWED, check="revocation")
    stage.succeed("sealgate", "revocations", "--data", "data", "-o", "revoked.json")
    stage.tell.proves("revocation takes back what was signed")


def check_unchanged(stage: Stage) -> None:
    """Look at what is deployed after all these refusals."""
    stage.tell.step("After five refusals the function still has the code that was accepted")
    told = stage.succeed(
        *("aws", "lambda", "get-function", "--function-name", FUNCTION),
        *(*_TEXT, "Configuration.[CodeSize,LastUpdateStatus]"),
    )
    stage.tell.answer(told)
    if told.split() != [str((stage.folder / "signed.zip").stat().st_size), "Successful"]:
        raise Unexpected(f"the function has changed: {told}")
    stage.tell.proves("a refusal changes nothing")


def only_warn(stage: Stage, config: str) -> None:
    """Change the policy to Warn: policy failures pass with a warning, broken integrity does not."""
    stage.tell.step("Under Warn all of them are accepted with a warning, but the altered one is still refused")
    stage.succeed(
        *("aws", "lambda", "update-code-signing-config", "--code-signing-config-arn", config),
        *("--code-signing-policies", '{"untrustedArtifactOnDeployment":"Warn"}'),
    )
    stage.warn("unsigned.zip", check="publisher")
    stage.warn("foreign.zip", check="publisher")
    stage.warn("expired.zip", check="expiry")
    stage.warn("signed.zip", check="revocation")
    stage.refuse(*deployment_of("altered.zip"), message=NOT_INTACT, check="integrity")
    stage.tell.proves("Warn relaxes policy, never integrity")


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
    stage.data.mkdir(mode=0o700)
    roots.mkdir(mode=0o700)
    (roots / "old-authority.pem").write_bytes((stage.folder / "old-authority" / "root.pem").read_bytes())
    return publisher


if __name__ == "__main__":
    sys.exit(main())

"""The main job, end to end, with the stock `aws` command line against a server of its own: `make demo`.

A package is signed and a function demands signatures. The signed package is accepted; the altered one is always
refused; the unsigned, foreign, expired and revoked ones are refused under Enforce, and accepted with a warning under
Warn. What was deployed runs, until it is altered on the server's own disk. Each step shows the command, the answer, and
what it proves. The exit status is 0 only if every outcome was the expected one. Everything happens on a free port of
this machine and in a temporary folder.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from datetime import timedelta

from sealgate.arn import job_arn, profile_version_arn
from sealgate.clock import system_clock
from sealgate.package.source import BytesSource
from sealgate.trust.authority import Authority
from sealgate.trust.keys import MemoryKeyStore
from sealgate.trust.sign import SignatureClaims, sign_package
from stage import RUNTIME, TEXT, Stage, Unexpected, make_package, perform

BUCKET = "packages"
PROFILE = "my-signer-profile"
FUNCTION = "hello"
ROLE = "arn:aws:iam::000000000000:role/hello"
ROOT = "data/authority/root.pem"
NOT_ALLOWED = "might be signed using a signature that the client is not configured to accept"
NOT_INTACT = "not properly signed"
NOT_STARTED = "Lambda cannot start the function"
NOT_RUN = "functions are deployed but not run"
INVOKE = ("aws", "lambda", "invoke", "--function-name", FUNCTION)
_ADMISSION = re.compile(rf" admission (\w+): \S+:function:{FUNCTION}, \w+: (\{{.*\}})$", re.MULTILINE)


class DemoStage(Stage):
    """A stage on which packages are deployed and judged."""

    def refuse(self, *words: str, message: str, check: str) -> None:
        """Show and run a deployment that has to be refused with AWS's own message, because of one check."""
        answer = self.run(words)
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
        answer = self.run(("sealgate", "verify", *words))
        checks = [line for line in answer.stdout.splitlines()[2:] if line.startswith(("  ok ", "  FAILED ", "  NOT "))]
        self.tell.answer("\n".join([answer.stdout.splitlines()[0], *checks] if checks else [answer.stderr]))
        found = [line.split()[1] for line in checks if line.startswith("  FAILED ")]
        if (answer.status, found) != ((0, []) if failed is None else (1, [failed])):
            raise Unexpected(f"status {answer.status}, failed checks {found}; expected {failed or 'acceptance'}")

    def _find_admission(self, outcome: str, check: str) -> None:
        """Show the server's own words on the last deployment: AWS's message does not tell the check."""
        lines = _ADMISSION.findall(self.log())
        finding, _ = json.JSONDecoder().raw_decode(lines[-1][1]) if lines else ({"check": None}, 0)
        if not lines or (lines[-1][0], finding["check"]) != (outcome, check):
            raise Unexpected(f"expected {outcome} because of {check}; the server's log ends with {lines[-1:]}")
        self.tell.answer(f"server log: {outcome}, {check}: {finding['detail']}")


def main() -> int:
    """Tell the story; answer the exit status."""
    title = "Sealgate: sign and gate, end to end, with the stock aws command line"
    return perform("demo", title, lambda folder, narrator: tell_story(DemoStage(folder, narrator)))


def tell_story(stage: DemoStage) -> None:
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
        if can_run_functions(stage):
            run_deployed(stage)
            refuse_to_start(stage)
    stage.tell.step("The server has stopped; anyone can still tell that the signature was revoked")
    stage.judge("signed.zip", "--trust", ROOT, "--revocations", "revoked.json", failed="revocation")
    stage.tell.proves("a signed list carries revocations to where no server is")


def upload(stage: DemoStage) -> str:
    """Put the package into a versioned bucket; answer its version."""
    stage.tell.step("A versioned bucket with the package that the developer built")
    stage.succeed("aws", "s3api", "create-bucket", "--bucket", BUCKET)
    stage.succeed(
        *("aws", "s3api", "put-bucket-versioning", "--bucket", BUCKET),
        *("--versioning-configuration", "Status=Enabled"),
    )
    version = stage.succeed(
        *("aws", "s3api", "put-object", "--bucket", BUCKET, "--key", "hello.zip", "--body", "unsigned.zip"),
        *(*TEXT, "VersionId"),
    )
    stage.tell.answer(version)
    return version


def sign(stage: DemoStage, version: str) -> tuple[str, str]:
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


def make_profile(stage: DemoStage, name: str) -> str:
    """Make a signing profile; answer its version's ARN."""
    arn = stage.succeed(
        *("aws", "signer", "put-signing-profile", "--profile-name", name),
        *("--platform-id", "AWSLambda-SHA384-ECDSA", *TEXT, "profileVersionArn"),
    )
    stage.tell.answer(arn)
    return arn


def run_job(stage: DemoStage, profile: str, version: str, *, fetch_as: str) -> str:
    """Sign the uploaded package, wait for it, and fetch the signed one; answer the job's id."""
    job = stage.succeed(
        *("aws", "signer", "start-signing-job", "--profile-name", profile),
        *("--source", f"s3={{bucketName={BUCKET},key=hello.zip,version={version}}}"),
        *("--destination", f"s3={{bucketName={BUCKET}}}", *TEXT, "jobId"),
    )
    stage.tell.answer(job)
    stage.succeed("aws", "signer", "wait", "successful-signing-job", "--job-id", job)
    stage.succeed("aws", "s3", "cp", f"s3://{BUCKET}/{job}.zip", fetch_as)
    return job


def demand_signatures(stage: DemoStage, *publishers: str) -> str:
    """Make a code signing config that enforces; answer its ARN."""
    stage.tell.step("A code signing config: one of these publishers, or the deployment fails")
    config = stage.succeed(
        *("aws", "lambda", "create-code-signing-config"),
        *("--code-signing-policies", '{"untrustedArtifactOnDeployment":"Enforce"}'),
        *("--allowed-publishers", json.dumps({"signingProfileVersionArns": publishers})),
        *(*TEXT, "CodeSigningConfig.CodeSigningConfigArn"),
    )
    stage.tell.answer(config)
    return config


def deploy_signed(stage: DemoStage, job: str, config: str) -> None:
    """Create the function from the signed package."""
    stage.tell.step("The signed package is accepted")
    told = stage.succeed(
        *("aws", "lambda", "create-function", "--function-name", FUNCTION, "--role", ROLE),
        *("--runtime", RUNTIME, "--handler", "app.handler", "--code", f"S3Bucket={BUCKET},S3Key={job}.zip"),
        *("--code-signing-config-arn", config, *TEXT, "SigningJobArn"),
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
        *(*TEXT, "CodeSha256"),
    )


def refuse_altered(stage: DemoStage) -> None:
    """Deploy the package with one bit flipped."""
    stage.tell.step("The altered package (one bit of it) is refused")
    stage.refuse(*deployment_of("altered.zip"), message=NOT_INTACT, check="integrity")
    stage.tell.proves("any byte changed, deployment fails")


def refuse_unsigned(stage: DemoStage) -> None:
    """Deploy the package as it was before signing."""
    stage.tell.step("The unsigned package is refused")
    stage.refuse(*deployment_of("unsigned.zip"), message=NOT_ALLOWED, check="publisher")
    stage.tell.proves("no signature, no deployment")


def refuse_foreign(stage: DemoStage, version: str) -> None:
    """Sign with a profile that the config does not list, and deploy."""
    stage.tell.step("A package signed under another profile is refused")
    make_profile(stage, "somebody_else")
    run_job(stage, "somebody_else", version, fetch_as="foreign.zip")
    stage.refuse(*deployment_of("foreign.zip"), message=NOT_ALLOWED, check="publisher")
    stage.tell.proves("a good signature by a publisher who is not on the list does not help")


def refuse_expired(stage: DemoStage) -> None:
    """Deploy a package whose signature was good for one day, nine days ago."""
    stage.tell.step("An expired package is refused")
    stage.tell.answer("expired.zip: signed ten days ago for one day, by an authority whose root the operator imported")
    stage.refuse(*deployment_of("expired.zip"), message=NOT_ALLOWED, check="expiry")
    stage.tell.proves("its publisher is on the list and it is intact, but its time is over")


def verify_offline(stage: DemoStage) -> None:
    """Judge files without the server."""
    stage.tell.step("Anyone can verify offline: no server, no network, only the authority's root certificate")
    stage.judge("signed.zip", "--trust", ROOT, failed=None)
    stage.judge("altered.zip", "--trust", ROOT, failed="integrity")
    later = (system_clock() + timedelta(days=365 * 12)).strftime("%Y-%m-%dT%H:%M:%SZ")
    stage.judge("signed.zip", "--trust", ROOT, "--at", later, failed="expiry")
    stage.tell.proves("intact today, refused when altered, and expired when its time is over")


def refuse_revoked(stage: DemoStage, job: str) -> None:
    """Revoke the signature that was accepted before, deploy it again, and write the revocation list."""
    stage.tell.step("The signature is revoked: the package that was accepted before is refused")
    stage.succeed("aws", "signer", "revoke-signature", "--job-id", job, "--reason", "the build machine was broken into")
    stage.refuse(*deployment_of("signed.zip"), message=NOT_ALLOWED, check="revocation")
    stage.succeed("sealgate", "revocations", "--data", "data", "-o", "revoked.json")
    stage.tell.proves("revocation takes back what was signed")


def check_unchanged(stage: DemoStage) -> None:
    """Look at what is deployed after all these refusals."""
    stage.tell.step("After five refusals the function still has the code that was accepted")
    told = stage.succeed(
        *("aws", "lambda", "get-function", "--function-name", FUNCTION),
        *(*TEXT, "Configuration.[CodeSize,LastUpdateStatus]"),
    )
    stage.tell.answer(told)
    if told.split() != [str((stage.folder / "signed.zip").stat().st_size), "Successful"]:
        raise Unexpected(f"the function has changed: {told}")
    stage.tell.proves("a refusal changes nothing")


def only_warn(stage: DemoStage, config: str) -> None:
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


def can_run_functions(stage: DemoStage) -> bool:
    """Tell whether this machine can confine functions; the server says at its start why it cannot."""
    found = [line.partition(NOT_RUN) for line in stage.log().splitlines() if NOT_RUN in line]
    for _, what, why in found:
        stage.tell.step("What was deployed would run now, but this machine cannot confine it")
        stage.tell.answer(f"{what}{why}")
    return not found


def run_deployed(stage: DemoStage) -> None:
    """Invoke the function twice: a new process, and the same again."""
    stage.tell.step("What was deployed runs, in a sandbox")
    for _ in range(2):
        log = base64.b64decode(stage.succeed(*INVOKE, "--log-type", "Tail", "answer.json", *TEXT, "LogResult"))
        told = (stage.folder / "answer.json").read_text()
        if told != '"hello"':
            raise Unexpected(f"the function answered {told}")
        report = log.decode().splitlines()[-1].split("\t")[1:]
        stage.tell.answer(f"{told}: {', '.join(filter(None, report))}")
    stage.tell.proves("the stored package was verified again while the process started; the second call found it warm")


def refuse_to_start(stage: DemoStage) -> None:
    """Change a bit of the stored package, as whoever owns the disk can, and let a new process start."""
    stage.tell.step("The package is altered where the server stores it: the next process does not start")
    package = (stage.folder / "signed.zip").read_bytes()
    (stored,) = (path for path in (stage.data / "blobs").rglob("*") if path.is_file() and path.read_bytes() == package)
    stored.chmod(0o600)
    stored.write_bytes((stage.folder / "altered.zip").read_bytes())
    stage.tell.answer(f"one bit of {stored.relative_to(stage.folder)} is another now")
    stage.succeed(
        *("aws", "lambda", "update-function-configuration", "--function-name", FUNCTION, "--description", "anew"),
        *(*TEXT, "LastUpdateStatus"),
    )
    answer = stage.run((*INVOKE, "answer.json"))
    text = answer.stderr.strip()
    if answer.status == 0 or "CodeVerificationFailedException" not in text or NOT_STARTED not in text:
        raise Unexpected(f"expected a refusal ({NOT_STARTED!r}), got status {answer.status}: {text or answer.stdout}")
    stage.tell.answer(text)
    stage.tell.proves("what was let in is verified again at every start: one bit on the disk, and it does not run")


def make_expired_package(stage: DemoStage) -> str:
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

"""Who plays in the story of the two apps, and the account in which they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stage import TEXT, Narrator, Stage, Unexpected

APPS = ("orders", "billing")
BUCKET = "packages"
POLICIES = Path(__file__).parent / "two-apps"
RUNNER = "app-runner"
BOUNDARY = "keep-the-config"
USURPER = "ann-as-billing-signer"
NOT_ALLOWED = "might be signed using a signature that the client is not configured to accept"
_DECISIONS = "EvaluationResults[].ResourceSpecificResults[].[EvalResourceDecision,EvalResourceName]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role, the file of its policy, and the one user who may become it."""

    name: str
    policy: str
    user: str
    places: Mapping[str, str] = field(default_factory=dict)


ROLES = (
    Role(name="orders-signer", policy="signer", user="ann", places={"app": "orders"}),
    Role(name="billing-signer", policy="signer", user="ben", places={"app": "billing"}),
    Role(name="deployer", policy="deployer", user="dora"),
    Role(name="config-admin", policy="config-admin", user="carl"),
)


def read_policy(name: str, places: Mapping[str, str]) -> str:
    """Read a policy of the folder, with its places (`<account>`) filled in."""
    text = (POLICIES / f"{name}.json").read_text(encoding="utf-8")
    for place, value in places.items():
        text = text.replace(f"<{place}>", value)
    return text


class TwoApps(Stage):
    """A stage with one account, in which somebody has a role for each task.

    Attributes:
        places: What stands in the places of the policies.
        jobs: The job that signed each app.
    """

    def __init__(self, folder: Path, narrator: Narrator) -> None:
        super().__init__(folder, narrator)
        self.places = {"bucket": BUCKET}
        self.jobs: dict[str, str] = {}

    @property
    def configs(self) -> dict[str, str]:
        """The ARN of each app's code signing config."""
        return {app: self.places[f"{app}-config"] for app in APPS}

    def arn(self, service: str, resource: str) -> str:
        """Name something of the account."""
        region = "" if service == "iam" else self.places["region"]
        return f"arn:aws:{service}:{region}:{self.places['account']}:{resource}"

    def write(self, name: str, policy: str, places: Mapping[str, str] | None = None) -> str:
        """Write a policy, its places filled in, where commands find it; answer how they name it."""
        (self.folder / f"{name}.json").write_text(read_policy(policy, {**self.places, **(places or {})}))
        return f"file://{name}.json"

    def keep(self, variable: str, sections: Iterable[str]) -> None:
        """Write a file that only its owner reads, and tell clients where it is."""
        path = self.folder / variable.lower()
        path.touch(mode=0o600)
        path.write_text("\n".join(sections))
        self.environment[variable] = str(path)

    def deny(self, *words: str, because: str) -> None:
        """Show and run a command that has to be denied, for a reason."""
        self._refuse("AccessDenied", words, because)

    def refuse(self, *words: str) -> None:
        """Show and run a deployment whose signature has to be refused."""
        self._refuse("CodeVerificationFailed", words, NOT_ALLOWED)

    def _refuse(self, code: str, words: tuple[str, ...], text: str) -> None:
        answer = self.run(words)
        if answer.status == 0 or code not in answer.stderr or text not in answer.stderr:
            told = answer.stderr or answer.stdout
            raise Unexpected(f"expected {code} ({text!r}), got status {answer.status}: {told}")
        self.tell.answer(answer.stderr)

    def simulate(self, role: str, action: str, expected: Mapping[str, str], *, config: str | None = None) -> None:
        """Show and run the policy simulator, which has to decide as expected about each resource."""
        entry = f"ContextKeyName=lambda:CodeSigningConfigArn,ContextKeyType=string,ContextKeyValues={config}"
        told = self.succeed(
            *("aws", "iam", "simulate-principal-policy", "--policy-source-arn", self.arn("iam", f"role/{role}")),
            *("--action-names", action, "--resource-arns", *expected),
            *(("--context-entries", entry) if config else ()),
            *(*TEXT, _DECISIONS),
        )
        decisions = {resource: decision for decision, resource in map(str.split, told.splitlines())}
        self.tell.answer("\n".join(f"{decision}: {resource}" for resource, decision in decisions.items()))
        if decisions != expected:
            raise Unexpected(f"the simulator decides {decisions}; expected {dict(expected)}")

"""The pipelines of examples/ci, as far as they go without the services that run them.

Their steps run in a shell, against a server; the hook runs under pre-commit itself.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sealgate.store.folder import DataFolder
from tests.cli.test_keys import Pipeline
from tests.support.command_line import clean_environment
from tests.support.gate import PACKAGE, make_gate, make_policy
from tests.support.server import running_server
from tests.support.signing import make_package

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "ci"
PROGRAMS = Path(sys.executable).parent
EXPRESSION = re.compile(r"\$\{\{ (?:vars|secrets)\.(\w+) \}\}")

Done = subprocess.CompletedProcess[str]


def run(*command: str | Path, folder: Path, environment: Mapping[str, str] | None = None) -> Done:
    """Run a program, with those of this environment on its PATH."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    variables = clean_environment() | dict(environment or {}) | {"PATH": path}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def read_example(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("schema", "file"), [("vendor.github-workflows", "github-actions.yml"), ("vendor.gitlab-ci", "gitlab-ci.yml")]
)
def test_a_pipeline_is_one_by_its_service_s_schema(schema: str, file: str) -> None:
    done = run(PROGRAMS / "check-jsonschema", "--builtin-schema", schema, EXAMPLES / file, folder=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A repository whose pipeline signs with a server, on which the function `app` is deployed.

    Attributes:
        folder: Of the sources.
        variables: What the service that runs the pipeline is told.
        lambda_: A client of the server.
        signed: A package that may be deployed.
    """

    folder: Path
    variables: Mapping[str, str]
    lambda_: Any
    signed: bytes

    def build(self, package: bytes) -> None:
        """Leave what an earlier step has built."""
        (self.folder / "build").mkdir(exist_ok=True)
        (self.folder / "build" / "app.zip").write_bytes(package)

    def run_job(self, job: Any) -> Done:
        """Run a job's script, as GitLab does."""
        script = "\n".join(job["script"])
        return run("bash", "-eo", "pipefail", "-c", script, folder=self.folder, environment=self.variables)

    def run_steps(self, workflow: Any, *, first: str) -> list[tuple[str, Done]]:
        """Run the steps of the only job that run in a shell, as GitHub does, until one fails."""
        (job,) = workflow["jobs"].values()
        environment = {
            name: EXPRESSION.sub(lambda found: self.variables[found[1]], text) for name, text in workflow["env"].items()
        }
        steps = [(step["name"], step["run"]) for step in job["steps"] if "run" in step]
        done: list[tuple[str, Done]] = []
        for name, script in steps[[name for name, _ in steps].index(first) :]:
            done.append((name, run("bash", "-e", "-c", script, folder=self.folder, environment=environment)))
            if done[-1][1].returncode != 0:
                break
        return done

    def deployed_sha256(self) -> str:
        return base64.b64decode(self.lambda_.get_function_configuration(FunctionName="app")["CodeSha256"]).hex()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("project")
    data = tmp_path_factory.mktemp("server") / "data"
    with running_server(data) as server:
        house = Pipeline(server, 0)
        house.prepare()
        house.deploy("app", house.sign(make_package("old.py")), house.config)
        publisher = house.signer.get_signing_profile(profileName="app")["profileVersionArn"]
        (folder / "handler.py").write_text("def handler(event, context):\n    return 1\n")
        (folder / "signing-root.pem").write_bytes(DataFolder(data).root_certificate.read_bytes())
        (folder / "code-signing.json").write_text(json.dumps(make_policy("Enforce", publisher)))
        variables: Mapping[str, str] = server.environment() | {
            "CODE_SIGNING_CONFIG": house.config,
            "FUNCTION": "app",
            "PACKAGES_BUCKET": "packages",
            "SIGNING_PROFILE": "app",
        }
        yield Project(folder=folder, variables=variables, lambda_=house.lambda_, signed=house.sign(make_package()))


@pytest.mark.parametrize("first", [pytest.param("Build", marks=pytest.mark.slow), "Gate"])
def test_github_s_pipeline_deploys_what_it_signs(project: Project, first: str) -> None:
    project.build(project.signed)
    done = project.run_steps(read_example("github-actions.yml"), first=first)
    names = ["Build", "Sign", "Gate", "Deploy"]
    assert [(name, each.returncode) for name, each in done] == [(name, 0) for name in names[names.index(first) :]]
    (log,) = json.loads((project.folder / "gate.sarif").read_text())["runs"]
    assert log["results"] == []
    assert log["artifacts"][0]["hashes"]["sha-256"] == project.deployed_sha256()


def test_github_s_pipeline_stops_at_the_gate_and_says_why(project: Project) -> None:
    before = project.deployed_sha256()
    project.build(PACKAGE)
    done = project.run_steps(read_example("github-actions.yml"), first="Gate")
    assert [(name, each.returncode) for name, each in done] == [("Gate", 1)]
    (log,) = json.loads((project.folder / "gate.sarif").read_text())["runs"]
    assert [(each["ruleId"], each["level"]) for each in log["results"]] == [("publisher", "error")]
    assert project.deployed_sha256() == before


def test_what_github_s_pipeline_needs_is_what_its_head_names() -> None:
    (job,) = read_example("github-actions.yml")["jobs"].values()
    install, *_ = [step["run"] for step in job["steps"] if "run" in step]
    assert install == "pip install ./.sealgate awscli"
    upload = next(step for step in job["steps"] if "upload-sarif" in step.get("uses", ""))
    assert (upload["if"], upload["with"]["sarif_file"]) == ("!cancelled()", "gate.sarif")


@pytest.mark.parametrize("first", [pytest.param("build", marks=pytest.mark.slow), "gate"])
def test_gitlab_s_pipeline_deploys_what_it_signs(project: Project, first: str) -> None:
    project.build(project.signed)
    pipeline = read_example("gitlab-ci.yml")
    for stage in pipeline["stages"][pipeline["stages"].index(first) :]:
        done = project.run_job(pipeline[stage])
        assert done.returncode == 0, done.stderr
    report = (project.folder / pipeline["gate"]["artifacts"]["reports"]["junit"]).read_text()
    assert 'failures="0"' in report
    assert project.deployed_sha256() in report


def test_gitlab_s_gate_refuses_and_leaves_the_report(project: Project) -> None:
    project.build(PACKAGE)
    gate = read_example("gitlab-ci.yml")["gate"]
    assert gate["artifacts"]["when"] == "always"
    done = project.run_job(gate)
    assert done.returncode == 1
    assert "build/app.zip: REFUSED" in done.stdout
    assert '<failure type="publisher"' in (project.folder / "gate.xml").read_text()


def test_the_file_of_demands_makes_a_code_signing_config_too(project: Project) -> None:
    demands = json.loads((EXAMPLES / "code-signing.json").read_text(encoding="utf-8"))
    made = project.lambda_.create_code_signing_config(**demands)["CodeSigningConfig"]
    assert {name: made[name] for name in demands} == demands


def commit(folder: Path, *more: str) -> dict[str, str]:
    """Put all of a folder into a new repository; answer the environment to go on in."""
    names = [f"GIT_{role}_{what}" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
    environment = {**dict.fromkeys(names, "somebody"), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for command in ("init -q", "add -A", "commit -q -m all", *more):
        done = run("git", *command.split(), folder=folder, environment=environment)
        assert done.returncode == 0, done.stderr
    return environment


def test_the_hook_lets_no_package_in_that_could_not_be_deployed(tmp_path: Path) -> None:
    hooks, folder = tmp_path / "sealgate", tmp_path / "project"
    for each in (hooks, folder):
        each.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    commit(hooks, "tag v0.1.0")
    gate = make_gate(folder)
    gate.write("signing-root.pem", (folder / "root.pem").read_bytes())
    gate.write("code-signing.json", json.dumps(make_policy("Enforce")))
    config = read_example("pre-commit-config.yaml")
    config["repos"][0]["repo"] = str(hooks)
    config["repos"][0]["hooks"][0]["language"] = "system"  # what is installed here; `python` would install from hooks
    gate.write(".pre-commit-config.yaml", yaml.safe_dump(config))
    environment = commit(folder) | {"PRE_COMMIT_HOME": str(tmp_path / "home")}

    def run_hook(*arguments: str) -> Done:
        return run(PROGRAMS / "pre-commit", "run", *arguments, folder=folder, environment=environment)

    assert run_hook("--files", "signed.zip", "root.pem").returncode == 0
    refused = run_hook("--all-files")
    assert refused.returncode == 1
    assert "unsigned.zip: REFUSED" in refused.stdout
    assert "7 packages: 2 let in; 5 refused" in refused.stdout


def test_hook_and_configuration_are_what_pre_commit_takes(tmp_path: Path) -> None:
    for command, file in (
        ("validate-manifest", ROOT / ".pre-commit-hooks.yaml"),
        ("validate-config", EXAMPLES / "pre-commit-config.yaml"),
    ):
        done = run(PROGRAMS / "pre-commit", command, file, folder=ROOT, environment={"PRE_COMMIT_HOME": str(tmp_path)})
        assert done.returncode == 0, done.stdout + done.stderr
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["entry"], hook["language"]) == ("sealgate gate", "python")

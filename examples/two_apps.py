"""Two apps, each with a signing profile and a signer role of its own, by the stock `aws` command line: `make example`.

Each role can sign for its app only, a deployer can deploy and not sign, and nobody can take a function's code signing
config away. The policies are in `two-apps/`, and explained there. Each step shows who runs which command, the answer,
and what it proves. The exit status is 0 only if every outcome was the expected one. Everything happens on a free port
of this machine and in a temporary folder.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping

from stage import RUNTIME, TEXT, Unexpected, make_package, perform
from two_apps_cast import APPS, BOUNDARY, BUCKET, ROLES, RUNNER, USURPER, TwoApps

_TELLING = re.compile(r" events|: granted$|^ +(by|verdict|signed by) ")
"""What of `sealgate audit who` the story shows."""


def main() -> int:
    """Tell the story; answer the exit status."""
    title = "Sealgate: two apps, dedicated profiles and roles, with the stock aws command line"
    return perform("two-apps", title, lambda folder, narrator: tell_story(TwoApps(folder, narrator)))


def tell_story(stage: TwoApps) -> None:
    """Run every step, in order.

    Raises:
        Unexpected: An outcome is not the promised one.
    """
    for app in APPS:
        make_package(stage.folder / f"{app}.zip", greeting=app)
    stage.tell.step("A server, and clients that find it; they are the account's root user, who sets everything up")
    with stage.serving():
        learn_account(stage)
        versions = upload(stage)
        make_profiles(stage)
        make_roles(stage)
        simulate(stage)
        admit_people(stage)
        sign(stage, versions)
        refuse_signers(stage, versions)
        deploy(stage)
        refuse_deployer(stage)
        refuse_detaching(stage)
        care_for_config(stage)
        ask_trail(stage)


def learn_account(stage: TwoApps) -> None:
    """Find out what the policies have to name."""
    account = stage.succeed("aws", "sts", "get-caller-identity", *TEXT, "Account")
    stage.tell.answer(account)
    stage.places |= {"account": account, "region": stage.environment["AWS_REGION"]}


def upload(stage: TwoApps) -> dict[str, str]:
    """Put what each app built into its own part of a versioned bucket; answer the versions."""
    stage.tell.step("What each app has built, each in its own part of a versioned bucket")
    stage.succeed("aws", "s3api", "create-bucket", "--bucket", BUCKET)
    stage.succeed(
        *("aws", "s3api", "put-bucket-versioning", "--bucket", BUCKET),
        *("--versioning-configuration", "Status=Enabled"),
    )
    return {
        app: stage.succeed(
            *("aws", "s3api", "put-object", "--bucket", BUCKET, "--key", f"{app}/built/app.zip"),
            *("--body", f"{app}.zip", *TEXT, "VersionId"),
        )
        for app in APPS
    }


def make_profiles(stage: TwoApps) -> None:
    """Make a signing profile for each app, and a code signing config that allows this publisher only."""
    stage.tell.step("Each app has a signing profile of its own, and a code signing config that allows no other")
    for app in APPS:
        publisher = stage.succeed(
            *("aws", "signer", "put-signing-profile", "--profile-name", app),
            *("--platform-id", "AWSLambda-SHA384-ECDSA", *TEXT, "profileVersionArn"),
        )
        config = stage.succeed(
            *("aws", "lambda", "create-code-signing-config", "--description", app),
            *("--code-signing-policies", "UntrustedArtifactOnDeployment=Enforce"),
            *("--allowed-publishers", f"SigningProfileVersionArns={publisher}"),
            *(*TEXT, "CodeSigningConfig.CodeSigningConfigArn"),
        )
        stage.tell.answer(config)
        stage.places[f"{app}-config"] = config


def make_roles(stage: TwoApps) -> None:
    """Make the users, each with one role that only it may have, inside a boundary that all roles share."""
    stage.tell.step("A role for each task, for one person each, and a boundary around all of them")
    boundary = stage.succeed(
        *("aws", "iam", "create-policy", "--policy-name", BOUNDARY),
        *("--policy-document", stage.write(BOUNDARY, BOUNDARY), *TEXT, "Policy.Arn"),
    )
    trust = stage.write("runner-trust", "runner-trust")
    stage.succeed("aws", "iam", "create-role", "--role-name", RUNNER, "--assume-role-policy-document", trust)
    for role in ROLES:
        trust = stage.write(f"{role.name}-trust", "trust", {"user": role.user})
        stage.succeed("aws", "iam", "create-user", "--user-name", role.user)
        stage.succeed(
            *("aws", "iam", "create-role", "--role-name", role.name, "--assume-role-policy-document", trust),
            *("--permissions-boundary", boundary),
        )
        stage.succeed(
            *("aws", "iam", "put-role-policy", "--role-name", role.name, "--policy-name", role.policy),
            *("--policy-document", stage.write(role.name, role.policy, role.places)),
        )
    stage.tell.proves("ann signs for orders, ben for billing, dora deploys, carl cares for the configs")


def simulate(stage: TwoApps) -> None:
    """Ask the policy simulator whether the policies say what they shall say."""
    stage.tell.step("Before anybody gets a key, the policy simulator says what the policies are worth")
    profiles = [stage.arn("signer", f"/signing-profiles/{app}") for app in APPS]
    function = stage.arn("lambda", "function:orders")
    orders, billing = stage.configs.values()
    start, create = "signer:StartSigningJob", "lambda:CreateFunction"
    stage.simulate("orders-signer", start, dict(zip(profiles, ("allowed", "implicitDeny"), strict=True)))
    stage.simulate("billing-signer", start, dict(zip(profiles, ("implicitDeny", "allowed"), strict=True)))
    stage.simulate("deployer", start, dict.fromkeys(profiles, "implicitDeny"))
    stage.simulate("deployer", create, {function: "allowed"}, config=orders)
    stage.simulate("deployer", create, {function: "explicitDeny"}, config=billing)
    stage.simulate("deployer", create, {function: "explicitDeny"})
    stage.simulate("config-admin", "lambda:DeleteFunctionCodeSigningConfig", {function: "explicitDeny"})
    stage.tell.proves("a pipeline can check its policies before it relies on them")


def admit_people(stage: TwoApps) -> None:
    """Give each user a key, and clients the names of the roles (`--profile`)."""
    stage.tell.step("Each person gets a key, with which it can do nothing but take its role")
    keys = []
    for role in ROLES:
        key = json.loads(stage.succeed("aws", "iam", "create-access-key", "--user-name", role.user))["AccessKey"]
        secret = key["SecretAccessKey"]
        keys.append(f"[{role.user}]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {secret}\n")
    takings = [(role.name, role.name, role.user) for role in ROLES]
    takings.append((USURPER, "billing-signer", "ann"))
    stage.keep("AWS_SHARED_CREDENTIALS_FILE", keys)
    stage.keep("AWS_CONFIG_FILE", [_profile(stage, *taking) for taking in takings])
    stage.tell.answer("Keys and roles stand in the aws command line's own files: --profile names whose and which.")


def _profile(stage: TwoApps, name: str, role: str, user: str) -> str:
    """Write what the aws command line has to know to take a role."""
    arn = stage.arn("iam", f"role/{role}")
    return f"[profile {name}]\nrole_arn = {arn}\nsource_profile = {user}\nrole_session_name = {user}\n"


def signing_of(app: str, role: str, version: str, *, profile: str | None = None) -> tuple[str, ...]:
    """Write the command by which a role signs what an app built, under the app's profile or another."""
    return (
        *("aws", "signer", "start-signing-job", "--profile", role, "--profile-name", profile or app),
        *("--source", f"s3={{bucketName={BUCKET},key={app}/built/app.zip,version={version}}}"),
        *("--destination", f"s3={{bucketName={BUCKET},prefix={profile or app}/signed/}}", *TEXT, "jobId"),
    )


def sign(stage: TwoApps, versions: Mapping[str, str]) -> None:
    """Sign both apps, each by its own role."""
    stage.tell.step("Each signer role signs its own app")
    for app, role in zip(APPS, ROLES, strict=False):
        job = stage.succeed(*signing_of(app, role.name, versions[app]))
        stage.tell.answer(job)
        stage.succeed("aws", "signer", "wait", "successful-signing-job", "--profile", role.name, "--job-id", job)
        stage.jobs[app] = job
    stage.tell.proves(
        "a signer role has what it needs: its profile, what its app built, where its app's signed files go"
    )


def refuse_signers(stage: TwoApps, versions: Mapping[str, str]) -> None:
    """Let a signer try what is not its app's."""
    stage.tell.step("A signer role signs nothing else")
    no_right = "because no identity-based policy allows the {} action"
    stage.deny(
        *signing_of("orders", "orders-signer", versions["orders"], profile="billing"),
        because=no_right.format("signer:StartSigningJob"),
    )
    stage.tell.proves("not under the other app's profile")
    stage.deny(
        *signing_of("billing", "orders-signer", versions["billing"], profile="orders"),
        because=no_right.format("s3:GetObjectVersion"),
    )
    stage.tell.proves("nor the other app's code under its own")
    stage.deny("aws", "sts", "get-caller-identity", "--profile", USURPER, because="sts:AssumeRole")
    stage.tell.proves("and nobody takes the other's role")


def creation_of(stage: TwoApps, app: str, *, config: str | None) -> tuple[str, ...]:
    """Write the command by which the deployer makes an app's function."""
    return (
        *("aws", "lambda", "create-function", "--profile", "deployer", "--function-name", app),
        *("--role", stage.arn("iam", f"role/{RUNNER}"), "--runtime", RUNTIME, "--handler", "app.handler"),
        *("--code", f"S3Bucket={BUCKET},S3Key={app}/signed/{stage.jobs[app]}.zip"),
        *(("--code-signing-config-arn", config) if config else ()),
        *(*TEXT, "SigningJobArn"),
    )


def deploy(stage: TwoApps) -> None:
    """Make both functions, each with its config; first without."""
    stage.tell.step("The deployer makes functions with their code signing config, and only so")
    because = "with an explicit deny in a permissions boundary"
    stage.deny(*creation_of(stage, "orders", config=None), because=because)
    stage.deny(*creation_of(stage, "orders", config=stage.configs["billing"]), because=because)
    for app in APPS:
        stage.tell.answer(stage.succeed(*creation_of(stage, app, config=stage.configs[app])))
    stage.tell.proves(
        "no function without its config, nor with another app's; with its own, and it names its signing job"
    )


def refuse_deployer(stage: TwoApps) -> None:
    """Let the deployer sign, and deploy one app's code as the other."""
    stage.tell.step("The deployer cannot sign, nor deploy what another app has signed")
    words = ("aws", "signer", "start-signing-job", "--profile", "deployer", "--profile-name", "orders")
    place = f"s3={{bucketName={BUCKET},prefix=orders/signed/}}"
    source = f"s3={{bucketName={BUCKET},key=orders/signed/{stage.jobs['orders']}.zip,version=null}}"
    stage.deny(*words, "--source", source, "--destination", place, because="signer:StartSigningJob")
    stage.refuse(
        *("aws", "lambda", "update-function-code", "--profile", "deployer", "--function-name", "orders"),
        *("--s3-bucket", BUCKET, "--s3-key", f"billing/signed/{stage.jobs['billing']}.zip"),
    )
    stage.tell.proves("who deploys has no say in what is trusted, and a profile of its own keeps each app apart")


def refuse_detaching(stage: TwoApps) -> None:
    """Let the deployer and the administrator take the config away, or another in its place."""
    stage.tell.step("Nobody detaches a config, not even who cares for configs and whose own policy allows it")
    function = ("--function-name", "orders")
    because = "with an explicit deny in a permissions boundary"
    for role in ("deployer", "config-admin"):
        detach = ("aws", "lambda", "delete-function-code-signing-config", "--profile", role)
        stage.deny(*detach, *function, because=because)
    other = ("--code-signing-config-arn", stage.configs["billing"])
    put = ("aws", "lambda", "put-function-code-signing-config", "--profile", "config-admin")
    stage.deny(*put, *function, *other, because=because)
    update = ("aws", "lambda", "update-function-configuration", "--profile", "deployer")
    stage.deny(*update, *function, *other, because=because)
    stage.tell.proves("the boundary stands above whatever a role is given")


def care_for_config(stage: TwoApps) -> None:
    """Let the administrator do its work, and see that the function is as it was."""
    stage.tell.step("The administrator cares for configs, and cannot deploy")
    admin = ("--profile", "config-admin")
    stage.succeed(
        *("aws", "lambda", "update-code-signing-config", *admin, "--description", "orders, reviewed"),
        *("--code-signing-config-arn", stage.configs["orders"]),
    )
    code = ("--zip-file", "fileb://orders.zip")
    stage.deny(
        *("aws", "lambda", "update-function-code", *admin, "--function-name", "orders", *code),
        because="lambda:UpdateFunctionCode",
    )
    found = stage.succeed(
        *("aws", "lambda", "get-function-code-signing-config", *admin, "--function-name", "orders"),
        *(*TEXT, "CodeSigningConfigArn"),
    )
    if found != stage.configs["orders"]:
        raise Unexpected(f"the function's config is {found}")
    stage.tell.answer(found)
    stage.tell.proves("after all this the function has the config that it was made with")


def ask_trail(stage: TwoApps) -> None:
    """Ask the audit trail who signed and deployed what."""
    stage.tell.step("The audit trail tells who signed and deployed what, and who tried")
    found = []
    for name in ("StartSigningJob", "CreateFunction20150331"):
        attribute = f"AttributeKey=EventName,AttributeValue={name}"
        events = stage.succeed(
            *("aws", "cloudtrail", "lookup-events", "--lookup-attributes", attribute),
            *("--output", "json", "--query", "Events[].CloudTrailEvent"),
        )
        found += [_deed_of(json.loads(text)) for text in reversed(json.loads(events))]
        stage.tell.answer("\n".join(" ".join(deed) for deed in found if deed[0] == name))
    if found != _expected_deeds():
        raise Unexpected(f"the trail tells {found}")
    signed = f"orders/signed/{stage.jobs['orders']}.zip"
    stage.succeed("aws", "s3", "cp", f"s3://{BUCKET}/{signed}", "signed.zip")
    told = stage.succeed("sealgate", "audit", "who", "signed.zip", "--data", "data")
    stage.tell.answer("\n".join(line for line in told.splitlines() if _TELLING.search(line)))
    if not all(f"assumed-role/{who}" in told for who in ("orders-signer/ann", "deployer/dora")):
        raise Unexpected("it does not tell who signed and deployed the package")
    stage.tell.proves("each signature and each deployment leads to a person, and so does each attempt")


def _deed_of(event: Mapping[str, object]) -> tuple[str, str, str]:
    identity = event["userIdentity"]
    assert isinstance(identity, dict)
    who = identity["arn"].partition(":assumed-role/")[2]
    return str(event["eventName"]), who, str(event.get("errorCode", "granted"))


def _expected_deeds() -> list[tuple[str, str, str]]:
    start, create = "StartSigningJob", "CreateFunction20150331"
    ann, ben, dora = "orders-signer/ann", "billing-signer/ben", "deployer/dora"
    signing = [(ann, "granted"), (ben, "granted"), (ann, "AccessDenied"), (ann, "AccessDenied"), (dora, "AccessDenied")]
    creating = [(dora, "AccessDenied"), (dora, "AccessDenied"), (dora, "granted"), (dora, "granted")]
    return [(start, *deed) for deed in signing] + [(create, *deed) for deed in creating]


if __name__ == "__main__":
    sys.exit(main())

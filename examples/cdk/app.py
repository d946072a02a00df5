"""Who signs in one stack, what has to be signed in another: a package cannot be signed before its profile is there.

    cdk deploy Publisher
    cdk synth && sealgate package cdk.out ... && cdk deploy Greeter --app cdk.out

`-c policy=Warn` lets unsigned code in, so that plain `cdk deploy` does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_signer as signer

SOURCE = Path(__file__).with_name("src")


class Publisher(cdk.Stack):
    """A signing profile, and a config that demands its signatures.

    Attributes:
        config: The code signing config.
    """

    def __init__(self, scope: cdk.App, name: str, *, policy: str) -> None:
        super().__init__(scope, name)
        profile = signer.SigningProfile(self, "Profile", platform=signer.Platform.AWS_LAMBDA_SHA384_ECDSA)
        self.config = lambda_.CodeSigningConfig(
            self,
            "Config",
            signing_profiles=[profile],
            untrusted_artifact_on_deployment=lambda_.UntrustedArtifactOnDeployment[policy.upper()],
        )
        cdk.CfnOutput(self, "ProfileName", value=profile.signing_profile_name)


class Greeter(cdk.Stack):
    """A function of local code, under the config."""

    def __init__(self, scope: cdk.App, name: str, *, config: lambda_.ICodeSigningConfig) -> None:
        super().__init__(scope, name)
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime(f"python3.{sys.version_info.minor}", lambda_.RuntimeFamily.PYTHON),
            handler="app.handler",
            code=lambda_.Code.from_asset(str(SOURCE)),
            code_signing_config=config,
        )
        cdk.CfnOutput(self, "Name", value=function.function_name)


app = cdk.App()
publisher = Publisher(app, "Publisher", policy=app.node.try_get_context("policy") or "Enforce")
Greeter(app, "Greeter", config=publisher.config)
app.synth()

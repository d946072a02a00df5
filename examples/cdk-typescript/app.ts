// What ../cdk/app.py is, in TypeScript: who signs in one stack, what has to be signed in another.
//
//     cdk deploy Publisher
//     cdk synth && sealgate package cdk.out ... && cdk deploy Greeter --app cdk.out
//
// `-c policy=Warn` lets unsigned code in, so that plain `cdk deploy` does. Node reads it as it is, from 22.18 on.

import * as cdk from "aws-cdk-lib";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as signer from "aws-cdk-lib/aws-signer";

const SOURCE = "src"; // beside cdk.json, where `cdk` runs this

/** A signing profile, and a config that demands its signatures. */
class Publisher extends cdk.Stack {
  readonly config: lambda.ICodeSigningConfig;

  constructor(scope: cdk.App, name: string, policy: lambda.UntrustedArtifactOnDeployment) {
    super(scope, name);
    const profile = new signer.SigningProfile(this, "Profile", {
      platform: signer.Platform.AWS_LAMBDA_SHA384_ECDSA,
    });
    this.config = new lambda.CodeSigningConfig(this, "Config", {
      signingProfiles: [profile],
      untrustedArtifactOnDeployment: policy,
    });
    new cdk.CfnOutput(this, "ProfileName", { value: profile.signingProfileName });
  }
}

/** A function of local code, under the config. */
class Greeter extends cdk.Stack {
  constructor(scope: cdk.App, name: string, config: lambda.ICodeSigningConfig) {
    super(scope, name);
    const greeter = new lambda.Function(this, "Function", {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: "index.handler",
      code: lambda.Code.fromAsset(SOURCE),
      codeSigningConfig: config,
    });
    new cdk.CfnOutput(this, "Name", { value: greeter.functionName });
  }
}

const app = new cdk.App();
const { ENFORCE, WARN } = lambda.UntrustedArtifactOnDeployment;
const publisher = new Publisher(app, "Publisher", app.node.tryGetContext("policy") === "Warn" ? WARN : ENFORCE);
new Greeter(app, "Greeter", publisher.config);
app.synth();

"""Authorising one call against 50 policies of 20 statements, in process, beside a bare loop over the same statements.

python bench/authorise.py --run
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

from sealgate.policy.document import Policy, PolicyKind, parse_policy
from sealgate.policy.evaluate import Decision, authorise
from sealgate.policy.request import Ask, Caller, CallerKind

ROUNDS = 2000
POLICIES = 50
STATEMENTS = 20
ACCOUNT = "000000000000"
PROFILE = f"arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/app"
CALLER = Caller(kind=CallerKind.USER, arn=f"arn:aws:iam::{ACCOUNT}:user/ci", account=ACCOUNT)
CONTEXT = {
    "aws:sourceip": ("10.1.2.3",),
    "aws:currenttime": ("2025-01-01T00:00:00Z",),
    "aws:securetransport": ("true",),
    "aws:username": ("ci",),
    "aws:principalarn": (CALLER.arn,),
    "signer:profileversion": ("aB3dE6gH9k",),
}


def main() -> None:
    """Build the policies, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--run", action="store_true")
    arguments.parse_args()
    print(f"{f'{POLICIES} policies of {STATEMENTS} statements':<58}{'median ms':>10}{'99 % ms':>9}{'loop ms':>9}")
    for title, make in CASES.items():
        policies = [parse_policy(document(make, number), kind=PolicyKind.IDENTITY) for number in range(POLICIES)]
        measure(title, policies)


def document(make: Callable[[int, int], dict[str, object]], number: int) -> str:
    """Write one policy."""
    statements = [{"Effect": "Allow", **make(number, place)} for place in range(STATEMENTS)]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def mixed(number: int, place: int) -> dict[str, object]:
    """A statement such as teams have: actions of several services, names with wildcards, now and then a condition."""
    services = ("s3:Get*", "lambda:*", "signer:Get*", "signer:StartSigningJob", "iam:List*")
    condition = {"StringEquals": {"signer:ProfileVersion": f"version{number}"}, "Bool": {"aws:SecureTransport": "true"}}
    return {
        "Action": [services[place % 5], "cloudtrail:LookupEvents"],
        "Resource": [f"arn:aws:signer:*:{ACCOUNT}:/signing-profiles/team{number}-*-{place}", "arn:aws:s3:::team/*"],
        "Condition": condition if place % 4 == 0 else {},
    }


def matching(number: int, place: int) -> dict[str, object]:
    """A statement whose action and resource match, and whose last condition does not: nothing is left out."""
    return {
        "Action": "signer:*",
        "Resource": "arn:aws:signer:*:*:/signing-profiles/*pp",
        "Condition": {
            "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
            "StringNotEquals": {"aws:username": f"user{number}-{place}"},
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*x"},
        },
    }


def personal(number: int, place: int) -> dict[str, object]:
    """A statement with a policy variable in its resource."""
    return {
        "Action": "signer:*",
        "Resource": f"arn:aws:signer:*:*:/signing-profiles/${{aws:username}}-{number}-{place}",
    }


def allowing(_: int, __: int) -> dict[str, object]:
    """A statement that allows."""
    return {"Action": "signer:*", "Resource": "*"}


def distinct(number: int, place: int) -> dict[str, object]:
    """A statement as `matching`, none of whose conditions another has: nothing can be judged once for several."""
    return {
        "Action": "signer:*",
        "Resource": "arn:aws:signer:*:*:/signing-profiles/*pp",
        "Condition": {
            "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", f"192.168.{number}.{place}/32"]},
            "StringNotEquals": {"aws:username": f"user{number}-{place}"},
            "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::*:user/*x{number}-{place}"},
        },
    }


def holding(number: int, place: int) -> dict[str, object]:
    """A statement as `distinct`, whose conditions hold: nothing ends early."""
    return {
        "Action": "signer:*",
        "Resource": f"arn:aws:signer:*:*:/signing-profiles/*{'p' * (1 + place % 2)}",
        "Condition": {
            "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", f"192.168.{number}.{place}/32"]},
            "StringNotEquals": {"aws:username": f"user{number}-{place}"},
            "ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::*:user/*i", f"arn:aws:iam::*:user/*x{number}-{place}"]},
        },
    }


def unlike(number: int, place: int) -> dict[str, object]:
    """A statement whose conditions are of kinds that are not looked up: a part of a text, an order, a variable."""
    return {
        "Action": "signer:*",
        "Resource": "*",
        "Condition": {
            "StringLike": {"aws:username": f"*{number}-{place}*"},
            "DateLessThan": {"aws:CurrentTime": f"20{26 + place}-01-{1 + number % 28:02}T00:00:00Z"},
            "StringEquals": {"aws:PrincipalArn": f"${{aws:username}}-{number}-{place}"},
        },
    }


CASES = {
    "every fifth statement names the action": mixed,
    "every statement names the action and a variable": personal,
    "every statement allows": allowing,
    "every statement matches but for its last condition": matching,
    "the same, and no two statements share a condition": distinct,
    "the same, of dates, parts of texts and variables": unlike,
    "no two statements share a condition, all hold and allow": holding,
}


def measure(title: str, policies: list[Policy]) -> None:
    """Measure both in turns."""
    ask = Ask(principal=CALLER, action="signer:StartSigningJob", resource=PROFILE, context=CONTEXT)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(elapsed(lambda: rule(ask, policies)))
        theirs.append(elapsed(lambda: loop(policies)))
    ours.sort()
    last = ours[len(ours) * 99 // 100]
    print(f"{title:<58}{statistics.median(ours):>10.3f}{last:>9.3f}{statistics.median(theirs):>9.3f}", flush=True)


def elapsed(call: Callable[[], object]) -> float:
    """Answer the milliseconds of a processor that a call takes; waiting for one does not count."""
    began = time.thread_time()
    call()
    return (time.thread_time() - began) * 1000


def rule(ask: Ask, policies: list[Policy]) -> Decision:
    """Authorise one call."""
    return authorise(ask, identity=policies, same_account=True).decision


def loop(policies: list[Policy]) -> int:
    """Touch every statement once, and look at its effect."""
    return sum(statement.effect == "Deny" for policy in policies for statement in policy.statements)


if __name__ == "__main__":
    main()

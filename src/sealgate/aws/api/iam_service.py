"""The IAM API that the modules beside this one bind their operations to, and the resources that they are on.

IAM is the same in every region, and its ARNs name none. A user, group or role is known to policies by its path too; a
call gives its name alone, and the path is found where the call is authorised (`Rights.resolve`). A user that is not
named is the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sealgate.arn import entity_arn, partition_of
from sealgate.aws.context import Call
from sealgate.aws.operation import Api
from sealgate.aws.resources import Resource, parse_template
from sealgate.errors import Invalid

iam = Api("iam")

USER = parse_template("iam", "user/{user_name}")
GROUP = parse_template("iam", "group/{group_name}")
ROLE = parse_template("iam", "role/{role_name}")
POLICY = parse_template("iam", "{policy_arn}")
USERS = parse_template("iam", "user/*")
GROUPS = parse_template("iam", "group/*")
SIMULATED = parse_template("iam", "{policy_source_arn}")
"""Whose policies a simulation is about: a user, group or role."""

_USER = ":user/"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResource:
    """Something that does not exist yet: its path is the one that is asked for.

    Attributes:
        kind: `user`, `group`, `role` or `policy`.
        name: The parameter with its name.
        path: The parameter with its path, which is `/` where it is not given.
    """

    kind: str
    name: str
    path: str = "path"

    @property
    def parameters(self) -> list[str]:
        """The parameters that it reads."""
        return [self.name, self.path]

    def render(self, values: Mapping[str, Any], *, region: str, account: str) -> str:
        """Answer its ARN."""
        return entity_arn(partition_of(region), account, self.kind, values.get(self.path) or "/", values[self.name])

    def __str__(self) -> str:
        return f"{self.kind}{{{self.path}}}{{{self.name}}}"


NEW_USER: Resource = NewResource(kind="user", name="user_name")
NEW_GROUP: Resource = NewResource(kind="group", name="group_name")
NEW_ROLE: Resource = NewResource(kind="role", name="role_name")
NEW_POLICY: Resource = NewResource(kind="policy", name="policy_name")


def user_name_of(call: Call, given: str | None) -> str:
    """Answer the user that a call is about: the one it names, else the one it comes from.

    Raises:
        Invalid: It names none, and does not come from a user.
    """
    if given is not None:
        return given
    if _USER not in call.principal.arn:
        raise Invalid("Must specify userName when calling with non-User credentials")
    return call.principal.arn.rpartition("/")[2]

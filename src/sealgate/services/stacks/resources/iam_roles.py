"""AWS::IAM::Role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sealgate.services.stacks.resource import Made, Properties, ResourceCall
from sealgate.services.stacks.resources.iam_grants import ABSENT, INLINE, MANAGED, NAME_LENGTH, Holder, document_text
from sealgate.services.stacks.resources.members import changed, given, make_named, tolerating
from sealgate.services.stacks.resources.tags import TAGS, as_list, tag_change, tag_list
from sealgate.services.stacks.templates.shapes import Json, Number, Property, Text

_HOUR = 3600


class Role:
    """AWS::IAM::Role. `Ref` is its name."""

    name = "AWS::IAM::Role"
    properties: ClassVar[Mapping[str, Property]] = {
        "AssumeRolePolicyDocument": Property(shape=Json(), required=True),
        "Description": Property(shape=Text()),
        "ManagedPolicyArns": MANAGED,
        "MaxSessionDuration": Property(shape=Number()),
        "Path": Property(shape=Text(), replaces=True),
        "PermissionsBoundary": Property(shape=Text()),
        "Policies": INLINE,
        "RoleName": Property(shape=Text(), replaces=True),
        "Tags": TAGS,
    }
    attributes = frozenset({"Arn", "RoleId"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make a role with its policies; one of a generated name that is there was made by this step before."""
        name = properties.get("RoleName") or call.generated_name(NAME_LENGTH)
        make_named(
            call,
            "iam",
            "CreateRole",
            name=name,
            is_own="RoleName" not in properties,
            taken="EntityAlreadyExists",
            RoleName=name,
            AssumeRolePolicyDocument=document_text(properties["AssumeRolePolicyDocument"]),
            **tag_list(properties),
            **given(properties, "Description", "MaxSessionDuration", "Path", "PermissionsBoundary"),
        )
        Holder(call=call, kind="Role", name=name).grant({}, properties)
        return self._describe(call, name)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Change what differs."""
        trust = changed(old, new, {"AssumeRolePolicyDocument": None}).get("AssumeRolePolicyDocument")
        if trust is not None:
            call.perform("iam", "UpdateAssumeRolePolicy", RoleName=physical_id, PolicyDocument=document_text(trust))
        members = changed(old, new, {"Description": "", "MaxSessionDuration": _HOUR})
        if members:
            call.perform("iam", "UpdateRole", RoleName=physical_id, **members)
        holder = Holder(call=call, kind="Role", name=physical_id)
        holder.bound(old, new)
        holder.grant(old, new)
        change = tag_change(old, new)
        if change.given:
            call.perform("iam", "TagRole", RoleName=physical_id, Tags=as_list(change.given))
        if change.gone:
            call.perform("iam", "UntagRole", RoleName=physical_id, TagKeys=change.gone)
        return self._describe(call, physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:
        """Delete the role, and before that the policies that the template gives it."""
        Holder(call=call, kind="Role", name=physical_id).grant(properties, {})
        with tolerating(ABSENT):
            call.perform("iam", "DeleteRole", RoleName=physical_id)

    def _describe(self, call: ResourceCall, name: str) -> Made:
        role = call.perform("iam", "GetRole", RoleName=name)["Role"]
        return Made(physical_id=name, attributes={"Arn": role["Arn"], "RoleId": role["RoleId"]})

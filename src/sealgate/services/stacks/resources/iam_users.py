"""AWS::IAM: users, groups and access keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from sealgate.services.stacks.resource import Made, Properties, ResourceCall
from sealgate.services.stacks.resources.iam_grants import ABSENT, INLINE, MANAGED, NAME_LENGTH, Holder
from sealgate.services.stacks.resources.members import changed, given, make_named, tolerating
from sealgate.services.stacks.resources.tags import TAGS, as_list, tag_change, tag_list
from sealgate.services.stacks.templates.shapes import ListOf, Number, Property, Text

_TAKEN = "EntityAlreadyExists"


class User:
    """AWS::IAM::User. `Ref` is the name."""

    name = "AWS::IAM::User"
    properties: ClassVar[Mapping[str, Property]] = {
        "Groups": Property(shape=ListOf(Text())),
        "ManagedPolicyArns": MANAGED,
        "Path": Property(shape=Text()),
        "PermissionsBoundary": Property(shape=Text()),
        "Policies": INLINE,
        "Tags": TAGS,
        "UserName": Property(shape=Text(), replaces=True),
    }
    attributes = frozenset({"Arn"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make a user with its groups and policies; one of a generated name that is there was made before."""
        name = properties.get("UserName") or call.generated_name(NAME_LENGTH)
        make_named(
            call,
            "iam",
            "CreateUser",
            name=name,
            is_own="UserName" not in properties,
            taken=_TAKEN,
            UserName=name,
            **tag_list(properties),
            **given(properties, "Path", "PermissionsBoundary"),
        )
        Holder(call=call, kind="User", name=name).grant({}, properties)
        _join(call, name, properties.get("Groups") or [])
        return self._describe(call, name)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Change what differs."""
        path = changed(old, new, {"Path": "/"}).get("Path")
        if path is not None:
            call.perform("iam", "UpdateUser", UserName=physical_id, NewPath=path)
        holder = Holder(call=call, kind="User", name=physical_id)
        holder.bound(old, new)
        holder.grant(old, new)
        had, shall = old.get("Groups") or [], new.get("Groups") or []
        _join(call, physical_id, [group for group in shall if group not in had])
        _leave(call, physical_id, [group for group in had if group not in shall])
        change = tag_change(old, new)
        if change.given:
            call.perform("iam", "TagUser", UserName=physical_id, Tags=as_list(change.given))
        if change.gone:
            call.perform("iam", "UntagUser", UserName=physical_id, TagKeys=change.gone)
        return self._describe(call, physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:
        """Delete the user, and before that its groups and policies as the template says them."""
        _leave(call, physical_id, properties.get("Groups") or [])
        Holder(call=call, kind="User", name=physical_id).grant(properties, {})
        with tolerating(ABSENT):
            call.perform("iam", "DeleteUser", UserName=physical_id)

    def _describe(self, call: ResourceCall, name: str) -> Made:
        user = call.perform("iam", "GetUser", UserName=name)["User"]
        return Made(physical_id=name, attributes={"Arn": user["Arn"]})


class Group:
    """AWS::IAM::Group. `Ref` is the name."""

    name = "AWS::IAM::Group"
    properties: ClassVar[Mapping[str, Property]] = {
        "GroupName": Property(shape=Text(), replaces=True),
        "ManagedPolicyArns": MANAGED,
        "Path": Property(shape=Text()),
        "Policies": INLINE,
    }
    attributes = frozenset({"Arn"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make a group with its policies; one of a generated name that is there was made by this step before."""
        name = properties.get("GroupName") or call.generated_name(NAME_LENGTH)
        is_own, path = "GroupName" not in properties, given(properties, "Path")
        make_named(call, "iam", "CreateGroup", name=name, is_own=is_own, taken=_TAKEN, GroupName=name, **path)
        Holder(call=call, kind="Group", name=name).grant({}, properties)
        return self._describe(call, name)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Change what differs."""
        path = changed(old, new, {"Path": "/"}).get("Path")
        if path is not None:
            call.perform("iam", "UpdateGroup", GroupName=physical_id, NewPath=path)
        Holder(call=call, kind="Group", name=physical_id).grant(old, new)
        return self._describe(call, physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:
        """Delete the group, and before that the policies that the template gives it."""
        Holder(call=call, kind="Group", name=physical_id).grant(properties, {})
        with tolerating(ABSENT):
            call.perform("iam", "DeleteGroup", GroupName=physical_id)

    def _describe(self, call: ResourceCall, name: str) -> Made:
        group = call.perform("iam", "GetGroup", GroupName=name)["Group"]
        return Made(physical_id=name, attributes={"Arn": group["Arn"]})


class AccessKey:
    """AWS::IAM::AccessKey. `Ref` is the key's id. Its secret is known when it is made, and never again."""

    name = "AWS::IAM::AccessKey"
    properties: ClassVar[Mapping[str, Property]] = {
        "Serial": Property(shape=Number(), replaces=True),
        "Status": Property(shape=Text()),
        "UserName": Property(shape=Text(), required=True, replaces=True),
    }
    attributes = frozenset({"Id", "SecretAccessKey"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make a key; one that an earlier attempt has made, and whose secret nobody knows, is deleted first."""
        if call.recorded is not None:
            self.delete(call, call.recorded, properties)
        made = call.perform(
            "iam",
            "CreateAccessKey",
            lambda made: call.record(made["AccessKey"]["AccessKeyId"]),
            UserName=properties["UserName"],
        )
        key = made["AccessKey"]
        self.update(call, key["AccessKeyId"], {}, properties)
        attributes = {"Id": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]}
        return Made(physical_id=key["AccessKeyId"], attributes=attributes)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Put the key in or out of use; its secret stays what it was."""
        status = changed(old, new, {"Status": "Active"}).get("Status")
        if status is not None:
            call.perform("iam", "UpdateAccessKey", UserName=new["UserName"], AccessKeyId=physical_id, Status=status)
        return Made(physical_id=physical_id, attributes={"Id": physical_id})

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:
        """Delete the key."""
        with tolerating(ABSENT):
            call.perform("iam", "DeleteAccessKey", UserName=properties["UserName"], AccessKeyId=physical_id)


def _join(call: ResourceCall, user: str, groups: Iterable[str]) -> None:
    for group in groups:
        call.perform("iam", "AddUserToGroup", UserName=user, GroupName=group)


def _leave(call: ResourceCall, user: str, groups: Iterable[str]) -> None:
    for group in groups:
        with tolerating(ABSENT):
            call.perform("iam", "RemoveUserFromGroup", UserName=user, GroupName=group)

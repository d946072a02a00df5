"""AWS::IAM: inline policies of several holders at once, and managed policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar, get_args

from sealgate.services.stacks.resource import HandlerFailed, Made, Properties, ResourceCall
from sealgate.services.stacks.resources.iam_grants import ABSENT, Holder, Kind, document_text
from sealgate.services.stacks.resources.members import given, make_named, tolerating
from sealgate.services.stacks.templates.shapes import Json, ListOf, Property, Text
from sealgate.services.stacks.templates.values import Value

_HOLDERS: Mapping[Kind, str] = {kind: f"{kind}s" for kind in get_args(Kind)}
"""From a kind to the property that names its members."""
_NAME_LENGTH = 128
_ID_LENGTH = 64
_MAX_VERSIONS = 5
_NAMES = Property(shape=ListOf(Text()))


class Policy:
    """AWS::IAM::Policy: one inline policy, given to several. `Ref` is an id of this server's stacks alone."""

    name = "AWS::IAM::Policy"
    properties: ClassVar[Mapping[str, Property]] = {
        "Groups": _NAMES,
        "PolicyDocument": Property(shape=Json(), required=True),
        "PolicyName": Property(shape=Text(), required=True),
        "Roles": _NAMES,
        "Users": _NAMES,
    }
    attributes = frozenset({"Id"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Give the policy to everybody who shall have it."""
        physical_id = call.generated_name(_ID_LENGTH)
        call.record(physical_id)
        return self.update(call, physical_id, {}, properties)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Give it to everybody who shall have it, and take it from everybody else.

        Raises:
            HandlerFailed: Nobody shall have it.
        """
        if not any(new.get(names) for names in _HOLDERS.values()):
            raise HandlerFailed("At least one of [Groups,Roles,Users] must be non-empty.")
        is_same = _document(old) == _document(new)
        had, shall = set(_holders(old)), set(_holders(new))
        for kind, name in sorted(shall - had if is_same else shall):
            Holder(call=call, kind=kind, name=name).put(_document(new))
        renamed = old.get("PolicyName") != new["PolicyName"]
        self._remove(call, old, had if renamed else had - shall)
        return Made(physical_id=physical_id, attributes={"Id": physical_id})

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Take it from everybody."""
        self._remove(call, properties, set(_holders(properties)))

    def _remove(self, call: ResourceCall, properties: Properties, holders: set[tuple[Kind, str]]) -> None:
        for kind, name in sorted(holders):
            Holder(call=call, kind=kind, name=name).remove([properties["PolicyName"]])


class ManagedPolicy:
    """AWS::IAM::ManagedPolicy. `Ref` is its ARN."""

    name = "AWS::IAM::ManagedPolicy"
    properties: ClassVar[Mapping[str, Property]] = {
        "Description": Property(shape=Text(), replaces=True),
        "Groups": _NAMES,
        "ManagedPolicyName": Property(shape=Text(), replaces=True),
        "Path": Property(shape=Text(), replaces=True),
        "PolicyDocument": Property(shape=Json(), required=True),
        "Roles": _NAMES,
        "Users": _NAMES,
    }
    attributes = frozenset(
        {
            "AttachmentCount",
            "CreateDate",
            "DefaultVersionId",
            "IsAttachable",
            "PermissionsBoundaryUsageCount",
            "PolicyArn",
            "PolicyId",
            "UpdateDate",
        }
    )

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make a policy and attach it; one of a generated name that is there was made by this step before."""
        arn = self._create(call, properties)
        _attach(call, arn, set(_holders(properties)))
        return _describe(call, arn)

    def _create(self, call: ResourceCall, properties: Properties) -> str:
        name = properties.get("ManagedPolicyName") or call.generated_name(_NAME_LENGTH)
        own = f"arn:aws:iam::{call.stack.account}:policy{properties.get('Path', '/')}{name}"
        make_named(
            call,
            "iam",
            "CreatePolicy",
            name=own,
            is_own="ManagedPolicyName" not in properties,
            taken="EntityAlreadyExists",
            PolicyName=name,
            PolicyDocument=document_text(properties["PolicyDocument"]),
            **given(properties, "Description", "Path"),
        )
        return own

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Make the document the default version, and attach the policy to whom it shall be attached to."""
        if document_text(old["PolicyDocument"]) != document_text(new["PolicyDocument"]):
            _make_room(call, physical_id)
            call.perform(
                "iam",
                "CreatePolicyVersion",
                PolicyArn=physical_id,
                PolicyDocument=document_text(new["PolicyDocument"]),
                SetAsDefault=True,
            )
        had, shall = set(_holders(old)), set(_holders(new))
        _attach(call, physical_id, shall - had)
        _detach(call, physical_id, had - shall)
        return _describe(call, physical_id)

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:
        """Delete the policy with its versions, and before that detach it from whom the template attaches it to."""
        _detach(call, physical_id, set(_holders(properties)))
        with tolerating(ABSENT):
            for version in _other_versions(call, physical_id):
                call.perform("iam", "DeletePolicyVersion", PolicyArn=physical_id, VersionId=version)
            call.perform("iam", "DeletePolicy", PolicyArn=physical_id)


def _document(properties: Properties) -> dict[str, Value]:
    return {properties["PolicyName"]: properties["PolicyDocument"]} if properties else {}


def _holders(properties: Properties) -> Iterator[tuple[Kind, str]]:
    for kind, names in _HOLDERS.items():
        yield from ((kind, name) for name in properties.get(names) or [])


def _attach(call: ResourceCall, arn: str, holders: set[tuple[Kind, str]]) -> None:
    for kind, name in sorted(holders):
        Holder(call=call, kind=kind, name=name).attach([arn])


def _detach(call: ResourceCall, arn: str, holders: set[tuple[Kind, str]]) -> None:
    for kind, name in sorted(holders):
        Holder(call=call, kind=kind, name=name).detach([arn])


def _make_room(call: ResourceCall, arn: str) -> None:
    """Delete the oldest version that is not the default, where there are as many as there may be."""
    others = _other_versions(call, arn)
    if len(others) + 1 >= _MAX_VERSIONS:
        call.perform("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=others[-1])


def _other_versions(call: ResourceCall, arn: str) -> list[str]:
    """Answer the versions that are not the default, the newest first, as IAM lists them."""
    versions = call.perform("iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]
    return [version["VersionId"] for version in versions if not version["IsDefaultVersion"]]


def _describe(call: ResourceCall, arn: str) -> Made:
    policy = call.perform("iam", "GetPolicy", PolicyArn=arn)["Policy"]
    names = ("AttachmentCount", "DefaultVersionId", "IsAttachable", "PermissionsBoundaryUsageCount", "PolicyId")
    dates = {name: _written(policy[name]) for name in ("CreateDate", "UpdateDate")}
    return Made(physical_id=arn, attributes={**given(policy, *names), **dates, "PolicyArn": arn})


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

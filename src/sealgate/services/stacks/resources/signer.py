"""AWS::Signer: profiles, and permissions on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sealgate.services.stacks.operations import OperationRefused
from sealgate.services.stacks.resource import Made, Properties, ResourceCall
from sealgate.services.stacks.resources.members import Unchangeable, find, given, tolerating
from sealgate.services.stacks.resources.tags import TAGS, tag_change, tag_map
from sealgate.services.stacks.templates.shapes import Number, Property, Structure, Text
from sealgate.services.stacks.templates.values import Value

_ABSENT = ("ResourceNotFoundException",)
_NAME_LENGTH = 64
_ATTEMPTS = 10
"""How often a permission is tried again that others, of the same stack perhaps, were quicker with."""


class SigningProfile:
    """AWS::Signer::SigningProfile. `Ref` is its ARN."""

    name = "AWS::Signer::SigningProfile"
    properties: ClassVar[Mapping[str, Property]] = {
        "PlatformId": Property(shape=Text(), required=True, replaces=True),
        "ProfileName": Property(shape=Text(), replaces=True),
        "SignatureValidityPeriod": Property(
            shape=Structure({"Type": Property(shape=Text()), "Value": Property(shape=Number())}), replaces=True
        ),
        "Tags": TAGS,
    }
    attributes = frozenset({"Arn", "ProfileName", "ProfileVersion", "ProfileVersionArn"})

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Make a profile; one of a generated name that is there already was made by this step before."""
        name = properties.get("ProfileName") or self._generated_name(call)
        members: dict[str, Any] = {"profileName": name, "platformId": properties["PlatformId"]}
        period = properties.get("SignatureValidityPeriod")
        if period is not None:
            members["signatureValidityPeriod"] = {key.lower(): value for key, value in period.items()}
        try:
            made = call.perform(
                "signer",
                "PutSigningProfile",
                lambda made: call.record(made["arn"]),
                **members,
                **tag_map("tags", properties),
            )
        except OperationRefused:
            is_own = "ProfileName" not in properties or call.recorded is not None
            found = _find_profile(call, name) if is_own else None
            if found is None:
                raise
            made = found
        return _describe(name, made)

    def update(self, call: ResourceCall, physical_id: str, old: Properties, new: Properties) -> Made:
        """Change the tags."""
        change = tag_change(old, new)
        if change.given:
            call.perform("signer", "TagResource", resourceArn=physical_id, tags=change.given)
        if change.gone:
            call.perform("signer", "UntagResource", resourceArn=physical_id, tagKeys=change.gone)
        name = _name_of(physical_id)
        return _describe(name, call.perform("signer", "GetSigningProfile", profileName=name))

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Cancel the profile, which is all that can be done to one."""
        name = _name_of(physical_id)
        found = _find_profile(call, name)
        if found is not None and found["status"] == "Active":
            call.perform("signer", "CancelSigningProfile", profileName=name)

    def _generated_name(self, call: ResourceCall) -> str:
        return f"{call.logical_id[: _NAME_LENGTH - 1 - len(call.suffix)]}_{call.suffix}"


class ProfilePermission(Unchangeable):
    """AWS::Signer::ProfilePermission. `Ref` is `STATEMENT|PROFILE`."""

    name = "AWS::Signer::ProfilePermission"
    properties: ClassVar[Mapping[str, Property]] = {
        "Action": Property(shape=Text(), required=True, replaces=True),
        "Principal": Property(shape=Text(), required=True, replaces=True),
        "ProfileName": Property(shape=Text(), required=True, replaces=True),
        "ProfileVersion": Property(shape=Text(), replaces=True),
        "StatementId": Property(shape=Text(), required=True, replaces=True),
    }
    attributes: frozenset[str] = frozenset()

    def create(self, call: ResourceCall, properties: Properties) -> Made:
        """Give the permission; one that is there word for word changes nothing."""
        members = {
            "action": properties["Action"],
            "principal": properties["Principal"],
            "statementId": properties["StatementId"],
        }
        if "ProfileVersion" in properties:
            members["profileVersion"] = properties["ProfileVersion"]
        self._perform(call, "AddProfilePermission", properties["ProfileName"], members)
        return Made(physical_id=f"{properties['StatementId']}|{properties['ProfileName']}")

    def delete(self, call: ResourceCall, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 - as others
        """Take the permission back."""
        statement, _, profile = physical_id.rpartition("|")
        if not self._revision(call, profile):
            return
        with tolerating(*_ABSENT):
            self._perform(call, "RemoveProfilePermission", profile, {"statementId": statement})

    def _perform(self, call: ResourceCall, operation: str, profile: str, members: dict[str, str]) -> None:
        """Change the permissions in the revision that they are in, however often somebody else is quicker."""
        for attempt in range(_ATTEMPTS):
            revision = self._revision(call, profile)
            try:
                call.perform("signer", operation, profileName=profile, **members, **revision)
            except OperationRefused:
                if attempt + 1 == _ATTEMPTS or self._revision(call, profile) == revision:
                    raise
            else:
                return

    def _revision(self, call: ResourceCall, profile: str) -> dict[str, str]:
        found = find(call, "signer", "ListProfilePermissions", absent=_ABSENT, profileName=profile)
        return given(found or {}, "revisionId")


def _find_profile(call: ResourceCall, name: str) -> Mapping[str, Value] | None:
    return find(call, "signer", "GetSigningProfile", absent=_ABSENT, profileName=name)


def _describe(name: str, profile: Mapping[str, Value]) -> Made:
    return Made(
        physical_id=profile["arn"],
        attributes={
            "Arn": profile["arn"],
            "ProfileName": name,
            "ProfileVersion": profile["profileVersion"],
            "ProfileVersionArn": profile["profileVersionArn"],
        },
    )


def _name_of(arn: str) -> str:
    return arn.rpartition("/")[2]

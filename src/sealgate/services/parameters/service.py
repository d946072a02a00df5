"""Parameters: named texts, of one account and region each.

Source: AWS Systems Manager API reference, PutParameter, GetParameter, GetParameters, DeleteParameter,
DescribeParameters.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sealgate.clock import Clock
from sealgate.errors import Invalid, Unsupported
from sealgate.services.paging import ListTokens, Page
from sealgate.services.parameters.errors import (
    InvalidParameterRequest,
    InvalidParameterToken,
    ParameterExists,
    ParameterNotFound,
    ParameterTypeChanged,
    ParameterVersionNotFound,
)
from sealgate.services.parameters.names import is_version, parse_parameter_name, verify_new_name
from sealgate.services.scope import Scope
from sealgate.store.database import Database, Tx
from sealgate.store.parameters import Parameter, parameters, select_parameters

MAX_VALUE = 4096
"""Characters of a value (of the standard tier, which is the only one here)."""
MAX_TAGS = 50
MAX_PAGE = 50
_TYPES = ("String", "StringList")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewValue:
    """What a parameter shall be.

    Attributes:
        type: None: that of the parameter which is overwritten.
        description: None keeps what was said before.
        tags: Of a new parameter only.
        overwrite: Whether there may be one of this name.
    """

    value: str
    type: str | None = None
    description: str | None = None
    tags: Mapping[str, str] = dataclasses.field(default_factory=dict)
    overwrite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a list is about.

    Attributes:
        field: `Name` or `Type`.
        values: One of them has to be there.
        begins: It is enough that the name begins so.
    """

    field: str
    values: Sequence[str]
    begins: bool = False

    def matches(self, parameter: Parameter) -> bool:
        """Tell whether a parameter is meant."""
        text = parameter.name if self.field == "Name" else parameter.type
        return text.startswith(tuple(self.values)) if self.begins else text in self.values


class ParameterService:
    """Parameters of every account and region, each seen by its own only."""

    def __init__(self, *, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def put(self, scope: Scope, name: str, new: NewValue) -> Parameter:
        """Give a parameter a value.

        Raises:
            InvalidParameterRequest: The name, the value or the tags break a rule.
            ReservedParameterName: The name is kept for AWS.
            Unsupported: It shall be a secret: nothing here would encrypt it.
            ParameterExists: The name is taken, and may not be overwritten.
            ParameterTypeChanged: The name is taken by a parameter of another type.
        """
        verify_new_name(name)
        _verify(new)
        with self._db.write() as tx:
            present = _find(tx, scope, name)
            made = self._make(scope, name, new, present)
            (parameters.insert if present is None else parameters.replace)(tx, made)
        return made

    def _make(self, scope: Scope, name: str, new: NewValue, present: Parameter | None) -> Parameter:
        if present is not None and not new.overwrite:
            raise ParameterExists
        if present is not None and new.type not in (None, present.type):
            raise ParameterTypeChanged
        kind = new.type or (None if present is None else present.type)
        if kind is None:
            raise InvalidParameterRequest("A parameter type is required when you create a parameter.")
        return Parameter(
            account=scope.account,
            region=scope.region,
            name=name,
            type=kind,
            value=new.value,
            version=1 if present is None else present.version + 1,
            description=new.description if present is None or new.description is not None else present.description,
            tags=new.tags if present is None else present.tags,
            modified_at=self._clock(),
            modified_by=scope.caller_arn,
        )

    def get(self, scope: Scope, name: str) -> Parameter:
        """Answer a parameter.

        Args:
            scope: Who asks.
            name: Its name or ARN; with `:` and the number of a version, only that version will do.

        Raises:
            InvalidParameterRequest: It is no name.
            ParameterNotFound: There is no such parameter.
            ParameterVersionNotFound: It is another version by now, or the name has a label, which none here has.
        """
        named = parse_parameter_name(scope, name)
        with self._db.read() as tx:
            found = _get(tx, scope, named.name)
        if named.version is not None and not (is_version(named.version) and int(named.version) == found.version):
            raise ParameterVersionNotFound(named.name, named.version)
        return found

    def delete(self, scope: Scope, name: str) -> None:
        """Delete a parameter.

        Raises:
            ParameterNotFound: There is no such parameter.
        """
        with self._db.write() as tx:
            if not parameters.delete(tx, account=scope.account, region=scope.region, name=name):
                raise ParameterNotFound(name)

    def list(
        self, scope: Scope, conditions: Sequence[Condition], *, token: str | None, limit: int | None
    ) -> Page[Parameter]:
        """Answer the parameters that fulfil every condition, by name.

        Args:
            scope: Who asks.
            conditions: What is asked for.
            token: Where the last page ended.
            limit: Of how many a page is; at most 50.

        Raises:
            InvalidParameterToken: The token is none of this list's.
        """
        size = min(limit or MAX_PAGE, MAX_PAGE)
        tokens = ListTokens("parameters", scope.account, scope.region, *conditions)
        after = _parse_after(tokens, token)
        with self._db.read() as tx:
            every = select_parameters(tx, account=scope.account, region=scope.region, after=after)
        found = [each for each in every if all(condition.matches(each) for condition in conditions)]
        more = tokens.encode(found[size - 1].name) if len(found) > size else None
        return Page(items=tuple(found[:size]), next_token=more)

    def get_tags(self, scope: Scope, name: str) -> Mapping[str, str]:
        """Answer a parameter's tags. Raises as `delete`."""
        with self._db.read() as tx:
            return _get(tx, scope, name).tags

    def tag(self, scope: Scope, name: str, tags: Mapping[str, str]) -> None:
        """Add tags to a parameter, or change their values.

        Raises:
            ParameterNotFound: There is no such parameter.
            InvalidParameterRequest: There would be too many.
        """
        with self._db.write() as tx:
            parameter = _get(tx, scope, name)
            merged = {**parameter.tags, **tags}
            _verify_tags(merged)
            parameters.replace(tx, dataclasses.replace(parameter, tags=merged))

    def untag(self, scope: Scope, name: str, keys: Sequence[str]) -> None:
        """Remove tags from a parameter; a key that it does not have is no error. Raises as `delete`."""
        with self._db.write() as tx:
            parameter = _get(tx, scope, name)
            left = {key: value for key, value in parameter.tags.items() if key not in keys}
            parameters.replace(tx, dataclasses.replace(parameter, tags=left))


def _verify(new: NewValue) -> None:
    if new.type == "SecureString":
        raise Unsupported("Type SecureString is not supported: values are kept as they are given")
    if new.type not in (None, *_TYPES):
        raise InvalidParameterRequest(f"Type {new.type}: must be one of {', '.join(_TYPES)}")
    if not new.value:
        raise InvalidParameterRequest("Value: a parameter's value cannot be empty")
    if len(new.value) > MAX_VALUE:
        raise InvalidParameterRequest(
            f"Standard tier parameters support a maximum parameter value of {MAX_VALUE} characters."
        )
    if new.tags and new.overwrite:
        raise InvalidParameterRequest(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please "
            "remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
            "RemoveTagsFromResource."
        )
    _verify_tags(new.tags)


def _verify_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > MAX_TAGS:
        raise InvalidParameterRequest(f"A parameter can have at most {MAX_TAGS} tags")
    if any(key.lower().startswith("aws:") for key in tags):
        raise InvalidParameterRequest("Tag keys that begin with aws: are kept for AWS")


def _find(tx: Tx, scope: Scope, name: str) -> Parameter | None:
    return parameters.find(tx, account=scope.account, region=scope.region, name=name)


def _get(tx: Tx, scope: Scope, name: str) -> Parameter:
    found = _find(tx, scope, name)
    if found is None:
        raise ParameterNotFound(name)
    return found


def _parse_after(tokens: ListTokens, token: str | None) -> str:
    if token is None:
        return ""
    try:
        return tokens.parse(token, parts=1)[0]
    except Invalid as error:
        raise InvalidParameterToken from error

"""From what a request gives to what a stack is to be: template, parameters, tags, checked as a whole.

Everything that is read elsewhere (an object, a parameter of Systems Manager) is read with the rights of who asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sealgate.arn import partition_of
from sealgate.services.access.entry import Principal
from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.exports import export_finder
from sealgate.services.stacks.operations import OperationRefused, Operations, Perform
from sealgate.services.stacks.resource import StackIdentity
from sealgate.services.stacks.templates.capabilities import check_capabilities, check_expansion
from sealgate.services.stacks.templates.documents import encode_document, parse_document
from sealgate.services.stacks.templates.naming import FindExport
from sealgate.services.stacks.templates.parameters import GivenParameter, resolve_parameters
from sealgate.services.stacks.templates.rules import check_rules
from sealgate.services.stacks.templates.setting import settle
from sealgate.services.stacks.templates.template import read_parameters, read_template, read_transforms
from sealgate.services.stacks.templates.template_urls import read_template_url
from sealgate.services.stacks.templates.transforms import expand
from sealgate.services.stacks.templates.validation import Sound, Types, validate
from sealgate.services.stacks.templates.values import Value
from sealgate.store.database import Database
from sealgate.store.stacks import Definition, Stack

MAX_BODY_BYTES = 51_200
"""The longest template in a request (CloudFormation quotas); a longer one comes from a bucket."""
MAX_TAGS = 50
_RESERVED = "aws:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks for something, and how it has reached this server.

    Attributes:
        host: What it calls this server.
    """

    principal: Principal
    region: str
    host: str = ""

    @property
    def account(self) -> str:
        """Whose stacks it sees."""
        return self.principal.account


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a template comes from; exactly one of the four, of which a request can give but the first three.

    Attributes:
        previous: The stack has it.
        kept: It was read before.
    """

    body: str | None = None
    url: str | None = None
    previous: bool = False
    kept: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a request says of a stack.

    Attributes:
        tags: None: as they are.
        role_arn: None: as it is.
    """

    source: Source
    parameters: tuple[GivenParameter, ...] = ()
    tags: Mapping[str, str] | None = None
    capabilities: tuple[str, ...] = ()
    role_arn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Makes definitions.

    Attributes:
        db: Where exports are.
        operations: Reads what a request refers to.
        types: The resource types.
        managed_policies: Answers the ARNs of AWS's managed policies in a partition, by name.
    """

    db: Database
    operations: Operations
    types: Types
    managed_policies: Callable[[str], Mapping[str, str]]

    def make(
        self, asker: Asker, given: Given, stack: StackIdentity, *, previous: Stack | None, is_reviewed: bool
    ) -> tuple[Definition, Sound]:
        """Make a definition, and check it against everything that can be known now.

        Args:
            asker: With whose rights.
            given: What is asked for.
            stack: What the stack is called.
            previous: The stack as it is; None for a new one.
            is_reviewed: Whether somebody looks at it before it is made, so that macros need no acknowledgement.

        Raises:
            TemplateInvalid: It cannot make a stack.
            InsufficientCapabilities: Something that it does was not acknowledged.
        """
        old = None if previous is None else previous.definition
        text = self.read(asker, given.source, previous)
        document = parse_document(text)
        transforms = read_transforms(document)
        if not is_reviewed:
            check_expansion(transforms, given.capabilities)
        perform = self.operations.acting_as(asker.principal, asker.region)
        parameters = resolve_parameters(
            read_parameters(document),
            {each.name: each for each in given.parameters},
            previous={} if old is None else {each.name: each for each in old.parameters},
            lookup=parameter_reader(perform),
        )
        processed: Mapping[str, Value] = document
        if transforms:
            processed = expand(
                document,
                parameters=tuple(parameters.values()),
                region=asker.region,
                managed_policies=self.managed_policies(partition_of(asker.region)),
            )
        tags = check_tags(given.tags) if given.tags is not None else {} if old is None else dict(old.tags)
        setting = settle(read_template(processed), parameters, replace(stack, tags=tags))
        check_rules(setting)
        finder = export_finder(self.db, account=asker.account, region=asker.region)
        sound = validate(setting, self.types, find_export=finder)
        check_capabilities(setting.resources, given.capabilities)
        definition = Definition(
            template=text,
            processed=encode_document(processed) if transforms else None,
            parameters=tuple(parameters.values()),
            tags=tags,
            capabilities=given.capabilities,
            role_arn=given.role_arn or (None if old is None else old.role_arn),
        )
        return definition, sound

    def export_finder(self, account: str, region: str) -> FindExport:
        """Answer what looks exported values up."""
        return export_finder(self.db, account=account, region=region)

    def read(self, asker: Asker, source: Source, previous: Stack | None = None) -> str:
        """Answer the text of a template.

        Raises:
            TemplateInvalid: None is given, more than one, or it cannot be read.
        """
        if source.kept is not None:
            return source.kept
        if [source.body is not None, source.url is not None, source.previous].count(True) != 1:
            raise TemplateInvalid("Either Template URL or Template Body must be specified.")
        if source.previous:
            if previous is None:
                raise TemplateInvalid("There is no previous template to use.")
            return previous.definition.template
        if source.url is not None:
            perform = self.operations.acting_as(asker.principal, asker.region)
            return read_template_url(source.url, perform, hosts=[asker.host] if asker.host else [])
        body = source.body or ""
        if len(body.encode()) > MAX_BODY_BYTES:
            raise TemplateInvalid(
                "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_BODY_BYTES}"
            )
        return body


def parameter_reader(perform: Perform) -> Callable[[str], str]:
    """Answer what looks parameters of Systems Manager up."""

    def read(name: str) -> str:
        try:
            return str(perform("ssm", "GetParameter", Name=name)["Parameter"]["Value"])
        except OperationRefused as error:
            said = f"Unable to fetch parameters [{name}] from parameter store for this account."
            raise TemplateInvalid(said if error.code == "ParameterNotFound" else f"{said} {error.message}") from None

    return read


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Refuse tags that a stack cannot have.

    Raises:
        TemplateInvalid: There are too many, or one is reserved.
    """
    if len(tags) > MAX_TAGS:
        raise TemplateInvalid(f"A stack may have at most {MAX_TAGS} tags.")
    for key in tags:
        if key.lower().startswith(_RESERVED):
            raise TemplateInvalid(f"Tag keys starting with {_RESERVED} are reserved for internal use: {key}")
    return dict(tags)

"""What stacks give to each other: exported outputs, and who takes them (user guide, "Refer to resource outputs").

An export that somebody takes is neither changed nor removed; a name is exported by one stack of an account and region.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sealgate.services.stacks.errors import TemplateInvalid
from sealgate.services.stacks.templates.naming import FindExport, Known
from sealgate.services.stacks.templates.setting import Setting
from sealgate.services.stacks.templates.validation import Sound
from sealgate.services.stacks.templates.values import Value
from sealgate.store import stacks as store
from sealgate.store.database import Database, Tx
from sealgate.store.stacks import ResourceState, Stack, StackExport, StackOutput


def export_finder(db: Database, *, account: str, region: str) -> FindExport:
    """Answer what looks exported values up."""

    def find(name: str) -> str:
        with db.read() as tx:
            return require_export(tx, account=account, region=region, name=name)

    return find


def require_export(tx: Tx, *, account: str, region: str, name: str) -> str:
    """Answer an exported value.

    Raises:
        TemplateInvalid: No stack exports it.
    """
    found = store.stack_exports.find(tx, account=account, region=region, name=name)
    if found is None:
        raise TemplateInvalid(f"No export named {name} found.")
    return found.value


def evaluate_outputs(
    setting: Setting, states: Mapping[str, ResourceState], *, find_export: FindExport
) -> tuple[StackOutput, ...]:
    """Answer a stack's outputs, once everything in it is made.

    Raises:
        TemplateInvalid: One is no text.
    """
    evaluator = setting.evaluator(Known(resources=setting.resources, states=states, find_value=find_export))
    return tuple(
        StackOutput(
            key=each.name,
            value=_read_text(evaluator.evaluate(each.value), each.name),
            description=each.description,
            export_name=None
            if each.export_name is None
            else _read_text(evaluator.evaluate(each.export_name), each.name),
        )
        for each in setting.outputs
    )


def outputs_differ(stack: Stack, sound: Sound, states: Mapping[str, ResourceState], *, find_export: FindExport) -> bool:
    """Tell whether a stack's outputs would be others, its resources staying as they are."""
    try:
        return evaluate_outputs(sound.setting, states, find_export=find_export) != stack.outputs
    except TemplateInvalid:  # of something that is not there yet
        return True


def put_exports(tx: Tx, stack: Stack, outputs: Collection[StackOutput]) -> None:
    """Make a stack's exports those of its outputs.

    Raises:
        TemplateInvalid: Another stack exports one of the names, or takes what would be changed or removed.
    """
    wanted = {each.export_name: each.value for each in outputs if each.export_name is not None}
    present = {each.name: each for each in store.list_exports_of(tx, stack_id=stack.stack_id)}
    for name, export in present.items():
        if wanted.get(name) != export.value:
            refuse_use(tx, stack, name, "updated" if name in wanted else "deleted")
            store.stack_exports.delete(tx, account=stack.account, region=stack.region, name=name)
    for name, value in wanted.items():
        taken = store.stack_exports.find(tx, account=stack.account, region=stack.region, name=name)
        if taken is None:
            store.stack_exports.insert(tx, _make_export(stack, name, value))
        elif taken.stack_id != stack.stack_id:
            raise TemplateInvalid(f"Export with name {name} is already exported by stack {_name_of(taken.stack_id)}.")


def refuse_use(tx: Tx, stack: Stack, name: str, done: str) -> None:
    """Refuse to change or remove what other stacks take.

    Raises:
        TemplateInvalid: Some do.
    """
    importers = store.list_importers(tx, account=stack.account, region=stack.region, name=name)
    users = [_name_of(each.stack_id) for each in importers if each.stack_id != stack.stack_id]
    if users:
        raise TemplateInvalid(f"Export {name} cannot be {done} as it is in use by {', '.join(users)}")


def _make_export(stack: Stack, name: str, value: str) -> StackExport:
    return StackExport(account=stack.account, region=stack.region, name=name, value=value, stack_id=stack.stack_id)


def _name_of(stack_id: str) -> str:
    return stack_id.split("/")[1]


def _read_text(value: Value, output: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise TemplateInvalid(
        f"Template format error: The Value field of every Outputs member must evaluate to a String: {output}."
    )

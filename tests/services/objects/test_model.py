"""Any sequence of writes and deletions leaves what a naive list of versions says."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sealgate.services.objects.errors import NoSuchKey
from sealgate.services.objects.listings import Query
from sealgate.services.objects.service import ObjectName
from tests.support.objects import BUCKET, SCOPE, ObjectHouse

KEY = "app.zip"
STEPS = st.lists(
    st.sampled_from(["enable", "suspend", "put", "put", "delete", "drop oldest", "drop newest", "drop null"]),
    max_size=12,
)


@dataclass
class Model:
    """The versions of one key, newest first: id and content; None is a delete marker."""

    state: str = "Unset"
    versions: list[tuple[str, bytes | None]] = field(default_factory=list)

    def write(self, version_id: str, content: bytes | None) -> None:
        if version_id == "null":
            self.drop("null")
        self.versions.insert(0, (version_id, content))

    def drop(self, version_id: str) -> None:
        self.versions = [version for version in self.versions if version[0] != version_id]


def _step(house: ObjectHouse, model: Model, step: str, number: int) -> None:
    if step in ("enable", "suspend"):
        model.state = "Enabled" if step == "enable" else "Suspended"
        house.objects.buckets.set_versioning(SCOPE, BUCKET, "Enabled" if step == "enable" else "Suspended")
    elif step == "put":
        content = b"%d" % number
        model.write(house.put(KEY, content).version_id or "null", content)
    elif step == "delete":
        deletion = house.objects.delete(SCOPE, ObjectName(bucket=BUCKET, key=KEY))
        if model.state == "Unset":
            model.drop("null")
        else:
            model.write(deletion.version_id or "", None)
    elif model.versions:
        named = {"drop oldest": model.versions[-1][0], "drop newest": model.versions[0][0], "drop null": "null"}[step]
        house.objects.delete(SCOPE, ObjectName(bucket=BUCKET, key=KEY, version_id=named))
        model.drop(named)


def _look(house: ObjectHouse) -> list[tuple[str, bytes | None]]:
    found = house.objects.listings.versions(SCOPE, BUCKET, Query()).items
    assert [version.is_latest for version in found] == [True, *[False] * (len(found) - 1)][: len(found)]
    return [(v.version_id, None if v.is_delete_marker else house.objects.path(v).read_bytes()) for v in found]


def _read(house: ObjectHouse) -> bytes | None:
    try:
        return house.objects.path(house.objects.get_version(SCOPE, BUCKET, KEY)).read_bytes()
    except NoSuchKey:
        return None


@given(STEPS)
@settings(deadline=None, max_examples=25)
def test_any_sequence_leaves_what_a_naive_list_says(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house, model = ObjectHouse(Path(folder)), Model()
        house.make_bucket()
        for number, step in enumerate(steps):
            _step(house, model, step, number)
            assert _look(house) == model.versions
            assert _read(house) == (model.versions[0][1] if model.versions else None)
        house.close()

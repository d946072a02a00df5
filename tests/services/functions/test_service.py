import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sealgate.errors import Invalid, SealgateError
from sealgate.services.functions.code_sources import MAX_UPLOAD, StoredObject, ZipUpload
from sealgate.services.functions.errors import (
    ConfigToAttachNotFound,
    FunctionExists,
    FunctionNotFound,
    InvalidParameter,
    PublisherNotAccepted,
    RevisionMismatch,
    SourceNotReadable,
    UpdateInProgress,
    UploadTooLarge,
)
from sealgate.services.functions.settings import SettingsChange
from sealgate.services.functions.states import Phase
from sealgate.services.objects.service import ObjectName
from sealgate.store.functions import blob_references, functions
from tests.support.deployment import NOW, SCOPE, DeploymentHouse, zip_of
from tests.support.functions import a_function, a_scope

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:app"
UNKNOWN_CONFIG = "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-00000000000000000"
OTHER = zip_of({"other.py": b"pass\n"})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[DeploymentHouse]:
    house = DeploymentHouse(tmp_path)
    yield house
    house.close()


def test_a_new_function_answers_as_pending_and_is_active_at_the_first_read(house: DeploymentHouse) -> None:
    answer = house.create()
    assert answer.phase is Phase.CREATING
    state = house.functions.get(SCOPE, "app")
    assert state.phase is Phase.SETTLED
    assert state.function.last_modified == NOW.replace(microsecond=569_000)
    assert answer.function.revision_id != state.function.revision_id
    assert house.blobs.path(state.function.code_sha256).read_bytes() == zip_of()


def test_an_update_rotates_the_revision_even_with_the_same_bytes(house: DeploymentHouse) -> None:
    house.create()
    before = house.get()
    answer = house.update(zip_of())
    after = house.get()
    assert answer.phase is Phase.UPDATING
    assert len({before.revision_id, answer.function.revision_id, after.revision_id}) == 3
    assert after.last_modified == NOW.replace(microsecond=0)
    assert after.code_sha256 == before.code_sha256


def test_a_name_is_taken_once(house: DeploymentHouse) -> None:
    house.create()
    with pytest.raises(FunctionExists, match=r"^Function already exist: app$"):
        house.create(name=ARN)


def test_a_bare_name_has_at_most_64_characters(house: DeploymentHouse) -> None:
    house.create(name="a" * 64)
    with pytest.raises(InvalidParameter, match=r"Member must have length less than or equal to 64$"):
        house.create(name="a" * 65)


def test_a_config_that_does_not_exist_cannot_be_attached(house: DeploymentHouse) -> None:
    with pytest.raises(ConfigToAttachNotFound):
        house.create(config_arn=UNKNOWN_CONFIG)
    house.create()
    with pytest.raises(ConfigToAttachNotFound):
        house.functions.update_settings(SCOPE, "app", SettingsChange(), config_arn=UNKNOWN_CONFIG)


def test_settings_change_without_looking_at_the_code_and_a_config_is_attached_with_them(
    house: DeploymentHouse,
) -> None:
    house.create()
    arn = house.make_config("Enforce")
    house.functions.update_settings(SCOPE, "app", SettingsChange(timeout=9), config_arn=arn)
    assert (house.get().timeout, house.configs.get_function(SCOPE, "app").config_arn) == (9, arn)
    house.functions.update_settings(SCOPE, "app", SettingsChange(timeout=10))
    assert (house.get().timeout, house.configs.get_function(SCOPE, "app").config_arn) == (10, arn)


def test_a_missing_function_is_not_found(house: DeploymentHouse) -> None:
    calls: list[Callable[[], Any]] = [
        house.get,
        lambda: house.update(zip_of()),
        lambda: house.functions.update_settings(SCOPE, "app", SettingsChange()),
        lambda: house.functions.delete(SCOPE, "app"),
        lambda: house.functions.get_tags(SCOPE, ARN),
    ]
    for call in calls:
        with pytest.raises(FunctionNotFound, match=f"^Function not found: {ARN}$"):
            call()


@pytest.mark.parametrize("other", [a_scope(account="444455556666"), a_scope(region="us-east-1")])
def test_a_function_is_not_seen_from_another_account_or_region(house: DeploymentHouse, other: Any) -> None:
    house.create()
    with pytest.raises(FunctionNotFound):
        house.functions.get(other, "app")
    assert house.functions.list_functions(other, marker=None, limit=None).items == ()


def test_a_revision_must_be_the_latest(house: DeploymentHouse) -> None:
    answer = house.create()
    with pytest.raises(RevisionMismatch, match=r"^The Revision Id provided does not match the latest Revision Id"):
        house.update(OTHER, revision_id=answer.function.revision_id)
    with pytest.raises(RevisionMismatch):
        house.functions.update_settings(SCOPE, "app", SettingsChange(), revision_id="other")
    house.update(OTHER, revision_id=house.get().revision_id)
    house.functions.update_settings(SCOPE, "app", SettingsChange(), revision_id=house.get().revision_id)


def test_of_two_updates_with_the_same_revision_one_wins(house: DeploymentHouse) -> None:
    house.create()
    revision = house.get().revision_id
    packages = [zip_of({"app.py": str(number).encode()}) for number in range(8)]
    start = threading.Barrier(len(packages))

    def update(data: bytes) -> SealgateError | None:
        start.wait()
        try:
            house.update(data, revision_id=revision)
        except SealgateError as error:
            return error
        return None

    with ThreadPoolExecutor(len(packages)) as pool:
        errors = list(pool.map(update, packages))
    assert errors.count(None) == 1
    assert {type(error) for error in errors if error is not None} == {RevisionMismatch}
    assert house.get().code_sha256 == hashlib.sha256(packages[errors.index(None)]).hexdigest()


def test_of_two_creations_of_one_name_one_wins(house: DeploymentHouse) -> None:
    start = threading.Barrier(4)

    def create(_: int) -> str:
        start.wait()
        try:
            house.create()
        except FunctionExists:
            return "taken"
        return "made"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(create, range(4))) == ["made", "taken", "taken", "taken"]


def test_a_function_that_changes_while_a_package_is_read_is_a_conflict(house: DeploymentHouse) -> None:
    house.create()
    house.clock.when_next_read(lambda: house.functions.update_settings(SCOPE, "app", SettingsChange(timeout=9)))
    with pytest.raises(UpdateInProgress, match=f"An update is in progress for resource: {ARN}$"):
        house.update(OTHER)
    assert house.get().timeout == 9
    assert len(house.decisions()) == 1


def test_a_function_that_is_deleted_while_a_package_is_read_is_not_found(house: DeploymentHouse) -> None:
    house.create()
    house.clock.when_next_read(lambda: house.functions.delete(SCOPE, "app"))
    with pytest.raises(FunctionNotFound):
        house.update(OTHER)


def test_a_config_that_is_attached_while_a_package_is_read_judges_it(house: DeploymentHouse) -> None:
    house.create()
    arn = house.make_config("Enforce")
    house.clock.when_next_read(lambda: house.configs.attach(SCOPE, "app", arn))
    with pytest.raises(PublisherNotAccepted):
        house.update(OTHER)
    assert house.decisions()[-1].config_arn == arn


def sign_and_revoke_when_written(house: DeploymentHouse) -> bytes:
    """Sign a package whose job is revoked after it was judged, and before the function is stored."""
    made = house.sign(OTHER)
    house.blobs.when_next_written(lambda: house.revocation.revoke_signature(SCOPE, made.job.job_id, reason="withdrawn"))
    return made.data


def test_a_signature_that_is_revoked_while_its_package_is_written_makes_no_function(house: DeploymentHouse) -> None:
    data, config = sign_and_revoke_when_written(house), house.make_config("Enforce")
    with pytest.raises(PublisherNotAccepted):
        house.create(data, config_arn=config)
    assert house.decisions()[-1].kind == "REVOKED"


def test_a_signature_that_is_revoked_while_its_package_is_written_is_no_new_code(house: DeploymentHouse) -> None:
    house.create()
    house.configs.attach(SCOPE, "app", house.make_config("Enforce"))
    with pytest.raises(PublisherNotAccepted):
        house.update(sign_and_revoke_when_written(house))
    assert house.decisions()[-1].kind == "REVOKED"


def test_a_package_that_is_let_in_only_at_the_end_is_stored_whole(house: DeploymentHouse) -> None:
    house.create()
    arn = house.make_config("Enforce")
    house.configs.attach(SCOPE, "app", arn)
    house.clock.when_next_read(
        lambda: house.configs.update(SCOPE, arn, publishers=None, policy="Warn", description=None)
    )
    house.update(OTHER)
    assert house.blobs.path(house.get().code_sha256).read_bytes() == OTHER


def test_a_refused_package_never_reaches_the_disk(house: DeploymentHouse) -> None:
    with pytest.raises(PublisherNotAccepted):
        house.create(OTHER, config_arn=house.make_config("Enforce"))
    assert not house.blobs.path(hashlib.sha256(OTHER).hexdigest()).exists()


def test_code_comes_from_a_version_of_an_object_or_from_the_newest(house: DeploymentHouse) -> None:
    house.objects.buckets.create(SCOPE, "packages", location=SCOPE.region)
    house.objects.buckets.set_versioning(SCOPE, "packages", "Enabled")
    first, newest = house.put_object("packages", "app.zip", zip_of()), house.put_object("packages", "app.zip", OTHER)
    house.create(source=StoredObject(bucket="packages", key="app.zip", version=first))
    house.create(name="new", source=StoredObject(bucket="packages", key="app.zip", version=None))
    assert house.get().code_sha256 == hashlib.sha256(zip_of()).hexdigest()
    assert house.get("new").code_sha256 == hashlib.sha256(OTHER).hexdigest()
    assert first != newest


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            StoredObject(bucket="nowhere", key="app.zip", version=None),
            r"S3 Error Code: NoSuchBucket\. S3 Error Message: The specified bucket does not exist$",
        ),
        (
            StoredObject(bucket="packages", key="nothing", version=None),
            r"S3 Error Code: NoSuchKey\. S3 Error Message: The specified key does not exist\.$",
        ),
        (StoredObject(bucket="packages", key="app.zip", version="none"), r"S3 Error Code: NoSuchVersion\."),
        (StoredObject(bucket="elsewhere", key="app.zip", version=None), r"S3 Error Code: PermanentRedirect\."),
    ],
)
def test_an_object_that_cannot_be_read_is_told_in_the_stores_words(
    house: DeploymentHouse, source: StoredObject, said: str
) -> None:
    house.objects.buckets.create(SCOPE, "packages", location=SCOPE.region)
    house.objects.buckets.create(a_scope(region="us-east-1"), "elsewhere", location=None)
    house.put_object("packages", "app.zip", zip_of())
    with pytest.raises(SourceNotReadable, match=rf"^Error occurred while GetObject\. {said}"):
        house.create(source=source)


def test_a_delete_marker_is_no_package(house: DeploymentHouse) -> None:
    house.objects.buckets.create(SCOPE, "packages", location=SCOPE.region)
    house.objects.buckets.set_versioning(SCOPE, "packages", "Enabled")
    house.put_object("packages", "app.zip", zip_of())
    marker = house.objects.delete(SCOPE, ObjectName(bucket="packages", key="app.zip")).version_id
    with pytest.raises(SourceNotReadable, match="S3 Error Code: MethodNotAllowed"):
        house.create(source=StoredObject(bucket="packages", key="app.zip", version=marker))


def test_a_package_in_the_request_is_limited(house: DeploymentHouse) -> None:
    with pytest.raises(UploadTooLarge, match=r"^Zipped size must be smaller than 52428800 bytes$"):
        house.create(source=ZipUpload(data=bytes(MAX_UPLOAD + 1)))


def test_a_dry_run_answers_as_restoring_and_a_deleted_function_frees_its_config(house: DeploymentHouse) -> None:
    config = house.make_config("Warn")
    house.create(config_arn=config)
    tried = house.update(OTHER, dry_run=True)
    assert (tried.phase, tried.function.code_size) == (Phase.TRIED, len(OTHER))
    assert tried.function.revision_id == house.get().revision_id
    house.functions.delete(SCOPE, "app")
    house.configs.delete(SCOPE, config)


def test_the_latest_version_goes_only_with_the_function(house: DeploymentHouse) -> None:
    house.create()
    with pytest.raises(InvalidParameter, match="cannot be deleted without deleting the function"):
        house.functions.delete(SCOPE, "app", qualifier="$LATEST")
    with pytest.raises(FunctionNotFound, match=r":7$"):
        house.functions.delete(SCOPE, "app:7")


def test_functions_are_listed_by_name_in_pages(house: DeploymentHouse) -> None:
    for name in ("c", "a", "b"):
        house.create(name=name)
    first = house.functions.list_functions(SCOPE, marker=None, limit=2)
    rest = house.functions.list_functions(SCOPE, marker=first.next_token, limit=2)
    assert [each.function.name for each in first.items + rest.items] == ["a", "b", "c"]
    assert rest.next_token is None
    with pytest.raises(Invalid, match="pagination token"):
        house.functions.list_functions(a_scope(region="us-east-1"), marker=first.next_token, limit=2)


def test_a_page_has_fifty_functions_at_most(house: DeploymentHouse) -> None:
    with house.db.write() as tx:
        for number in range(51):
            functions.insert(tx, a_function(name=f"f{number:02}"))
    for limit in (None, 10_000):
        page = house.functions.list_functions(SCOPE, marker=None, limit=limit)
        assert (len(page.items), page.next_token is not None) == (50, True)


def test_tags_belong_to_the_function_as_a_whole(house: DeploymentHouse) -> None:
    house.create(tags={"a": "1"})
    house.functions.tag(SCOPE, ARN, {"b": "2"})
    house.functions.untag(SCOPE, ARN, ["a"])
    assert house.functions.get_tags(SCOPE, ARN) == {"b": "2"}
    with pytest.raises(InvalidParameter, match="Tags on function aliases and versions are not supported"):
        house.functions.tag(SCOPE, f"{ARN}:1", {"b": "2"})
    with pytest.raises(Invalid, match="sealgate:x"):
        house.create(name="other", tags={"sealgate:x": ""})


def test_code_is_found_as_long_as_it_is_the_functions(house: DeploymentHouse) -> None:
    house.create()
    sha256 = house.get().code_sha256
    assert house.functions.get_code(SCOPE, "app", sha256).read_bytes() == zip_of()
    house.update(OTHER)
    with pytest.raises(FunctionNotFound):
        house.functions.get_code(SCOPE, "app", sha256)


def test_the_sweep_is_told_of_every_package(house: DeploymentHouse) -> None:
    house.create()
    house.create(OTHER, name="other")
    with house.db.read() as tx:
        assert blob_references(tx) == {hashlib.sha256(data).hexdigest() for data in (zip_of(), OTHER)}

"""Code that was altered where it is stored does not start: whatever was altered, and whether it was signed or not."""

import dataclasses
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sealgate.aws.api.cloudwatch import cloudwatch as cloudwatch_api
from sealgate.clock import system_clock
from sealgate.store.functions import functions
from sealgate.store.invocations import StartRefusal, queued_invocations, start_refusals
from tests.support.audit import told_events
from tests.support.invoking import package
from tests.support.refusals import error_of
from tests.support.signed_functions import SignedFunctions, running_house

CODE = {"app.py": "import inner\ndef handler(event, context): return inner.ANSWER", "inner.py": "ANSWER = 42"}
EVIL = "import os\nos.system('id')\nANSWER = 43\n"
REFUSED = "Sealgate Function Start Refused"
Tamper = Callable[[SignedFunctions, str], None]


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedFunctions]:
    with running_house(tmp_path_factory.mktemp("tampering") / "data", metrics=True) as house:
        signed = SignedFunctions(house, cloudwatch_api)
        yield signed
        signed.close()


def flip(path: Path, place: int = -1) -> None:
    """Change one bit of a file, as whoever owns the disk can."""
    data = bytearray(path.read_bytes())
    data[place if place >= 0 else len(data) // 2] ^= 1
    write(path, bytes(data))


def write(path: Path, data: bytes) -> None:
    """Write a file, and let it look as before: mode and times too."""
    before = path.stat()
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def of_blob(do: Callable[[Path], object]) -> Tamper:
    return lambda signed, sha256: void(do(signed.house.blobs.path(sha256)))


def of_files(do: Callable[[Path], object]) -> Tamper:
    return lambda signed, sha256: void(do(signed.entry(sha256).files))


def void(_: object) -> None:
    """For what is done for its effect."""


@contextmanager
def opened(files: Path) -> Iterator[Path]:
    """A folder that can be written to, and looks as before afterwards."""
    files.chmod(0o700)
    yield files
    files.chmod(0o755)


def add_file(files: Path) -> None:
    with opened(files):
        (files / "json.py").write_text(EVIL)


def remove_file(files: Path) -> None:
    with opened(files):
        (files / "inner.py").unlink()


def replace_by_link(files: Path) -> None:
    with opened(files):
        (files / "inner.py").unlink()
        (files / "inner.py").symlink_to("app.py")


def put_another(signed: SignedFunctions, sha256: str) -> None:
    """Put the unpacked files of another signed package, with their list, in the place of these."""
    other, _ = signed.make({"app.py": f"def handler(*_): return {sha256!r}"})
    entry, source = signed.entry(sha256), signed.entry(signed.row(other).code_sha256)
    shutil.rmtree(entry.path)
    shutil.copytree(source.path, entry.path, symlinks=True)


def put_another_blob(signed: SignedFunctions, sha256: str) -> None:
    other, _ = signed.make({"app.py": f"def handler(*_): return {sha256!r}"})
    write(signed.house.blobs.path(sha256), signed.house.blobs.path(signed.row(other).code_sha256).read_bytes())


ALTERED: tuple[tuple[str, Tamper, str], ...] = (
    ("a byte of the stored package", of_blob(lambda path: flip(path, 60)), "package"),
    (
        "the end of the stored package",
        of_blob(lambda path: os.truncate(path, path.stat().st_size - 1)),
        "stored package",
    ),
    ("the stored package, by another that is signed", put_another_blob, "package"),
    ("the stored package, which is gone", of_blob(lambda path: path.unlink()), "the stored package is gone"),
    ("a byte of a file", of_files(lambda files: flip(files / "inner.py")), "inner.py"),
    ("a file, by another", of_files(lambda files: write(files / "inner.py", EVIL.encode())), "inner.py"),
    ("a file, by a link", of_files(replace_by_link), "inner.py"),
    ("a file that is there besides", of_files(add_file), "json.py"),
    ("a file that is missing", of_files(remove_file), "inner.py"),
    ("the rights of a file", of_files(lambda files: (files / "inner.py").chmod(0o755)), "inner.py"),
    ("the list of files", lambda signed, sha256: flip(signed.entry(sha256).list), "list"),
    ("the signature of the list", lambda signed, sha256: signed.entry(sha256).signature.unlink(), "list"),
    ("all that is unpacked, by another's that is whole", put_another, "its list is that of another package"),
)


def counted(signed: SignedFunctions) -> float:
    """How many starts Prometheus is told were refused since contents were altered."""
    page = signed.house.meter.show().decode()
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    name, labels = "sealgate_refused_starts_total", {"reason": "ContentsAltered"}
    return sum(sample.value for sample in samples if (sample.name, sample.labels) == (name, labels))


def refusals(signed: SignedFunctions, name: str) -> list[StartRefusal]:
    with signed.house.db.read() as tx:
        return start_refusals.select(tx, start_refusals.table.c.function == name)


def refused(signed: SignedFunctions, name: str) -> str:
    """Answer why a function is not started."""
    with pytest.raises(signed.client.exceptions.CodeVerificationFailedException) as caught:
        signed.functions.call(name)
    code, status, message = error_of(caught)
    assert (code, status) == ("CodeVerificationFailedException", 400)
    return message


@pytest.mark.parametrize(
    ("is_signed", "tamper", "named"),
    [pytest.param(True, do, named, id=f"signed: {what}") for what, do, named in ALTERED]
    + [pytest.param(False, do, named, id=f"unsigned: {what}") for what, do, named in ALTERED[::3]],
)
def test_what_was_altered_does_not_start(
    signed: SignedFunctions, tmp_path: Path, tamper: Tamper, named: str, *, is_signed: bool
) -> None:
    files = CODE | {"unique": str(tmp_path)}
    name = signed.make(files)[0] if is_signed else signed.functions.make(files)
    signed.unpack()
    function = signed.row(name)
    assert (function.job_arn is not None) is is_signed
    tamper(signed, function.code_sha256)
    message = refused(signed, name)
    assert message.startswith(f"Lambda cannot start the function. Check the code of {function.qualified_arn}: ")
    assert named in message
    (row,) = refusals(signed, name)
    assert (row.version, row.package_sha256, row.layer_version_arn) == ("$LATEST", function.code_sha256, None)
    assert (bool(row.reason), row.detail in message) == (True, True)


def test_an_altered_layer_keeps_its_function_from_starting(signed: SignedFunctions) -> None:
    data, _ = signed.sign(package({"python/library.py": "ANSWER = 42"}))
    published = signed.client.publish_layer_version(LayerName="altered", Content={"ZipFile": data})
    arn, sha256 = published["LayerVersionArn"], hashlib.sha256(data).hexdigest()
    name, _ = signed.make("import library\ndef handler(*_): return library.ANSWER", Layers=[arn])
    assert signed.functions.call(name).value == 42
    blob = signed.house.blobs.path(sha256)
    stored = blob.read_bytes()
    flip(blob)
    signed.end_processes()
    assert refused(signed, name).startswith(f"Lambda cannot start the function. Check the code of {arn}: ")
    write(blob, stored)
    flip(signed.entry(sha256).files / "python" / "library.py")
    assert "python/library.py" in refused(signed, name)
    assert [row.layer_version_arn for row in refusals(signed, name)] == [arn, arn]


def test_a_row_that_names_another_package_starts_nothing(signed: SignedFunctions) -> None:
    name, _ = signed.make(CODE | {"row": "1"})
    other, _ = signed.make({"app.py": "def handler(*_): return 'another'"})
    unsigned = signed.functions.make({"app.py": "def handler(*_): return 'unsigned'"})
    mine = signed.row(name)
    for sha256 in (signed.row(other).code_sha256, signed.row(unsigned).code_sha256):
        with signed.house.db.write() as tx:
            functions.replace(tx, dataclasses.replace(mine, code_sha256=sha256))
        assert "the stored package" in refused(signed, name)
    with signed.house.db.write() as tx:
        functions.replace(tx, mine)
    assert signed.functions.call(name).value == 42


def test_a_running_function_is_not_disturbed_and_an_undone_change_is_none(signed: SignedFunctions) -> None:
    name, _ = signed.make(CODE | {"undone": "1"})
    assert signed.functions.call(name).value == 42
    blob = signed.house.blobs.path(signed.row(name).code_sha256)
    stored = blob.read_bytes()
    flip(blob, 60)
    assert signed.functions.call(name).value == 42
    signed.end_processes()
    refused(signed, name)
    write(blob, stored)
    assert signed.functions.call(name).value == 42


def test_an_entry_that_is_removed_is_made_again_from_the_verified_package(signed: SignedFunctions) -> None:
    name, _ = signed.make(CODE | {"again": "1"})
    entry = signed.entry(signed.row(name).code_sha256)
    flip(entry.files / "inner.py")
    assert "remove that, and the verified package is unpacked again" in refused(signed, name)
    shutil.rmtree(entry.path)
    assert signed.functions.call(name).value == 42


def test_what_cannot_be_unpacked_in_advance_is_no_refused_start(
    signed: SignedFunctions, caplog: pytest.LogCaptureFixture
) -> None:
    data, _ = signed.sign(package(CODE | {"advance": "1"}))
    unpacking = threading.Event()
    signed.house.running.hosting._unpacking.submit(unpacking.wait)
    name = signed.functions.make("", Code={"ZipFile": data})
    flip(signed.house.blobs.path(signed.row(name).code_sha256), 60)
    unpacking.set()
    signed.unpack()
    assert "could not be unpacked before its first start" in caplog.text
    assert refusals(signed, name) == []
    refused(signed, name)
    assert len(refusals(signed, name)) == 1


def test_a_version_keeps_its_own_code_and_is_named(signed: SignedFunctions) -> None:
    name, _ = signed.make(CODE | {"version": "1"}, Publish=True)
    sha256 = signed.row(name).code_sha256
    signed.client.update_function_code(FunctionName=name, ZipFile=package("def handler(*_): return 'new'"))
    flip(signed.house.blobs.path(sha256), 60)
    with pytest.raises(signed.client.exceptions.CodeVerificationFailedException, match=f":function:{name}:1: "):
        signed.functions.call(name, Qualifier="1")
    assert signed.functions.call(name).value == "new"


def test_a_refused_start_is_an_event_a_metric_and_a_count(signed: SignedFunctions) -> None:
    name, _ = signed.make(CODE | {"told": "1"})
    row = signed.row(name)
    flip(signed.entry(row.code_sha256).files / "inner.py")
    before = counted(signed)
    refused(signed, name)
    told = {
        "function": row.qualified_arn,
        "outcome": "DENY",
        "packageSha256": row.code_sha256,
        "failed": "ContentsAltered",
        "detail": refusals(signed, name)[0].detail,
    }
    assert "inner.py" in told["detail"]
    (service_event,) = [each for each in told_events(signed.house.db, REFUSED) if name in str(each)]
    assert (service_event["source"], service_event["detail"]) == ("sealgate", told)
    (call,) = [each for each in told_events(signed.house.db, "Invoke") if name in str(each)]
    assert call["errorCode"] == "CodeVerificationFailedException"
    assert call["sealgate"]["start"] == told
    statistics = signed.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Sealgate",
        MetricName="CodeIntegrityErrors",
        Dimensions=[{"Name": "FunctionName", "Value": name}],
        StartTime=system_clock() - timedelta(hours=1),
        EndTime=system_clock() + timedelta(hours=1),
        Period=86_400,
        Statistics=["Sum"],
    )
    assert [point["Sum"] for point in statistics["Datapoints"]] == [1]
    assert counted(signed) == before + 1


def test_an_event_that_meets_altered_code_is_kept_with_the_reason(signed: SignedFunctions) -> None:
    name, _ = signed.make(CODE | {"event": "1"})
    signed.client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    flip(signed.house.blobs.path(signed.row(name).code_sha256), 60)
    answer = signed.client.invoke(FunctionName=name, InvocationType="Event")
    signed.house.services.invocations.queue.run_due()
    with signed.house.db.read() as tx:
        row = queued_invocations.find(tx, request_id=answer["ResponseMetadata"]["RequestId"])
    assert row is not None
    assert (row.status, row.attempts) == ("Failed", 1)
    assert "Lambda cannot start the function." in str(row.reason)

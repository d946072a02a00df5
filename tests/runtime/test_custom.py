"""Functions that bring their own runtime: `bootstrap`, a shell script here."""

import pytest

from tests.support.running import REQUEST_ID, House, answer, error, make_invocation

BOOTSTRAP = """\
#!/bin/bash
# Speaks to the Runtime API with the shell's own sockets.
set -eu
IFS=:/ read -r host port secret <<<"$AWS_LAMBDA_RUNTIME_API"
base="${secret:+/$secret}/2018-06-01/runtime"

ask() {
    exec 3<>"/dev/tcp/$host/$port"
    printf '%s' "$1" >&3
    response=$(cat <&3)
    exec 3>&-
}

cr=$(printf '\\r')
end="$cr
Connection: close$cr
"
while true; do
    ask "GET $base/invocation/next HTTP/1.1$end$cr
"
    id=$(printf '%s' "$response" | grep -i '^lambda-runtime-aws-request-id:' | cut -d' ' -f2 | tr -d "$cr")
    body=$(printf '%s' "$response" | sed "1,/^$cr\\$/d")
    echo "handling $body"
    answer="{\\"handler\\": \\"$_HANDLER\\", \\"event\\": $body}"
    ask "POST $base/invocation/$id/response HTTP/1.1${end}Transfer-Encoding: chunked$cr
$cr
$(printf '%x' ${#answer})$cr
$answer$cr
0$cr
$cr
"
done
"""


def test_a_custom_runtime_answers(house: House) -> None:
    task = house.write({"bootstrap": BOOTSTRAP})
    results = house.run_all(task, [make_invocation(1), make_invocation([2])], runtime="provided.al2023", handler="own")
    assert [answer(result) for result in results] == [
        {"handler": "own", "event": 1},
        {"handler": "own", "event": [2]},
    ]
    assert b"handling [2]\n" in results[1].log
    network = house.run(task, 3, runtime="provided.al2", handler="own", network=True)
    assert answer(network) == {"handler": "own", "event": 3}


def test_a_layer_may_bring_the_runtime(house: House) -> None:
    layer = house.write({"bootstrap": BOOTSTRAP})
    result = house.run(house.write({"data": ""}), runtime="provided.al2", handler="x", layers=(layer,))
    assert answer(result) == {"handler": "x", "event": None}


@pytest.mark.parametrize(
    ("name", "text", "mode", "reason"),
    [
        ("other", "", 0o755, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        ("bootstrap", BOOTSTRAP, 0o644, "fork/exec /var/task/bootstrap: permission denied"),
        ("bootstrap", "neither script nor program", 0o755, "fork/exec /var/task/bootstrap: exec format error"),
        ("bootstrap", "#!/no/such/shell\n", 0o755, "fork/exec /var/task/bootstrap: no such file or directory"),
    ],
)
def test_a_runtime_that_cannot_be_run_is_told(house: House, name: str, text: str, mode: int, reason: str) -> None:
    task = house.write({name: text})
    (task / name).chmod(mode)
    result = house.run(task, runtime="provided.al2023")
    assert error(result) == ("Runtime.InvalidEntrypoint", f"RequestId: {REQUEST_ID} Error: {reason}")


def test_a_runtime_that_ends_at_once_is_told(house: House) -> None:
    result = house.run(house.write({"bootstrap": "#!/bin/sh\necho no >&2\nexit 3\n"}), runtime="provided.al2")
    assert error(result)[1].endswith("Runtime exited with error: exit status 3")
    assert result.log.startswith(b"no\n")


def test_a_runtime_cannot_speak_to_the_server_but_by_its_api(house: House, open_house: House) -> None:
    task = house.write({"bootstrap": "#!/bin/sh\nls -l /proc/$$/fd\n"})
    for each in (house, open_house):
        log = each.run(task, runtime="provided.al2").log
        assert (b"pipe:" in log, b"socket:" in log) == (True, False)


def test_without_a_sandbox_a_runtime_runs_where_it_is(open_house: House) -> None:
    task = open_house.write({"bootstrap": BOOTSTRAP})
    assert answer(open_house.run(task, 1, runtime="provided.al2", handler="x")) == {"handler": "x", "event": 1}

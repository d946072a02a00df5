from datetime import timedelta
from typing import Any

import pytest

from sealgate.aws.api.lambda_shapes import describe_function, summarise_function
from sealgate.services.functions.states import FunctionState, Phase
from tests.support.functions import NOW, a_function


def settled(**changes: Any) -> FunctionState:
    return FunctionState(function=a_function(**changes), phase=Phase.SETTLED)


@pytest.mark.parametrize(
    ("microseconds", "written"),
    [
        (569_123, "2026-11-24T09:25:49.569+0000"),
        (5_999, "2026-11-24T09:25:49.005+0000"),
        (0, "2026-11-24T09:25:49.000+0000"),
    ],
)
def test_a_function_s_time_has_milliseconds(microseconds: int, written: str) -> None:
    moment = NOW.replace(microsecond=0) + timedelta(microseconds=microseconds)
    assert summarise_function(settled(last_modified=moment))["LastModified"] == written


@pytest.mark.parametrize(
    "changes",
    [
        {"profile_version_arn": "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/app/AAAAAAAAAA"},
        {"job_arn": "arn:aws:signer:eu-west-1:111122223333:/signing-jobs/1"},
        {"config_id": "csc-00000000000000000"},
        {"environment": {"STAGE": "1"}},
    ],
)
def test_what_a_function_lacks_is_absent_and_never_null(changes: dict[str, Any]) -> None:
    plain, full = (summarise_function(settled(**each)) for each in ({}, changes))
    assert None not in (*plain.values(), *full.values())
    assert len(full) == len(plain) + 1


def test_only_the_answer_to_a_change_says_that_it_is_under_way() -> None:
    states = {phase: describe_function(FunctionState(function=a_function(), phase=phase)) for phase in Phase}
    said = {
        phase: (answer["State"], answer.get("StateReasonCode"), answer.get("LastUpdateStatus"))
        for phase, answer in states.items()
    }
    assert said == {
        Phase.CREATING: ("Pending", "Creating", None),
        Phase.UPDATING: ("Active", None, "InProgress"),
        Phase.TRIED: ("Pending", "Restoring", None),
        Phase.SETTLED: ("Active", None, "Successful"),
    }

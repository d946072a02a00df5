from dataclasses import replace

import pytest

from sealgate.services.functions.errors import InvalidParameter
from sealgate.services.functions.settings import LoggingChange, SettingsChange, make_function
from tests.support.functions import ROLE, SCOPE, a_function

NEEDED = SettingsChange(role=ROLE, runtime="python3.13", handler="app.handler")


def test_a_new_function_has_awss_defaults() -> None:
    function = make_function(SCOPE, "app", NEEDED)
    assert (function.timeout, function.memory_size, function.ephemeral_storage) == (3, 128, 512)
    assert (function.architecture, function.tracing_mode, function.description) == ("x86_64", "PassThrough", "")
    assert (function.log_format, function.log_group) == ("Text", "/aws/lambda/app")


@pytest.mark.parametrize("lacking", [replace(NEEDED, runtime=None), replace(NEEDED, handler=None)])
def test_runtime_and_handler_are_needed(lacking: SettingsChange) -> None:
    with pytest.raises(InvalidParameter, match=r"^Runtime and Handler are mandatory parameters"):
        make_function(SCOPE, "app", lacking)


def test_what_is_not_said_is_kept_and_what_is_empty_is_set() -> None:
    function = a_function(description="old", environment={"A": "1"}, timeout=9)
    changed = SettingsChange(description="", environment={}).apply(function)
    assert (changed.description, changed.environment, changed.timeout) == ("", {}, 9)


def test_json_logs_have_levels_and_text_logs_have_none() -> None:
    logs = SettingsChange(logging=LoggingChange(log_format="JSON", system_log_level="WARN"))
    function = logs.apply(a_function())
    assert (function.application_log_level, function.system_log_level) == ("INFO", "WARN")
    kept = SettingsChange(logging=LoggingChange(application_log_level="DEBUG", log_group="g")).apply(function)
    assert (kept.application_log_level, kept.system_log_level, kept.log_group) == ("DEBUG", "WARN", "g")
    text = SettingsChange(logging=LoggingChange(log_format="Text")).apply(kept)
    assert (text.application_log_level, text.system_log_level) == (None, None)
    with pytest.raises(InvalidParameter, match="only if LogFormat is JSON"):
        SettingsChange(logging=LoggingChange(system_log_level="WARN")).apply(text)


def test_the_runtimes_own_variables_are_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT$"):
        SettingsChange(environment={"LAMBDA_TASK_ROOT": "/", "AWS_REGION": "x", "A": ""}).apply(a_function())


def test_the_environment_is_limited() -> None:
    SettingsChange(environment={"A": "x" * 4088}).apply(a_function())
    with pytest.raises(InvalidParameter, match="exceeded the 4KB limit"):
        SettingsChange(environment={"A": "x" * 4089}).apply(a_function())

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sealgate.cms.ber import GENERALIZED_TIME, EnvelopeError, encode
from sealgate.cms.times import encode_time, parse_time


@pytest.mark.parametrize(
    ("content", "moment"),
    [
        (b"20220211174524Z", datetime(2022, 2, 11, 17, 45, 24, tzinfo=UTC)),
        (b"20220211174524.338Z", datetime(2022, 2, 11, 17, 45, 24, 338000, tzinfo=UTC)),
        (b"20220211174524.5Z", datetime(2022, 2, 11, 17, 45, 24, 500000, tzinfo=UTC)),
        (b"20220211174524.123456789Z", datetime(2022, 2, 11, 17, 45, 24, 123456, tzinfo=UTC)),
        (b"99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_is_read(content: bytes, moment: datetime) -> None:
    assert parse_time(content) == moment


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"220211174524Z",
        b"202202111745Z",
        b"20220211174524",
        b"20220211174524.Z",
        b"20220211174524,5Z",
        b"20220211174524.0123456789Z",
        b"20220211174524+0000",
        b"20220211174524Z\n",
        b"20220211174560Z",
        b"20220229000000Z",
        b"00000101000000Z",
        b"\xd9\xa2" * 14 + b"Z",
    ],
)
def test_every_other_form_is_refused(content: bytes) -> None:
    with pytest.raises(EnvelopeError):
        parse_time(content)


def test_a_time_is_written_in_utc_and_whole_seconds() -> None:
    moment = datetime(999, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=1)))
    assert encode_time(moment) == encode(GENERALIZED_TIME, b"09990102020405Z")

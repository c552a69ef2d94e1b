"""
Date-times of answers: whatever form of ISO 8601 they have, and what is none.
"""

from __future__ import annotations

import datetime
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_api.decoding import date_time
from reflect_api.errors import FieldError
from reflect_api.models import MemoryResponse

OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
    lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes))
)
MOMENTS = st.datetimes(
    min_value=datetime.datetime(1000, 1, 2),  # noqa: DTZ001 - the zone is drawn
    max_value=datetime.datetime(9999, 12, 30),  # noqa: DTZ001 - the zone is drawn
    timezones=OFFSETS,
)
DATES = {
    "calendar": lambda moment: f"{moment:%Y-%m-%d}",
    "calendar, basic": lambda moment: f"{moment:%Y%m%d}",
    "ordinal": lambda moment: f"{moment:%Y-%j}",
    "ordinal, basic": lambda moment: f"{moment:%Y%j}",
    "week": lambda moment: "{}-W{:02}-{}".format(*moment.isocalendar()),
    "week, basic": lambda moment: "{}W{:02}{}".format(*moment.isocalendar()),
}


def _zone(moment: datetime.datetime, form: str) -> str:
    offset = moment.utcoffset()
    assert offset is not None
    if not offset and form != "numeric":
        return form
    minutes = abs(offset) // datetime.timedelta(minutes=1)
    sign = "-" if offset < datetime.timedelta(0) else "+"
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"


forms = st.sampled_from(sorted(DATES))
zones = st.sampled_from(["Z", "z", "numeric"])
separators = st.sampled_from(["T", "t", " "])


@given(moment=MOMENTS, form=forms, zone=zones, separator=separators)
def test_a_date_time_means_the_same_in_every_form(
    moment: datetime.datetime, form: str, zone: str, separator: str
):
    text = f"{DATES[form](moment)}{separator}{moment:%H:%M:%S.%f}{_zone(moment, zone)}"
    assert date_time(text) == moment
    assert date_time(text).utcoffset() == moment.utcoffset()


@given(moment=MOMENTS, form=forms, separator=separators)
def test_hour_24_is_the_start_of_the_next_day(moment: datetime.datetime, form: str, separator: str):
    midnight = datetime.datetime.combine(moment.date(), datetime.time(), datetime.UTC)
    read = date_time(f"{DATES[form](moment)}{separator}24:00:00Z")
    assert read == midnight + datetime.timedelta(days=1)


@given(
    moment=MOMENTS,
    form=forms,
    zone=zones,
    separator=separators,
    fraction=st.sampled_from(["", ".5", ",999999999"]),
    basic=st.booleans(),
)
def test_a_leap_second_is_the_last_microsecond_of_its_minute(
    moment: datetime.datetime, form: str, zone: str, separator: str, fraction: str, basic: bool
):
    time = f"{moment:%H%M}60" if basic else f"{moment:%H:%M}:60"
    read = date_time(f"{DATES[form](moment)}{separator}{time}{fraction}{_zone(moment, zone)}")
    assert read == moment.replace(second=59, microsecond=999_999)


@given(moment=MOMENTS, form=forms, separator=separators)
def test_a_date_time_without_a_time_zone_is_in_utc(
    moment: datetime.datetime, form: str, separator: str
):
    read = date_time(f"{DATES[form](moment)}{separator}{moment:%H:%M:%S.%f}")
    assert read == moment.replace(tzinfo=datetime.UTC)


@given(moment=MOMENTS, form=forms)
def test_a_date_without_a_time_is_refused(moment: datetime.datetime, form: str):
    with pytest.raises(FieldError, match="a date-time such as 2026-03-01T12:00:00Z"):
        date_time(DATES[form](moment))


@given(text=st.text())
def test_any_text_is_either_read_with_a_time_zone_or_refused(text: str):
    with suppress(FieldError):
        assert date_time(text).tzinfo is not None


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-03-01",
        "2026",
        "2026-03",
        "2026-060",
        "2026-366T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-03-01T12:00:61Z",
        "2026-03-01T12:60:00Z",
        "2026-03-01T24:00:01Z",
        "2026-03-01T24:00:60Z",
        "2026-03-01T12:00:00+24:00",
        "9999-12-31T24:00:00Z",
        "20260301120000",
        "soon",
        "",
        1772366400,
        ["2026-03-01T12:00:00Z"],
    ],
)
def test_what_is_no_date_time_is_refused_with_its_field(wrong: Any):
    memory = {"id": "m1", "task": "t", "reflection": "r", "created_at": wrong}
    with pytest.raises(FieldError) as caught:
        MemoryResponse.from_dict(memory)
    assert caught.value.field == "MemoryResponse.created_at"

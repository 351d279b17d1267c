"""Dates of pages are in the time zone of the policy in force, also when it changes while the pages are served."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from mailgate.application.policies.documents import PolicyDocument
from mailgate.application.policies.versions import Activate, activate
from mailgate.web.pages.when import Calendar
from tests.support.desks.office import EVA, KARI
from tests.support.desks.site import Answer, SiteUnderTest

AT_THE_DESK, IN_THE_PORTAL = "/desk/cases/SUP-1", "/browse/SUP-1"


def _offsets(page: Answer) -> set[str]:
    """The offsets from UTC of all dates on a page."""
    assert page.status == 200
    return {(one.attributes["datetime"] or "")[-6:] for one in page.tree.css("main time[datetime]")}


def test_given_a_policy_with_another_zone_when_it_is_activated_then_pages_show_their_dates_there_at_once(site: SiteUnderTest) -> None:
    ola, kari = site.staff("ola"), site.logged_in(KARI, "kari")
    assert _offsets(ola.get(AT_THE_DESK)) == _offsets(kari.get(IN_THE_PORTAL)) == {"+01:00"}
    shipped = files("mailgate.rules").joinpath("supportweb.yaml").read_text(encoding="utf-8")
    abroad = shipped.replace("\nzone: Europe/Oslo\n", "\nzone: Asia/Tokyo\n")
    activate(site.office.app, EVA, Activate(PolicyDocument(abroad.encode(), "abroad.yaml"), "kontoret er i Tokyo"))
    assert _offsets(ola.get(AT_THE_DESK)) == _offsets(kari.get(IN_THE_PORTAL)) == {"+09:00"}


@pytest.mark.parametrize(
    ("language", "now", "at", "short", "due"),
    [
        ("nb", "2026-12-01 23:59", "2026-12-02 00:00", "i morgen kl. 00.00", "i morgen kl. 00.00"),
        ("nn", "2026-12-02 00:00", "2026-12-01 23:59", "i går kl. 23.59", "i går kl. 23.59"),
        ("nb", "2026-03-28 12:00", "2026-03-29 03:30", "i morgen kl. 03.30", "i morgen kl. 03.30"),
        ("nn", "2026-10-25 23:30", "2026-10-26 00:10", "i morgon kl. 00.10", "i morgon kl. 00.10"),
        ("en", "2026-10-24 23:30", "2026-10-25 02:30", "tomorrow at 02:30", "tomorrow at 02:30"),
        ("nb", "2026-12-01 12:00", "2026-12-07 09:00", "7. des.", "man. 7. des. 09.00"),
        ("nn", "2026-12-01 12:00", "2026-12-08 09:00", "8. des.", "8. des."),
        ("en", "2026-12-31 12:00", "2027-01-03 09:00", "3 Jan 2027", "Sun 3 Jan 09:00"),
        ("nb", "2026-12-01 12:00", "2024-02-29 09:00", "29. feb. 2024", "29. feb. 2024"),
    ],
)
def test_given_times_around_midnight_and_the_change_of_clocks_when_written_then_they_are_as_people_say_them(
    language: str, now: str, at: str, short: str, due: str
) -> None:
    oslo = ZoneInfo("Europe/Oslo")
    calendar = Calendar(language, oslo, datetime.fromisoformat(now).replace(tzinfo=oslo))
    when = datetime.fromisoformat(at).replace(tzinfo=oslo)
    assert (calendar.short(when), calendar.due(when)) == (short, due)


def test_given_a_date_when_written_in_full_then_it_has_its_weekday_and_the_clock() -> None:
    oslo = ZoneInfo("Europe/Oslo")
    at = datetime(2026, 12, 1, 12, 5, tzinfo=oslo)
    full = {language: Calendar(language, oslo, at).full(at) for language in ("nb", "nn", "en")}
    assert full == {
        "nb": "tirsdag 1. desember 2026 kl. 12.05", "nn": "tysdag 1. desember 2026 kl. 12.05", "en": "Tuesday 1 December 2026 at 12:05",
    }  # fmt: skip

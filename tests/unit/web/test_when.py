"""Dates of pages are in the time zone of the policy in force, also when it changes while the pages are served."""

from __future__ import annotations

from importlib.resources import files

from mailgate.application.policies.documents import PolicyDocument
from mailgate.application.policies.versions import Activate, activate
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

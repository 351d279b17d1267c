"""Which notices a person gets: chosen behind the link of a mail, in one click of a mail program (RFC 8058), or on one's own page.

Mail about an account goes out whatever is chosen here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

from mailgate.application.access import Action
from mailgate.application.accounts import links
from mailgate.application.cases import changing
from mailgate.application.faults import all_checked
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import one_of
from mailgate.cases.model import Contact, NoticeWish
from mailgate.errors import NotFound
from mailgate.store.repositories.accounts import AccountLink
from mailgate.store.repositories.portal import DIGEST_HOUR, UNCHOSEN, NoticeChoice

WISHES: tuple[NoticeWish, ...] = get_args(NoticeWish)
HOURS = tuple(range(24))


@dataclass(frozen=True, slots=True)
class NoticeChoices:
    """What a person has chosen. `who`: name or address. `case_key`: the case of the link, "" without one; `muted`: nothing is told of it.

    `mutes`: key and summary of all cases that are muted; only for somebody who is logged in. `hour`: local hour of the daily mail.
    """

    who: str
    wants: NoticeWish
    case_key: str = ""
    muted: bool = False
    mutes: Sequence[tuple[str, str]] = ()
    hour: int = DIGEST_HOUR


@dataclass(frozen=True, slots=True)
class ChooseByLink:
    """`wants`: all, important, digest or none. `muted`: nothing is told of the case of the mail. `hour`: of the daily mail, "" as it is."""

    token: str
    wants: str
    muted: bool
    hour: str = ""


@dataclass(frozen=True, slots=True)
class ChooseNotices:
    """For oneself; as in `ChooseByLink`."""

    wants: str
    hour: str = ""


@dataclass(frozen=True, slots=True)
class MuteCase:
    """Tell me nothing of this case, or again."""

    key: str
    muted: bool


@query(Action.LINK_NOTICES)
def chosen_by_link(act: Act, token: str) -> NoticeChoices:
    """What the person of this link has chosen. Raises NotFound for a link that opens nothing."""
    link, person = _opened(act, token)
    chosen = _chosen(act, person.id)
    muted = bool(act.uow.portal.muted([(person.id, link.facts["case_id"])]))
    return NoticeChoices(person.name or person.address, chosen.wants, link.facts["case_key"], muted, hour=chosen.hour)


@use_case(Action.LINK_NOTICES)
def choose_by_link(act: Act, command: ChooseByLink) -> None:
    """Choose behind the link. The same choice again changes nothing."""
    wants, hour = _checked(command.wants, command.hour)
    link, person = _opened(act, command.token)
    _mute(act, person.id, link.facts["case_id"], muted=command.muted)
    _want(act, person.id, wants, hour)


@use_case(Action.LINK_NOTICES)
def unsubscribe(act: Act, token: str) -> str:
    """Tell the person of this link nothing more of its case; the case's key."""
    link, person = _opened(act, token)
    _mute(act, person.id, link.facts["case_id"], muted=True)
    return link.facts["case_key"]


@query(Action.ACCOUNT_OWN)
def my_notices(act: Act, _none: None) -> NoticeChoices:
    """What I have chosen."""
    me = act.principal.id
    chosen = _chosen(act, me)
    return NoticeChoices(act.principal.name, chosen.wants, mutes=act.uow.portal.mutes_of(me), hour=chosen.hour)


@use_case(Action.ACCOUNT_OWN)
def choose_notices(act: Act, command: ChooseNotices) -> None:
    """Choose for myself. Staff get no notices of cases."""
    if act.principal.kind != "contact":
        raise NotFound("contact", act.principal.id)
    _want(act, act.principal.id, *_checked(command.wants, command.hour))


@use_case(Action.CASE_MUTE)
def mute_case(act: Act, command: MuteCase) -> None:
    """Tell me nothing of one case, or again."""
    if act.principal.kind != "contact":
        raise NotFound("contact", act.principal.id)
    _mute(act, act.principal.id, changing.found(act, command.key).id, muted=command.muted)


def _checked(wants: str, hour: str) -> tuple[NoticeWish, int | None]:
    checked = all_checked(
        wants=lambda: one_of(wants, WISHES, "wants", "choice"),
        hour=lambda: one_of(hour, [str(one) for one in HOURS], "hour", "hour") if hour else "",
    )
    return cast(NoticeWish, checked["wants"]), int(checked["hour"]) if checked["hour"] else None


def _chosen(act: Act, contact_id: str) -> NoticeChoice:
    return act.uow.portal.choices([contact_id]).get(contact_id, UNCHOSEN)


def _want(act: Act, contact_id: str, wants: NoticeWish, hour: int | None) -> None:
    before = _chosen(act, contact_id)
    after = NoticeChoice(wants, before.hour if hour is None else hour)
    if before == after:
        act.unchanged()
        return
    act.uow.portal.choose(contact_id, after, wants=after.wants != before.wants, hour=after.hour != before.hour)
    named = [({"notices": one.wants, "digest_hour": one.hour}) for one in (before, after)]
    changed = [name for name in named[0] if named[0][name] != named[1][name]]
    act.record(("contact", contact_id), *({name: one[name] for name in changed} for one in named))


def _mute(act: Act, contact_id: str, case_id: str, *, muted: bool) -> None:
    if act.uow.portal.set_mute(contact_id, case_id, muted=muted):
        act.record(("contact", contact_id), {"muted": not muted}, {"muted": muted}, detail={"case_id": case_id})
    else:
        act.unchanged()


def _opened(act: Act, token: str) -> tuple[AccountLink, Contact]:
    link = links.open_link(act, "notices", token)
    person = act.uow.contacts.get([link.facts["contact_id"]]).get(link.facts["contact_id"])
    if person is None:
        raise NotFound("mail_link", "unknown")
    return link, person

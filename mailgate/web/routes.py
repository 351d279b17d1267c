"""Every page: method, path, who it is for, what it does, how it is cached. Tests crawl this table.

A path part in braces is a parameter. `audience`: anyone, contact (a customer's account), staff, account (either). A route that lacks one
cannot be written; `gate` keeps it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mailgate.web.desk import case as desk_case
from mailgate.web.desk import case_actions as desk_acts
from mailgate.web.desk import customers, held, live, queue
from mailgate.web.desk import mail as desk_mail
from mailgate.web.desk import new_case as desk_new
from mailgate.web.desk import texts as desk_texts
from mailgate.web.http.security import Cache
from mailgate.web.pages.request import Answer, PageRequest
from mailgate.web.portal import (
    answer_link,
    case,
    case_actions,
    cases,
    claim,
    drafts,
    files,
    login,
    me,
    new_case,
    notices_link,
    password,
    register,
)
from mailgate.web.staff import first_admin, openid, patterns, second_factor

Audience = Literal["anyone", "contact", "staff", "account"]
Handler = Callable[[PageRequest], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One row. `action`: the key of the access table that it asks first, "" for none. `once`: what is sent twice is done once.

    `keeps`: the page on which its form stands; when the session has ended, what was typed waits there as a draft. `one_click`: a mail
    program may send it without our form (RFC 8058). `charged`: counts as one of the changes that a customer may make in an hour.
    `by_person` False: an open page asks by itself, which keeps no session alive. `elsewhere`: it waits for a program that is not ours.
    """

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    audience: Audience
    action: str
    cache: Cache = "private"
    once: bool = True
    keeps: str = ""
    one_click: bool = False
    charged: bool = True
    by_person: bool = True
    elsewhere: bool = False


ROUTES: tuple[Route, ...] = (
    Route("GET", "/", cases.home, "anyone", ""),
    Route("GET", "/login", login.show, "anyone", "", "no-store"),
    Route("POST", "/login", login.log_in, "anyone", "account.log_in", "no-store", once=False),
    Route("POST", "/logout", login.log_out, "anyone", "account.own", "no-store"),
    Route("POST", "/language", login.language, "anyone", ""),
    Route("GET", "/register", register.show, "anyone", "", "no-store"),
    Route("POST", "/register", register.ask, "anyone", "account.register", "no-store"),
    Route("GET", "/register/{token}", register.show_finish, "anyone", "account.register", "no-store"),
    Route("POST", "/register/{token}", register.finish, "anyone", "account.register", "no-store"),
    Route("GET", "/password", password.show, "anyone", "", "no-store"),
    Route("POST", "/password", password.ask, "anyone", "account.reset", "no-store"),
    Route("GET", "/password/{token}", password.show_finish, "anyone", "account.reset", "no-store"),
    Route("POST", "/password/{token}", password.finish, "anyone", "account.reset", "no-store"),
    Route("GET", "/cases", cases.show, "contact", "case.list"),
    Route("GET", "/new", new_case.show, "contact", "case.create"),
    Route("POST", "/new", new_case.create, "contact", "case.create", keeps="/new"),
    Route("GET", "/new/similar", new_case.similar, "contact", "case.list", "no-store"),
    Route("POST", "/drafts", drafts.keep, "contact", "account.own", once=False, charged=False),
    Route("GET", "/browse/{key}", case.show, "contact", "case.read"),
    Route("POST", "/browse/{key}/comments", case_actions.comment, "contact", "case.comment", keeps="/browse/{key}"),
    Route("POST", "/browse/{key}/operations", case_actions.operate, "contact", "case.operate", keeps="/browse/{key}"),
    Route("POST", "/browse/{key}/mute", case_actions.mute, "contact", "case.mute"),
    Route("GET", "/browse/{key}/edit", case_actions.show_edit, "contact", "case.edit"),
    Route("POST", "/browse/{key}/edit", case_actions.edit, "contact", "case.edit", keeps="/browse/{key}/edit"),
    Route("POST", "/browse/{key}/clone", case_actions.clone, "contact", "case.clone"),
    Route("POST", "/browse/{key}/participants", case_actions.add_participant, "contact", "case.add_participant"),
    Route("POST", "/browse/{key}/participants/remove", case_actions.remove_participant, "contact", "case.remove_participant"),
    Route("GET", "/browse/{key}/files/{comment}/{sha256}", files.show, "account", "case.read"),
    Route("GET", "/desk", queue.show, "staff", "case.queue"),
    Route("POST", "/desk", queue.act, "staff", "case.queue"),
    Route("GET", "/desk/next", queue.open_next, "staff", "case.queue"),
    Route("GET", "/desk/new", desk_new.show, "staff", "case.create"),
    Route("POST", "/desk/new", desk_new.make, "staff", "case.create", keeps="/desk/new"),
    Route("GET", "/desk/cases/{key}", desk_case.show, "staff", "case.queue"),
    Route("GET", "/desk/live", live.queue, "staff", "case.queue", "no-store", by_person=False),
    Route("GET", "/desk/cases/{key}/live", live.case, "staff", "case.queue", "no-store", by_person=False),
    Route("POST", "/desk/cases/{key}/present", live.present, "staff", "case.queue", once=False, by_person=False),
    Route("POST", "/desk/cases/{key}/reply", desk_acts.reply, "staff", "case.comment", keeps="/desk/cases/{key}"),
    Route("POST", "/desk/cases/{key}/assign", desk_acts.assign, "staff", "case.assign"),
    Route("POST", "/desk/cases/{key}/fields", desk_acts.set_fields, "staff", "case.edit"),
    Route("POST", "/desk/cases/{key}/participants", desk_acts.add_participant, "staff", "case.add_participant"),
    Route("POST", "/desk/cases/{key}/participants/remove", desk_acts.remove_participant, "staff", "case.remove_participant"),
    Route("POST", "/desk/cases/{key}/participants/decide", desk_acts.decide, "staff", "case.approve"),
    Route("POST", "/desk/cases/{key}/merge", desk_acts.merge, "staff", "case.merge"),
    Route("POST", "/desk/cases/{key}/move", desk_acts.move_comment, "staff", "case.move_comment"),
    Route("POST", "/desk/cases/{key}/take-back", desk_acts.take_back, "staff", "case.take_back"),
    Route("POST", "/desk/cases/{key}/withdraw", desk_acts.withdraw, "staff", "case.withdraw_comment"),
    Route("GET", "/desk/mail/{id}", desk_mail.show, "staff", "journal.read"),
    Route("GET", "/desk/mail/{id}/html", desk_mail.html, "staff", "journal.raw"),
    Route("GET", "/desk/mail/{id}/raw", desk_mail.raw, "staff", "journal.raw"),
    Route("GET", "/desk/customers", customers.show, "staff", "customer.read"),
    Route("POST", "/desk/customers", customers.add, "staff", "customer.add"),
    Route("GET", "/desk/customers/{name}", customers.show_one, "staff", "customer.read"),
    Route("POST", "/desk/customers/{name}", customers.change, "staff", "customer.set"),
    Route("POST", "/desk/customers/{name}/contacts", customers.add_contact, "staff", "contact.add"),
    Route("GET", "/desk/contacts/{address}", customers.show_contact, "staff", "contact.read"),
    Route("POST", "/desk/contacts/{address}", customers.change_contact, "staff", "contact.set"),
    Route("POST", "/desk/contacts/{address}/join", customers.join_contact, "staff", "contact.join"),
    Route("POST", "/desk/contacts/{address}/lift", customers.lift, "staff", "suppression.remove"),
    Route("GET", "/desk/held", held.show, "staff", "journal.read"),
    Route("POST", "/desk/held", held.decide, "staff", "journal.release"),
    Route("GET", "/desk/texts", desk_texts.show, "staff", "text.read"),
    Route("POST", "/desk/texts", desk_texts.add, "staff", "text.set"),
    Route("GET", "/desk/texts/edit", desk_texts.edit, "staff", "text.read"),
    Route("POST", "/desk/texts/edit", desk_texts.change, "staff", "text.set"),
    Route("POST", "/desk/texts/remove", desk_texts.remove, "staff", "text.set"),
    Route("GET", "/desk/texts/words", desk_texts.words, "staff", "text.read", "no-store"),
    Route("GET", "/patterns", patterns.show, "staff", "case.list"),
    Route("GET", "/me", me.show, "account", "account.own"),
    Route("POST", "/me/password", me.change_password, "account", "account.own", "no-store"),
    Route("POST", "/me/sessions", me.end_sessions, "account", "account.own"),
    Route("GET", "/first-admin/{token}", first_admin.show, "anyone", "account.register", "no-store"),
    Route("POST", "/first-admin/{token}", first_admin.make, "anyone", "account.register", "no-store"),
    Route("GET", "/login/code", second_factor.show_code, "anyone", "account.log_in", "no-store"),
    Route("POST", "/login/code", second_factor.give_code, "anyone", "account.log_in", "no-store", once=False),
    Route("POST", "/login/openid", openid.begin, "anyone", "account.log_in", "no-store", once=False, elsewhere=True),
    Route("GET", "/login/openid/callback", openid.come_back, "anyone", "account.log_in", "no-store", elsewhere=True),
    Route("POST", "/me/openid", openid.begin_link, "staff", "account.own", "no-store", once=False, elsewhere=True),
    Route("POST", "/me/openid/off", openid.end_link, "staff", "account.own", "no-store", once=False),
    Route("GET", "/me/second-factor", second_factor.show, "staff", "account.own", "no-store"),
    Route("POST", "/me/second-factor", second_factor.begin, "staff", "account.own", "no-store"),
    Route("POST", "/me/second-factor/code", second_factor.confirm, "staff", "account.own", "no-store", once=False),
    Route("POST", "/me/second-factor/off", second_factor.turn_off, "staff", "account.own", "no-store", once=False),
    Route("POST", "/me/notices", me.choose_notices, "contact", "account.own"),
    Route("GET", "/me/data", me.data, "contact", "account.own", "no-store"),
    Route("POST", "/me/deletion", me.ask_for_deletion, "contact", "case.create"),
    Route("GET", "/answer/{token}", answer_link.show, "anyone", "link.answer", "no-store"),
    Route("POST", "/answer/{token}", answer_link.answer, "anyone", "link.answer", "no-store"),
    Route("GET", "/claim/{token}", claim.show, "anyone", "link.claim", "no-store"),
    Route("POST", "/claim/{token}", claim.choose, "anyone", "link.claim", "no-store"),
    Route("GET", "/claim/{token}/code", claim.show_code, "anyone", "link.claim", "no-store"),
    Route("POST", "/claim/{token}/code", claim.enter_code, "anyone", "link.claim", "no-store", once=False),
    Route("GET", "/notices/{token}", notices_link.show, "anyone", "link.notices", "no-store"),
    Route("POST", "/notices/{token}", notices_link.choose, "anyone", "link.notices", "no-store", once=False, one_click=True),
)

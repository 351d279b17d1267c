"""What a mail that a rule passes on tells those who compose it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from mailgate.mail.limits import DEGRADED
from mailgate.mail.model import Envelope, Mail
from mailgate.rules.document.loader import load
from tests.support.desks.desk import Desk, mail_text

US = "support@firma.example"
RULES = """\
rules:
  - {name: invoice, when: {subject: {matches: faktura}}, then: forward, to: regnskap@firma.example, attach: files}
  - {name: default, when: always, then: redirect}
destinations: [firma.example]
"""


@pytest.mark.parametrize("too_much", [False, True])
def test_given_a_mail_that_was_too_much_for_the_reader_when_it_is_forwarded_then_its_files_are_not_read_again(
    desk: Desk, too_much: bool
) -> None:
    document = load(RULES.encode(), frozenset({US}))
    assert document.policy is not None, document.problems
    desk.policy = document.policy
    read = desk.intake._options.reader

    def reader(mails: Sequence[tuple[bytes, Envelope]]) -> list[Mail]:
        return [replace(one, defects=(DEGRADED,) if too_much else ()) for one in read(mails)]

    desk.intake._options = replace(desk.intake._options, reader=reader)
    assert desk.state(desk.take(mail_text("ny@fjord.example", "faktura 1"), US, "ny@fjord.example")) == "forwarded"
    with desk.store.transaction() as uow:
        (notice,) = [one for one in uow.notices.claim(desk.clock(), 10, desk.intake._options.lease) if one.kind == "forward"]
    assert notice.facts.get("attach") == (None if too_much else "files")

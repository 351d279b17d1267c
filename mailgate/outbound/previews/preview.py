"""Checks and shows the templates and words of an installation on samples. In: how mails look, a policy, a case. Out: problems, a mail.

Nothing is stored or sent. Reply addresses and links of a shown mail lead nowhere: its tokens are signed with a key of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy

from mailgate.cases.model import Case, Comment
from mailgate.cases.tokens import TokenKeys
from mailgate.catalogue import LANGUAGES
from mailgate.errors import MailgateError
from mailgate.outbound.freeze import Freezer, SenderIdentity
from mailgate.outbound.previews import samples
from mailgate.outbound.render import Renderer, TemplateFault, Wording
from mailgate.outbound.views import Rendered
from mailgate.rules.policy import Policy
from mailgate.store.rows import OutboxRow

HTML_MAX_BYTES = 100 * 1024


@dataclass(frozen=True, slots=True)
class ShownMail:
    """One mail as a reader gets it: display name and address of the sender, subject, text and HTML."""

    sender: str
    subject: str
    text: str
    html: str


class Preview:
    """Everything is strict here: broken templates are reported and not replaced by built-in ones."""

    def __init__(self, identity: SenderIdentity, wording: Wording, by: Policy) -> None:
        self._renderer = _Strict(wording)
        self._freezer = Freezer(identity, self._renderer, TokenKeys({1: secrets.token_bytes(32)}), lambda: by)

    def problems(self) -> Iterator[TemplateFault]:
        """All problems of the operators' templates and words, each once."""
        yield from self._renderer.problems
        seen = {problem.error for problem in self._renderer.problems}
        for language in LANGUAGES:
            for name, group in samples.groups(language).items():
                try:
                    shown = self._shown(self._freezer.freeze(group, samples.NOW))
                except MailgateError as error:
                    if str(error) not in seen:
                        seen.add(str(error))
                        yield TemplateFault(f"{name}.{language}", str(error))
                    continue
                if len(shown.html.encode()) > HTML_MAX_BYTES:
                    yield TemplateFault(f"{name}.{language}", f"{len(shown.html.encode())} bytes of HTML; mail programs cut at 100 KB")

    def names(self) -> Sequence[str]:
        """The names of all samples."""
        return list(samples.groups("en"))

    def mail(self, name: str, language: str, case: Case | None, comments: Sequence[Comment], now: datetime) -> ShownMail:
        """The sample of this name about a case, or about the built-in one. Raises RenderError for a broken template."""
        about = samples.about_case(case, comments) if case else samples.SAMPLE
        return self._shown(self._freezer.freeze(samples.groups(language, about)[name], now if case else samples.NOW))

    @staticmethod
    def _shown(row: OutboxRow | None) -> ShownMail:
        assert row is not None, "no sample takes back what it says"
        message = message_from_bytes(row.raw, policy=policy.default)
        bodies = {form: body.get_content().replace("\r\n", "\n") for form in ("plain", "html") if (body := message.get_body((form,)))}
        return ShownMail(str(message["From"]), str(message["Subject"]), bodies.get("plain", ""), bodies.get("html", ""))


class _Strict(Renderer):
    def render(self, kind: str, language: str, values: Mapping[str, object], *, strict: bool = True) -> Rendered:
        """Without a built-in template that stands in."""
        return super().render(kind, language, values, strict=True)

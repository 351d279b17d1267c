"""Emoji reactions sent as mail. In: the reply's text and the types of the parts. Out: whether the mail is no more than a reaction. Pure.

Gmail sends a part of type text/vnd.google.email-reaction+json and a line that names Gmail; Outlook sends one line and the quoted mail;
phones without reactions write the words that were reacted to. A reaction, or a lone emoji of approval, says no more than a thanks. Any
other emoji may mean anything, so a person has to look.
"""

from __future__ import annotations

import re

from mailgate.mail.reply.thanks import is_thanks_only
from mailgate.mail.words.word_lists import words

GMAIL_PART = "text/vnd.google.email-reaction+json"
_MAX_CHARS = 400
_MAX_NAME_WORDS = 6
_REACTED = words(
    """
    reacted reagerte reagert reagerade reagerat reagerede reageret reagoi brást brugðist réagi reagierte reagiert reageerde gereageerd
    reaccionó liked loved likte liker elsket elsker gillade gillar gillede elskede
    """
)
_AUXILIARIES = frozenset({"har", "has", "hat", "heeft", "hefur", "a"})
_HELPERS = _AUXILIARIES | words(
    "this denne diese det ha via over gjennom genom through über kautta with med mit to på til till auf við à op in i"
)
_YOURS = words(
    "your din ditt di dit ihre deine eure þinni þínum þín votre ton je jouw uw tu su viestiisi sähköpostiisi gmail gmailin gmailissa"
)
_MAIL = words(
    """
    gmail gmailin gmailissa message e-mail email mail melding meldinga meldingen meddelande meddelandet meddelelse meddelelsen besked
    beskeden beskjed beskjeden e-post e-posten e-posta epost eposten nachricht viestiisi sähköpostiisi skilaboðunum skilaboðum tölvupóstinum
    mejl mejlet mailen bericht mensaje
    """
)
_TAPBACK = re.compile(
    r"(?:(?:liked|loved|emphasi[sz]ed|likte|elsket|gillade|gefällt)|(?:reacted|reagerte|reagerade|reagerede|reagierte)(?: with| med| mit)?|"
    r"(?:to|på|til|till|auf))(?: (?:to|på|til|till|auf))?\s[\"“”«„'].{1,300}[\"“”»']",
    re.IGNORECASE,
)
_URL = re.compile(r"<?https?://\S{1,500}>?")
_APPROVALS = frozenset(
    "👍👌🙏❤♥💙💚💛🧡💜🤍🖤🤎💖💗💕💓💞💘🩷🩵🥰😍😊🙂😀😃😄😁😆😅😂🤣😉☺😇🤩🥳🎉🎊👏🙌💪✅✔☑💯⭐🌟✨🤗🤝😎🌞☀🌻🌹🌷🌸🌼💐🫶🤙✌🏆🥇🎯🆒🚀🍀😋😌🫡🎈🎁👋🤘🎄🍾🥂🔝🆗"
)
_TONES = frozenset("\ufe0e\ufe0f\u200d\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
"""What changes how an emoji looks, and joins two."""
_PLEASE = "\U0001f64f"
"""Folded hands: with other words they may beg, not thank."""
_STEM = re.compile(r"reag|react|liked|loved|emphasi|likte|liker|elske|gilla|gefällt|brást|brugðist|réagi", re.IGNORECASE)
_LONGEST_SIGN = 12
_BEYOND_LETTERS = re.compile("[\u2001-\U0001ffff]")
_SIGNS = re.compile(r"[:;]-?[)D]|<3|\+1|(?:tomme?l|tumme) (?:opp|upp|op)|thumbs up|daumen hoch|peukku", re.IGNORECASE)
_LABEL = re.compile(r"^\[[^\]\n]{1,30}\]\s*")


def is_reaction(text: str, part_types: tuple[str, ...] = ()) -> bool:
    """Whether `text` (a reply without quote and signature) is an emoji reaction or emoji of approval, with at most a thanks beside it."""
    reacted = GMAIL_PART in part_types
    if len(text) > _MAX_CHARS or not (reacted or _may_react(text)):
        return False
    said = _URL.sub("", text)
    lines = [line for line in map(str.strip, said.split("\n")) if line]
    if "?" in said or not (reacted or lines):
        return False
    return all(map(_is_line_of_reaction, lines)) or (_has_approval(said) and is_thanks_only(_with_thanks(said)))


def _may_react(text: str) -> bool:
    """Cheap, and false of most replies."""
    if not text.isascii():
        return _BEYOND_LETTERS.search(text) is not None or _STEM.search(text) is not None
    return len(text) <= _LONGEST_SIGN or _STEM.search(text) is not None


def _is_line_of_reaction(line: str) -> bool:
    said = " ".join(_LABEL.sub("", _without_emoji(line)).split()).strip(":.! \ufe0f\u200d")
    return not said or any(form.fullmatch(said) for form in (_SIGNS, _TAPBACK)) or _SIGNS.fullmatch(line) is not None or _announces(said)


def _without_emoji(line: str) -> str:
    """The line without emoji of approval; what else it holds stays."""
    return line if line.isascii() else "".join(sign for sign in line if sign not in _APPROVALS and sign not in _TONES)


def _announces(said: str) -> bool:
    """`Ola Nes reacted to your message`: a name, the verb, and nothing but words that say to what."""
    found = said.split()
    low = [word.strip(",").lower() for word in found]
    at = next((place for place, word in enumerate(low) if word in _REACTED or word in _AUXILIARIES), 0)
    if not 0 < at <= _MAX_NAME_WORDS or not (found[0][0].isupper() or "@" in found[0]):
        return False
    behind = low[at:]
    known = all(word in _REACTED or word in _HELPERS or word in _YOURS or word in _MAIL for word in behind)
    return known and not _REACTED.isdisjoint(behind) and not _MAIL.isdisjoint(behind) and not _YOURS.isdisjoint(behind)


def _has_approval(text: str) -> bool:
    return not text.isascii() and not _APPROVALS.isdisjoint(text)


def _with_thanks(text: str) -> str:
    """An emoji of approval stands for a thanks."""
    return "".join(" takk " if sign in _APPROVALS else sign for sign in text if sign not in _TONES and sign != _PLEASE)

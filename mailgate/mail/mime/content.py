"""Text and files of a mail, wrappings undone. In: the tree of parts. Out: text, HTML and raw attachments. Never runs or renders anything.

Steps: opaque S/MIME is opened, the text chosen, winmail.dat and uuencoded files unpacked, what is left becomes attachments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailgate.mail.limits import ReadLimits
from mailgate.mail.mime import alternatives, body, calendar, html_strip, html_text
from mailgate.mail.mime.attachments import Raw
from mailgate.mail.mime.charset import decode
from mailgate.mail.mime.encrypted import is_encrypted
from mailgate.mail.mime.smime import signed_content
from mailgate.mail.mime.structure import Part, Tree, build_part
from mailgate.mail.mime.tnef import SIGNATURE, Tnef, read_tnef
from mailgate.mail.mime.transfer import uu_files
from mailgate.mail.reply.placeholder import is_boilerplate, is_placeholder, mentions_html_version

_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_CALENDARS = frozenset({"text/calendar", "application/ics", "text/x-vcalendar", "application/calendar"})
_CALENDAR_BYTES = 256 * 1024
_UU_BEGIN = re.compile(r"(?m)^begin(?:-base64)? [0-7]")
_NESTED = frozenset({"message/rfc822", "message/global"})
_MAX_WRAPS = 3
_MAX_BANNER_BYTES = 8_000


@dataclass(slots=True)
class Content:
    """`text` as shown, LF; `html` the source that stands beside it or behind it, None when there is none.

    `summarised` when the text is ours: an invitation in words, because there was no other text. `marked` is what was made of `html`, when
    the text is that. `other_text`: what the HTML shows when it says something else than the plain text.
    """

    text: str = ""
    html: str | None = None
    marked: html_text.Marked | None = None
    raws: list[Raw] = field(default_factory=list)
    summarised: bool = False
    other_text: str = ""


def open_signed(tree: Tree, limits: ReadLimits) -> Tree:
    """RFC 8551 section 3.5.2: a mail that is one signed package is read as what was signed. The signature is not checked."""
    for _ in range(_MAX_WRAPS):
        part = tree.top
        while part.content_type == "multipart/mixed" and len(part.children) == 1:
            part = part.children[0]  # of a list that found no place for its footer
        if not _is_smime(part) or part.params.get("smime-type", "signed-data").lower() not in ("signed-data", ""):
            break
        inner = signed_content(tree.content(part))
        if inner is None:
            if part.content_type in _SMIME:
                tree.note("smime_not_opened")
            break
        opened = build_part(inner, limits)
        opened.defects[:0] = [*tree.defects, "signature_unverified"]
        tree = opened
    _open_beside_others(tree, limits)
    return tree


def _open_beside_others(tree: Tree, limits: ReadLimits) -> None:
    """The same for a signed package to which a list or a gateway added a part: it comes first, or right below a banner."""
    top = tree.top
    if top.content_type != "multipart/mixed" or not any(map(_is_smime, top.children[:2])):
        return
    place = 0 if _is_smime(top.children[0]) else 1
    part = top.children[place]
    if part.params.get("smime-type", "signed-data").lower() != "signed-data" or (place and not _is_banner(tree, top.children[0], limits)):
        return
    inner = signed_content(tree.content(part))
    if inner is None:
        return
    opened = build_part(inner, limits)
    opened.top.parent = top
    top.children[place] = opened.top
    at = tree.leaves.index(part)
    tree.leaves[at : at + 1] = opened.leaves
    for defect in (*opened.defects, "signature_unverified"):
        tree.note(defect)


def _is_banner(tree: Tree, part: Part, limits: ReadLimits) -> bool:
    is_small_text = part.content_type.startswith("text/") and len(part.within) <= _MAX_BANNER_BYTES
    return is_small_text and is_boilerplate(_part_words(tree, part, limits))


def _is_smime(part: Part) -> bool:
    """By its type, or by its name where a gateway forgot the type."""
    return part.content_type in _SMIME or (
        part.content_type == "application/octet-stream" and any(name.lower().endswith("smime.p7m") for name in part.names)
    )


def calendar_reply(tree: Tree) -> calendar.CalendarEvent | None:
    """The answer to an invitation that the mail carries, None when it carries none.

    RFC 6047 section 2.4 wants the method in the Content-Type; many clients name it in the calendar only, or send application/ics.
    """
    for part in tree.leaves:
        if part.content_type in _CALENDARS or part.params.get("method") or any(name.lower().endswith(".ics") for name in part.names):
            event = calendar.read_event(decode(tree.content(part)[:_CALENDAR_BYTES], part.params.get("charset", ""))[0])
            if event.method == "REPLY" or (not event.method and part.params.get("method", "").upper() == "REPLY"):
                return event
    return None


def gather(tree: Tree, limits: ReadLimits) -> Content:
    """All that is text and all that is not, from an opened tree."""
    chosen = body.choose(tree, lambda part: len(part.within) <= _MAX_BANNER_BYTES and is_boilerplate(_part_words(tree, part, limits)))
    content = Content(body.plain_text(tree, chosen.plain, limits))
    html = body.html_source(tree, chosen.html, limits) if chosen.html else ""
    if not html and body.is_markup(content.text):
        tree.note("html_as_plain_text")
        html, content.text = content.text, ""
    _files_in_text(tree, chosen, content, limits)
    tnefs = [_add_part(tree, part, content, html, limits) for part in chosen.parts]
    html = html or next((one.html for one in tnefs if one and one.html), "")
    content.html = html or None
    if is_placeholder(content.text):
        _take_other_text(tree, content, html, [one for one in tnefs if one])
    elif chosen.plain and chosen.html:
        _compare_forms(tree, content, html)
    if not content.text.strip() and chosen.calendar:
        content.text = calendar.summarise(body.part_text(tree, chosen.calendar[0], limits.text_bytes))
        content.summarised = True
    if is_encrypted(tree, content.text):
        tree.note("encrypted")
    return content


def _compare_forms(tree: Tree, content: Content, html: str) -> None:
    marked = alternatives.other_form(content.text, html)
    if marked is None:
        return
    tree.note(alternatives.DEFECT)
    content.marked, content.other_text = marked, marked.text
    if mentions_html_version(content.text):
        content.text, content.other_text = content.other_text, content.text


def _part_words(tree: Tree, part: Part, limits: ReadLimits) -> str:
    text = body.part_text(tree, part, limits.text_bytes)
    return html_text.to_text(text) if part.content_type == "text/html" else text


def _take_other_text(tree: Tree, content: Content, html: str, tnefs: list[Tnef]) -> None:
    """The plain text is empty, or a placeholder: what the HTML or winmail.dat says is the text, when it says something."""
    marked = html_text.to_marked(html) if html else None
    if marked is not None and not marked.text.strip() and html_strip.holds_words(html):
        tree.note("hidden_text")
        marked = html_text.Marked(html_strip.strip_markup(html))
    elif marked is not None and marked.hid:
        tree.note("hidden_text")
    other = _other_text(tnefs, marked)
    if not is_placeholder(other) or not content.text.strip():
        content.text = other
        content.marked = marked


def _other_text(tnefs: list[Tnef], marked: html_text.Marked | None) -> str:
    """No plain text: the HTML as text, else what winmail.dat says."""
    text = marked.text if marked else ""
    return text if text.strip() else next((one.text for one in tnefs if one.text.strip()), text)


def _files_in_text(tree: Tree, chosen: body.Body, content: Content, limits: ReadLimits) -> None:
    """Uuencoded files that stand in the text are taken out of it (old gateways, scanners)."""
    if not chosen.plain or not _UU_BEGIN.search(content.text):
        return
    data = content.text.encode("utf-8", "replace")
    kept, at = [], 0
    for name, file, start, end in uu_files(data, limits.unpacked_files):
        kept.append(data[at:start])
        content.raws.append(Raw((name,), "application/octet-stream", file))
        at = end
    if at:
        tree.note("uuencoded_files")
        content.text = b"".join([*kept, data[at:]]).decode("utf-8", "replace")


def _add_part(tree: Tree, part: Part, content: Content, html: str, limits: ReadLimits) -> Tnef | None:
    """A part becomes an attachment, or several when it is winmail.dat."""
    data = tree.content(part)
    if part.content_type in ("application/ms-tnef", "application/vnd.ms-tnef") or data.startswith(SIGNATURE):
        tnef = read_tnef(data, limits.unpacked_files)
        if tnef.damaged:
            content.raws.append(Raw(_names(part, data, limits), part.content_type, data))  # what is left of it may hold more
        if not tnef.damaged or tnef.files or tnef.text or tnef.html:
            for one in tnef.files:
                content.raws.append(
                    Raw((one.name,) if one.name else (), one.content_type or "application/octet-stream", one.content, False, one.content_id)
                )
            return tnef
        tree.note("tnef_not_opened")
        return None
    content.raws.append(Raw(_names(part, data, limits), part.content_type, data, _is_inline(part, html), part.content_id))
    return None


def _names(part: Part, data: bytes, limits: ReadLimits) -> tuple[str, ...]:
    """A nested mail without a name is called by its subject."""
    if part.names or part.content_type not in _NESTED:
        return part.names
    subject = build_part(data[: limits.header_bytes], limits).top.header("subject")[:100]
    return (subject.replace("/", "-") + ".eml",) if subject else ()


def _is_inline(part: Part, html: str) -> bool:
    """Shown within the text: the HTML names it by its cid, or it is a picture that says so itself."""
    if part.content_id and html and ("cid:" + part.content_id) in html:
        return True
    if part.disposition == "inline":
        return True
    related = part.parent is not None and part.parent.content_type == "multipart/related"
    return related and part.disposition != "attachment"

"""Whether the words of a mail are encrypted. In: the tree of parts and the text found. Out: yes or no. Nothing is decrypted.

PGP/MIME (RFC 3156 section 4), S/MIME enveloped data (RFC 8551 section 3.3), PGP in the text (RFC 9580 section 6.2), and the wrappers of
Microsoft Purview ("rpmsg"). A mail that has words of its own beside an encrypted file is not encrypted.
"""

from __future__ import annotations

from mailgate.mail.mime.structure import Part, Tree
from mailgate.mail.reply.placeholder import is_boilerplate

_SMIME = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_BEGIN, _END = "-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----"
_GREETING_WORDS = 8
"""What may stand beside the encrypted block and still say nothing: a greeting and a name."""
_UNKNOWN_TYPE = "application/octet-stream"
_PGP_FILES = (".asc", ".pgp", ".gpg")
_RPMSG = "application/x-microsoft-rpmsg-message"


def is_encrypted(tree: Tree, text: str) -> bool:
    """Whether what the author wrote is encrypted. Call it with the text as gathered."""
    if _BEGIN in text and _is_all_there_is(text):
        return True
    if tree.top.content_type == "multipart/encrypted" or _is_enveloped(tree, tree.top):
        return True
    types = [part.content_type for part in tree.leaves]
    if _RPMSG in types or any(name.lower().endswith(".rpmsg") for part in tree.leaves for name in part.names):
        return True
    closed = "application/pgp-encrypted" in types or any(_is_enveloped(tree, part) or _is_closed_file(tree, part) for part in tree.leaves)
    return closed and (not text.strip() or is_boilerplate(text))


def _is_closed_file(tree: Tree, part: Part) -> bool:
    """What gateways and clients make of an encrypted mail: a file of no type whose name, or whose first line, says what it is."""
    if part.content_type != _UNKNOWN_TYPE:
        return False
    names = tuple(name.lower() for name in part.names)
    if any(name.endswith(".p7m") for name in names):
        return True
    return any(name.endswith(_PGP_FILES) for name in names) and tree.content(part)[:200].lstrip().startswith(_BEGIN.encode())


def _is_all_there_is(text: str) -> bool:
    """The block stands at the start of a line that is not quoted, and beside it at most a greeting."""
    before, _, block = text.partition(_BEGIN)
    beside = before.split() + block.partition(_END)[2].split()
    return (not before or before[-1] == "\n") and len(beside) <= _GREETING_WORDS


def _is_enveloped(tree: Tree, part: Part) -> bool:
    """Every opaque S/MIME part that is still closed, but for bare certificates: a signed one has been opened before."""
    if part.content_type not in _SMIME or part.children:
        return False
    kind = part.params.get("smime-type", "").lower()
    return kind in ("enveloped-data", "authenveloped-data") or (not kind and "smime_not_opened" in tree.defects)

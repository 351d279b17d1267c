"""Letters of other scripts that people take for Latin ones. In: text in lower case. Out: text to compare with. Pure, and no module's own.

Source: the usual letters of Unicode Technical Standard 39 (confusables), without those that no keyboard has.
"""

from __future__ import annotations

_PAIRS = (
    "аa сc ԁd еe һh іi јj ӏl оo рp ԛq ѕs ԝw хx уy үy кk мm нh тt вb ьb "  # Cyrillic
    "αa εe ιi οo ρp τt υu χx νv κk γy ωw "  # Greek
    "օo սu ոn ցg հh"  # Armenian
)
ALIKE = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()})
"""Letter -> the Latin letter that it looks like."""
ALIKE_IN_NAMES = ALIKE | str.maketrans({"0": "o", "1": "l", "i": "l", "ı": "l", "|": "l", "ѵ": "v", "ɑ": "a", "ɡ": "g"})
"""The same for names of people and companies, where digits and capitals are taken for letters, too (`F1RMA`, `FlRMA`)."""

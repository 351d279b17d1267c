"""Every mail of the golden corpus is read as its JSON says. `MAILGATE_GOLDEN=write` writes the JSON anew: look at the difference first."""

import json
import os
from pathlib import Path

import pytest

from mailgate.mail.json_view import as_json
from mailgate.mail.read import read

HERE = Path(__file__).parent
MAILS = sorted(HERE.rglob("*.eml"))


def test_given_the_corpus_then_it_is_there():
    assert len(MAILS) >= 75


@pytest.mark.parametrize("eml", MAILS, ids=[str(one.relative_to(HERE)) for one in MAILS])
def test_given_a_golden_mail_when_read_then_it_is_understood_as_written_down(eml):
    mail = read(eml.read_bytes())
    found = as_json(mail, eml.name)
    found["returns_at"] = mail.returns_at.isoformat() if mail.returns_at else None
    found["identity_doubtful"] = mail.identity_doubtful
    expected = eml.with_suffix(".json")
    if os.environ.get("MAILGATE_GOLDEN") == "write":
        expected.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(expected.read_text(encoding="utf-8"))

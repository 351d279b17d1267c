"""Every setting with a value of every kind: it is taken, or ConfigError says where and what. Nothing else may come out."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailgate import config
from mailgate.config.document import section_model
from mailgate.config.sections import Sections
from mailgate.errors import ConfigError

VALUES = (
    *('"xx"', '""', '"\\u0000"', '"æøå"', '"a\\nb"', '"~nobody-here/x"', '"http://["', '"smtp://[::1"', '"sqlite:///"', '"amqp://"'),
    *("-1", "0", "99999999999999999999", "1.5", "nan", "inf", "true", "2026-01-01", "12:00:00"),
    *("[]", "[1]", '["xx"]', '["[::1"]', '["127.0.0.1:99999"]', "{}", "{a=1}"),
)
SETTINGS = [(section, key) for section in Sections.model_fields for key in section_model(section).model_fields]


@pytest.mark.parametrize(("section", "key"), SETTINGS, ids=[".".join(one) for one in SETTINGS])
def test_given_a_value_of_any_kind_when_loaded_then_it_is_taken_or_refused_at_its_line(section: str, key: str, tmp_path: Path) -> None:
    file = tmp_path / "mailgate.toml"
    for value in VALUES:
        file.write_text(f"[{section}]\n{key} = {value}\n", encoding="utf-8")
        refused = _refused(file)
        if refused is not None:
            assert (refused.file, refused.line) == (str(file), 2), (value, str(refused))
            assert "datetime" not in refused.what, (value, str(refused))
            assert "something else" not in refused.what, (value, str(refused))


def _refused(file: Path) -> ConfigError | None:
    try:
        config.load(file, {}, make_secrets=False)
    except ConfigError as error:
        return error
    return None


def test_given_a_certificate_that_has_ended_when_loaded_then_mail_goes_on(tmp_path: Path) -> None:
    from tests.support.processes.sink import certificate

    _, key = certificate(tmp_path, days=0)
    key.chmod(0o600)
    file = tmp_path / "mailgate.toml"
    file.write_text('[smtp]\ntls_cert = "sink.crt"\ntls_key = "sink.key"\n')
    assert config.load(file, {}).smtp.tls_cert == tmp_path / "sink.crt"


def test_given_the_name_of_a_claim_when_loaded_then_its_letters_stay(tmp_path: Path) -> None:
    for name in ("memberOf", "https://firma.example/groups"):
        assert config.load(None, {"MAILGATE_OPENID__GROUPS_CLAIM": name}, make_secrets=False).openid.groups_claim == name

"""Secrets in URLs are masked in every form."""

from __future__ import annotations

import pytest

from mailgate.masking import has_password, in_text, without_password

SECRET = "geheim"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://u:geheim@h/d",
        "postgresql+psycopg://u:gehe@im-geheim@h:5432/d",
        "postgresql+psycopg://u:geheim/geheim@h/d",
        "postgresql+psycopg://u:a?geheim@h/d",
        "postgresql+psycopg://u:a#geheim@h/d",
        "postgresql+psycopg://u:a:geheim@h/d",
        "postgresql+psycopg://h/d?user=u&password=geheim",
        "postgresql+psycopg://h/d?user=u;password=geheim",
        "postgresql+psycopg://h/d?pass%77ord=geheim",
        "postgresql+psycopg://h:5432/d?password=p@geheim",
        "postgresql+psycopg://h/d?sslpassword=geheim&sslmode=require",
        "postgresql+psycopg://h/d?PASSWORD=geheim",
        "redis://:geheim@h:6379/0",
        "redis://geheim@h:6379/0",
        "redis:/:geheim@h",
        "redis::geheim@h",
        "redis://:geheim",
        "redis://h?password=geheim",
        "rediss://default:geheim@[::1]:6380/1",
        "amqp://u:geheim@h/%2f",
        "amqps://u:%67geheim@h",
        "  redis://:geheim@h",
        "u:geheim@h",
        "redis://u:geheim@h:port",
        "redis://h/0#geheim",
        "smtp://u:geheim@h:587",
        "sqlite:///x?password=geheim",
        "host=h password=geheim dbname=d",
        "HOST=h PASSWORD = 'geheim x' dbname=d",
        "https://h/x;password=geheim",
    ],
)
def test_point_18_given_a_secret_in_a_url_when_it_is_shown_then_nothing_of_it_is(url: str) -> None:
    shown = without_password(url)
    assert "geheim" not in shown
    assert "gehe" not in shown
    assert "***" in shown
    assert has_password(url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////var/lib/mailgate/a@b:c.db",
        "postgresql+psycopg://u@h:5432/d",
        "postgresql+psycopg://u@h/d?sslmode=require",
        "redis://127.0.0.1:6379/0",
        "redis://[::1]:6379/0",
        "memory://",
        "amqp://h/%2f",
        "smtp://relay.example.com:587",
    ],
)
def test_point_18_given_no_secret_when_it_is_shown_then_it_is_as_it_was(url: str) -> None:
    assert without_password(url) == url
    assert not has_password(url)


def test_point_18_given_a_user_and_a_password_when_shown_then_user_and_host_are_left() -> None:
    assert without_password("postgresql+psycopg://u:x@h:5432/d?sslmode=require") == "postgresql+psycopg://u:***@h:5432/d?sslmode=require"


def test_point_18_given_a_text_with_urls_when_shown_then_their_secrets_are_hidden() -> None:
    assert in_text("cannot reach redis://:geheim@h/0, see log") == "cannot reach redis://:***@h/0, see log"
    assert in_text("connection to host=h password=geheim failed") == "connection to host=h password=*** failed"

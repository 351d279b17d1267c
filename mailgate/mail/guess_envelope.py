"""The envelope that a stored mail most likely had. In: a read mail and our addresses. Out: an `Envelope`. Pure, and a guess."""

from __future__ import annotations

from collections.abc import Callable

from mailgate.mail.model import Envelope, Mail

SERVED = frozenset({"postmaster", "abuse"})
"""Mailboxes that each of our domains takes mail for (RFC 2142 sections 4 and 5)."""


def as_it_came(mail: Mail, own: frozenset[str], main: str) -> Envelope:
    """Return-Path or author, and those of its recipients that are ours (`own`, lower case), else the main one."""
    return guessed(mail, lambda address: address if _is_ours(address, own) else None, main)


def guessed(mail: Mail, taken: Callable[[str], str | None], main: str) -> Envelope:
    """Return-Path or author; those of Delivered-To, X-Original-To, To and Cc that are `taken`, as it spells them, else the main one."""
    shown = (box.address for box in (*mail.to, *mail.cc))
    ours = filter(None, map(taken, (*_delivered_to(mail), *shown)))
    return Envelope(_return_path(mail), tuple(dict.fromkeys(ours)) or (main,))


def _delivered_to(mail: Mail) -> tuple[str, ...]:
    fields = (*mail.header_all("Delivered-To"), *mail.header_all("X-Original-To"))
    return tuple(value.strip().strip("<>") for value in fields)


def _is_ours(address: str, own: frozenset[str]) -> bool:
    local, _, domain = address.lower().rpartition("@")
    if local in SERVED:
        return any(one.rpartition("@")[2] == domain for one in own)
    return f"{local.partition('+')[0]}@{domain}" in own


def _return_path(mail: Mail) -> str | None:
    stated = mail.header("Return-Path")
    if stated is not None:
        return stated.strip().strip("<>") or None
    return mail.author.address if mail.author else None

"""Reads lists of words and phrases that stand in the source as running text. Used by the modules that hold the words of mail clients."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of `text`, separated by white space."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[str]:
    """The phrases of `text`, separated by `|` or line ends."""
    return frozenset(part.strip() for part in text.replace("\n", "|").split("|") if part.strip())

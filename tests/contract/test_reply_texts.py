"""Saved texts for answers: added once, changed only from what was seen, listed in pages. On both databases, with the same answers."""

from __future__ import annotations

from mailgate.store.unit_of_work import Store


def test_given_a_text_when_added_again_changed_from_old_words_or_removed_then_nothing_is_lost(store: Store) -> None:
    with store.transaction() as uow:
        assert uow.desk.add_reply_text("Takk / hilsen", "nb", "En")
        assert not uow.desk.add_reply_text("Takk / hilsen", "nb", "To")
        assert uow.desk.add_reply_text("Takk / hilsen", "nn", "Ein")
        assert uow.desk.replace_reply_text("Takk / hilsen", "nb", "En", "Tre")
        assert not uow.desk.replace_reply_text("Takk / hilsen", "nb", "En", "Fire")
        assert uow.desk.remove_reply_text("Takk / hilsen", "nb", "En") == 0
        assert uow.desk.reply_text("Takk / hilsen", "nb") == "Tre"
        assert uow.desk.remove_reply_text("Takk / hilsen", "nb", "Tre") == 1
        assert uow.desk.reply_text("Takk / hilsen", "nb") is None
        assert uow.desk.reply_texts() == [("Takk / hilsen", "nn", "Ein")]


def test_given_more_texts_than_a_page_when_listed_then_each_comes_once(store: Store) -> None:
    names = [f"Tekst {number:02}" for number in range(7)]
    with store.transaction() as uow:
        for name in names:
            for language in ("nb", "en"):
                uow.desk.set_reply_text(name, language, "Hei")
    with store.reading() as uow:
        seen: list[tuple[str, str]] = []
        while found := uow.desk.reply_texts(limit=4, after=seen[-1] if seen else None):
            seen += [(name, language) for name, language, _ in found]
        assert seen == [(name, language) for name in names for language in ("en", "nb")]
        assert uow.desk.reply_text_names(3) == seen[:3]

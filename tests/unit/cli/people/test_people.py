"""`mailgate contact` and `mailgate customer`: add, list, show, set, and what is refused."""

from __future__ import annotations

import pytest

KARI = "kari@kunde.test"


def test_given_a_customer_when_added_then_it_is_shown_with_what_its_agreement_means(mailgate):
    added = mailgate("customer", "add", "Kunde AS", "--domain", "@Kunde.Test.", "--domain", "øst.test", "--agreement", "utvidet", "--json")
    assert added.code == 0
    view = mailgate("customer", "show", "kunde as", "--json").objects[0]
    assert view == added.objects[0]
    assert (view["agreement"], view["domains"]) == ("utvidet", ["kunde.test", "xn--st-kka.test"])
    assert view["phone"] == "mandag–fredag 08.00–23.00, lørdag 08.00–16.00, søndag 14.00–22.00"


def test_given_a_customer_when_changed_then_only_what_was_given_changes(mailgate):
    mailgate("customer", "add", "Kunde", "--domain", "kunde.test")
    changed = mailgate("customer", "set", "kunde.test", "--agreement", "standard", "--locale", "nn", "--add-domain", "ny.test", "--json")
    assert changed.code == 0
    view = changed.objects[0]
    assert (view["name"], view["agreement"], view["language"], view["domains"]) == ("Kunde", "standard", "nn", ["kunde.test", "ny.test"])
    assert mailgate("customer", "set", "Kunde", "--remove-domain", "ny.test", "--json").objects[0]["domains"] == ["kunde.test"]
    assert mailgate("customer", "set", "Kunde", "--domain", "bare.test", "--json").objects[0]["domains"] == ["bare.test"]
    assert mailgate("customer", "set", "Kunde", "--name", "Ny", "--language", "", "--json").objects[0]["name"] == "Ny"
    assert [row["name"] for row in mailgate("customer", "list", "--json").objects] == ["Ny"]


def test_given_a_contact_when_added_then_its_customer_comes_from_its_domain(mailgate):
    mailgate("customer", "add", "Kunde", "--domain", "kunde.test")
    view = mailgate("contact", "add", "Kari@KUNDE.test", "--name", "Kari", "--json").objects[0]
    assert (view["address"], view["name"], view["customer"], view["number"]) == ("Kari@kunde.test", "Kari", "Kunde", 1)
    assert mailgate("contact", "show", KARI, "--json").objects == [view]


def test_given_contacts_without_a_customer_when_their_domain_gets_one_then_they_are_its_own_and_others_stay(mailgate):
    mailgate("customer", "add", "Annen")
    mailgate("contact", "add", KARI)
    mailgate("contact", "add", "per@kunde.test", "--customer", "Annen")
    mailgate("customer", "add", "Kunde", "--domain", "kunde.test")
    assert [(row["address"], row["customer"]) for row in mailgate("contact", "list", "--json").objects] == [
        (KARI, "Kunde"),
        ("per@kunde.test", "Annen"),
    ]
    assert [row["address"] for row in mailgate("contact", "list", "--customer", "Kunde", "--json").objects] == [KARI]


def test_given_a_contact_when_changed_then_only_what_was_given_changes(mailgate):
    mailgate("customer", "add", "Kunde")
    mailgate("contact", "add", KARI, "--name", "Kari")
    view = mailgate("contact", "set", KARI, "--language", "en", "--customer", "Kunde", "--json").objects[0]
    assert (view["name"], view["language"], view["customer"]) == ("Kari", "en", "Kunde")
    moved = mailgate("contact", "set", KARI, "--address", "kari@ny.test", "--customer", "", "--name", "", "--json").objects[0]
    assert (moved["address"], moved["customer"], moved["name"], moved["number"]) == ("kari@ny.test", "", "", view["number"])


def test_given_lists_when_shown_to_people_then_they_are_tables(mailgate):
    assert mailgate("contact", "list").err == "no contacts\n"
    mailgate("contact", "add", KARI, "--name", "Kari")
    assert mailgate("contact", "list").out.splitlines()[0].split() == ["ADDRESS", "NAME", "LANGUAGE", "CUSTOMER"]
    assert mailgate("customer", "list").err == "no customers\n"


BAD = [
    (("contact", "add", KARI), "is a contact already"),
    (("contact", "add", KARI.upper()), "is a contact already"),
    (("contact", "add", "Kari <kari@x.test>"), "is no mail address"),
    (("contact", "add", "a@b.test, c@d.test"), "is no mail address"),
    (("contact", "add", "a@b.test\r\nBcc: x@y.test"), "is no mail address"),
    (("contact", "add", "kari"), "is no mail address"),
    (("contact", "add", "ny@kunde.test", "--language", "se"), "there is no language 'se'; there are nb, nn, en"),
    (("contact", "add", "ny@kunde.test", "--customer", "Borte"), "there is no customer Borte"),
    (("contact", "show", "borte@kunde.test"), "there is no contact borte@kunde.test"),
    (("contact", "set", "borte@kunde.test", "--name", "x"), "there is no contact borte@kunde.test"),
    (("contact", "set", KARI), "nothing to set"),
    (("contact", "set", KARI, "--address", "per@kunde.test"), "another contact's address"),
    (("customer", "add", "kunde"), "there is a customer kunde already"),
    (("customer", "add", " "), "the name is empty"),
    (("customer", "add", "Ny", "--agreement", "gull"), "there is no agreement 'gull'; there are enkel, standard, utvidet"),
    (("customer", "add", "Ny", "--domain", "ikke et domene"), "is no mail domain"),
    (("customer", "add", "Ny", "--domain", "test"), "is no mail domain"),
    (("customer", "add", "Ny", "--domain", "kunde.test"), "belongs to the customer Kunde"),
    (("customer", "set", "Kunde"), "nothing to set"),
    (("customer", "set", "Borte", "--name", "x"), "there is no customer Borte"),
    (("customer", "show", "Borte"), "there is no customer Borte"),
]


@pytest.mark.parametrize(("words", "said"), BAD)
def test_given_a_wrong_command_when_typed_then_exit_2_with_one_line_and_nothing_is_written(mailgate, words, said):
    mailgate("customer", "add", "Kunde", "--domain", "kunde.test")
    mailgate("contact", "add", KARI)
    mailgate("contact", "add", "per@kunde.test")
    before = [mailgate(noun, "list", "--json").out for noun in ("contact", "customer")]
    answer = mailgate(*words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert said in answer.err
    assert [mailgate(noun, "list", "--json").out for noun in ("contact", "customer")] == before

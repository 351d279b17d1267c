"""Customers and contacts: look at them, add and change them, lift a suppression and send again what it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from mailgate.application.access import Action, explain
from mailgate.application.cases.read import ListCases, list_cases
from mailgate.application.customers import contacts, customers, join, suppressions
from mailgate.application.customers.seen import Stale
from mailgate.errors import Ambiguous, Invalid, NotFound
from mailgate.web.desk.paths import contact_in, contact_path, customer_path
from mailgate.web.pages.changed import CHANGED, changed, seen, typed
from mailgate.web.pages.forms import named
from mailgate.web.pages.request import Answer, PageRequest, Redirect, RenderedPage

PAGE_ROWS, CASES_SHOWN = 50, 10
CUSTOMER_FIELDS = "name", "agreement", "language"
CONTACT_FIELDS = "name", "customer", "language", "company_access"


def show(request: PageRequest) -> Answer:
    """All customers by name, or those that a search finds; the mail address of a contact leads to their page."""
    text = request.query.get("q", "").strip()
    if "@" not in text:
        return _list(request)
    try:
        found = contacts.show_contact(request.app, request.principal, contacts.ShowContact(text))
    except NotFound:
        return _list(request)
    return Redirect(contact_path(found.address))


def add(request: PageRequest) -> Answer:
    """Add a customer."""
    form = request.form
    command = customers.AddCustomer(form.text("name"), _domains(form.text("domains")) or None, form.text("agreement") or None)
    try:
        made = customers.add_customer(request.app, request.principal, command)
    except Invalid as error:
        return _list(request, 422, error.all)
    return Redirect(customer_path(made.id), flash="flash.saved")


def show_one(request: PageRequest) -> Answer:
    """One customer with its contacts and cases."""
    return _customer(request)


def change(request: PageRequest) -> Answer:
    """Change a customer: what was changed in the form. Domains that somebody else has added meanwhile stay."""
    form, id_ = request.form, request.params["name"]
    wanted, before, after = changed(form, CUSTOMER_FIELDS), set(_domains(form.text("was_domains"))), set(_domains(form.text("domains")))
    command = customers.SetCustomer(
        id_, wanted.get("name"), add_domains=sorted(after - before), remove_domains=sorted(before - after),
        agreement=wanted.get("agreement") or None, language=wanted.get("language"), seen=seen(form, CUSTOMER_FIELDS),
    )  # fmt: skip
    if not wanted and before == after:
        return Redirect(customer_path(id_), flash="flash.saved")
    try:
        done = customers.set_customer(request.app, request.principal, command)
    except Invalid as error:
        return _customer(request, 422, error.all)
    except Stale as error:
        return _customer(request, 409, _stale(error))
    return Redirect(customer_path(done.id), flash="flash.saved")


def add_contact(request: PageRequest) -> Answer:
    """Add a contact to a customer."""
    name, form = request.params["name"], request.form
    command = contacts.AddContact(form.text("address"), form.text("contact_name"), customer=name)
    try:
        contacts.add_contact(request.app, request.principal, command)
    except Invalid as error:
        return _customer(request, 422, named(error.all, {"name": "contact_name"}))
    return Redirect(customer_path(name), flash="flash.saved")


def show_contact(request: PageRequest) -> Answer:
    """One contact, with the suppressions of their address."""
    return _contact(request)


def change_contact(request: PageRequest) -> Answer:
    """Change a contact: what was changed in the form of name, language, customer, address, access to the company's cases.

    What the form said of access was chosen for the customer it showed: it does not follow the contact to another one.
    """
    address, form = contact_in(request.params["address"]), request.form
    new, customer = form.text("address").strip(), form.text("customer").strip()
    wanted, was = changed(form, CONTACT_FIELDS), seen(form, CONTACT_FIELDS)
    if customer != form.text("was_customer"):
        wanted.pop("company_access", None)
        was.pop("company_access", None)
    elif "company_access" in wanted:
        was["customer"] = customer
    command = contacts.SetContact(
        address, wanted.get("name"), wanted.get("language"), wanted.get("customer"), new if new.lower() != address.lower() else None,
        wanted.get("company_access"), was,
    )  # fmt: skip
    if not wanted and command.new_address is None:
        return Redirect(contact_path(address), flash="flash.saved")
    return _acted(request, lambda: contacts.set_contact(request.app, request.principal, command), new or address)


def join_contact(request: PageRequest) -> Answer:
    """Make one contact of this one and another: they are the same person. It cannot be undone, so what it does is shown first."""
    address, form = contact_in(request.params["address"]), request.form
    command = join.JoinContacts(form.text("other").strip(), address)
    if not form.text("sure"):
        return _planned_join(request, command)
    return _acted(request, lambda: join.join_contacts(request.app, request.principal, command), address, "flash.joined", "other")


def lift(request: PageRequest) -> Answer:
    """Lift a suppression; with `send`, send what it stopped."""
    address, form = contact_in(request.params["address"]), request.form
    command = suppressions.RemoveSuppressions([address], form.text("why"), bool(form.text("send")))
    return _acted(request, lambda: suppressions.remove_suppressions(request.app, request.principal, command), address, "flash.lifted")


def _acted(request: PageRequest, run: Callable[[], object], address: str, flash: str = "flash.saved", names: str = "customer") -> Answer:
    """`names`: the field that names another thing, where one that is not found is said."""
    try:
        run()
    except Invalid as error:
        return _contact(
            request, 422, (Invalid(names, error.code, str(error)),) if error.field == "into" else named(error.all, {"reason": "why"})
        )
    except Stale as error:
        return _contact(request, 409, _stale(error))
    except (NotFound, Ambiguous) as error:
        if error.kind == "contact" and names == "customer":
            raise
        return _contact(request, 422, (Invalid(names, "unknown", str(error)),))
    return Redirect(contact_path(address), flash=flash)


def _stale(error: Stale) -> tuple[Invalid, ...]:
    """An error at each field that somebody else has changed, too. The page shows what it is now."""
    return tuple(Invalid(name, CHANGED, str(error)) for name in error.fields)


def _planned_join(request: PageRequest, command: join.JoinContacts) -> Answer:
    try:
        plan = join.preview_join(request.app, request.principal, command)
    except (Invalid, NotFound, Ambiguous) as error:
        return _contact(request, 422, (Invalid("other", error.code if isinstance(error, Invalid) else "unknown", str(error)),))
    return RenderedPage("desk/join_plan.html.j2", {"plan": plan})


def _list(request: PageRequest, status: int = 200, errors: tuple[Invalid, ...] = ()) -> RenderedPage:
    text = request.query.get("q", "").strip()
    _, _, domain = text.rpartition("@")  # of somebody whom we do not know
    command = customers.ListCustomers(PAGE_ROWS, request.query.get("after") or None, domain or text)
    found = customers.list_customers(request.app, request.principal, command)
    more = urlencode({**({"q": text} if text else {}), "after": found.next or ""})
    values = {"rows": found.rows, "next": found.next and more, "text": text, "typed": request.form.fields, **_agreements(request)}
    return RenderedPage("desk/customers.html.j2", {**values, "may_add": _may(request, Action.CUSTOMER_ADD)}, status, errors)


def _customer(request: PageRequest, status: int = 200, errors: tuple[Invalid, ...] = ()) -> RenderedPage:
    app, who, name = request.app, request.principal, request.params["name"]
    customer = customers.show_customer(app, who, customers.ShowCustomer(name))
    people = contacts.list_contacts(app, who, contacts.ListContacts(customer.id, PAGE_ROWS, request.query.get("after") or None))
    found = list_cases(app, who, ListCases(customer=customer.id, limit=CASES_SHOWN))
    values: Mapping[str, object] = {
        "customer": customer, "people": people.rows, "next": people.next, "cases": found.rows, "typed": typed(request.form, errors),
        **_agreements(request),
    }  # fmt: skip
    may = {"may_change": _may(request, Action.CUSTOMER_SET)}
    return RenderedPage("desk/customer.html.j2", {**values, **may}, status, errors)


def _contact(request: PageRequest, status: int = 200, errors: tuple[Invalid, ...] = ()) -> RenderedPage:
    app, who, address = request.app, request.principal, contact_in(request.params["address"])
    contact, customer_id = contacts.show_with_customer_id(app, who, contacts.ShowContact(address))
    stopped = suppressions.list_suppressions(app, who, suppressions.ListSuppressions([contact.address]))
    found = list_cases(app, who, ListCases(contact=contact.address, limit=CASES_SHOWN))
    values = {
        "contact": contact, "stopped": stopped, "cases": found.rows, "typed": typed(request.form, errors),
        "customer_path": customer_path(customer_id) if customer_id else "",
    }  # fmt: skip
    return RenderedPage("desk/contact.html.j2", values, status, errors)


def _agreements(request: PageRequest) -> Mapping[str, object]:
    """The agreements in the reader's language; a customer has them in its own."""
    terms = customers.agreement_texts(request.app, request.principal, request.words.language)
    return {"terms": terms, "agreements": {key: one.name for key, one in terms.items()}}


def _may(request: PageRequest, action: Action) -> bool:
    return explain(request.principal, action).allowed


def _domains(text: str) -> list[str]:
    return text.replace(",", " ").split()

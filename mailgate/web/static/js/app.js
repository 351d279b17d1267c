// Shortens the way; every page works without it. Shows the environment field only for types that ask for it, takes pasted and dropped
// files into the file input, moves the focus to the error summary, stops a second click, keeps what is typed as a draft, and asks for
// open cases that may be about the same.
const one = (selector, root = document) => root.querySelector(selector);

one("[data-summary]")?.focus();

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
});

// The language of a refused form: what was typed since goes along.
const again = one("form[data-again]");
again?.addEventListener("submit", () => {
  const path = (form) => new URL(form.getAttribute("action") || location.href, location.href).pathname;
  const form = [...document.querySelectorAll("main form[method=post]")].find((other) => path(other) === path(again));
  for (const kept of again.querySelectorAll("input[type=hidden]")) {
    const now = form?.elements.namedItem(kept.name);
    if (now && now.type !== "checkbox" && kept.name !== "form_token") kept.value = now.value;
  }
});

const environment = one("[data-asked-by]");
if (environment) {
  const types = environment.dataset.askedBy.split(" ");
  const show = () => {
    const chosen = one("input[name=case_type]:checked")?.value;
    environment.hidden = !types.includes(chosen) && !one("input", environment).value;
  };
  document.addEventListener("change", show);
  show();
}

const files = one("input[type=file]");
if (files) {
  const take = (list) => {
    if (!list?.length) return false;
    const all = new DataTransfer();
    for (const file of [...files.files, ...list]) all.items.add(file);
    files.files = all.files;
    files.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  };
  // What is too large is said before it is sent: a refused upload would take long, and its page has no words any more.
  files.addEventListener("change", () => {
    const bytes = [...files.files].reduce((sum, file) => sum + file.size, 0);
    files.setCustomValidity(bytes > Number(files.dataset.most) ? files.dataset.tooLarge : "");
    files.reportValidity();
  });
  document.addEventListener("paste", (event) => take(event.clipboardData?.files) && event.preventDefault());
  files.form.addEventListener("dragover", (event) => event.preventDefault());
  files.form.addEventListener("drop", (event) => take(event.dataTransfer?.files) && event.preventDefault());
}

// An answer stays in this tab until a page says what became of it: a login or a fault in between takes none away.
const SENT = "sent draft";
if (one("[data-flash]")) sessionStorage.removeItem(sessionStorage.getItem(SENT));
sessionStorage.removeItem(SENT);

// The desk: keys, live news that move nothing, drafts of answers, texts to insert. Each key only presses what stands on the page.
const desk = document.body.dataset.desk;
if (desk) {
  const rows = [...document.querySelectorAll("tr[data-row]")];
  let here = -1;
  const go = (step) => {
    rows[here]?.classList.remove("here");
    here = Math.max(0, Math.min(rows.length - 1, here + step));
    rows[here]?.classList.add("here");
    one(".what a", rows[here])?.focus();
    rows[here]?.scrollIntoView({ block: "nearest" });
  };
  const focus = (selector) => {
    const found = one(selector);
    found?.closest("details")?.setAttribute("open", "");
    found?.focus();
    return Boolean(found);
  };
  const write = (kind) => {
    one(`#kind-${kind}`)?.click();
    return focus("#text");
  };
  const press = (selector) => {
    const found = one(selector);
    found?.click();
    return Boolean(found);
  };
  const keys = {
    j: () => (rows.length ? (go(1), true) : press("[data-key=j]")),
    k: () => (rows.length ? (go(-1), true) : (history.back(), true)),
    o: () => press("tr.here .what a"),
    x: () => press("tr.here input[type=checkbox]"),
    t: () => (rows.length ? (one("tr.here input[type=checkbox]:not(:checked)")?.click(), press("button[value=take]")) : press("[data-key=t]")),
    r: () => write("reply"),
    n: () => write("note"),
    a: () => focus("#assignee") || focus("#value_assign"),
    u: () => press("[data-key=u]"),
    "/": () => focus("#q"),
    "?": () => {
      const shown = one("#keys");
      if (shown) shown.open = !shown.open;
      one("summary", shown)?.focus();
      return Boolean(shown);
    },
  };
  // Single keys can be turned off (WCAG 2.1.4): who speaks to the browser, or types with a shaking hand, presses none by chance.
  const KEYS = "keys";
  const choice = one("[data-keys]");
  if (choice) {
    choice.hidden = false;
    const box = one("input", choice);
    box.checked = localStorage.getItem(KEYS) !== "off";
    box.addEventListener("change", () => localStorage.setItem(KEYS, box.checked ? "on" : "off"));
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("[data-reply]")) {
      event.preventDefault();
      one("[data-reply] button[name=then]").click();
    } else if (event.key === "Escape" && typing) {
      typing.blur();
    } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && localStorage.getItem(KEYS) !== "off" && keys[event.key]?.()) {
      event.preventDefault();
    }
  });

  const reply = one("[data-reply]");
  const text = reply && one("#text", reply);
  const draft = `draft ${location.pathname}`;
  if (text) {
    if (!text.value) text.value = sessionStorage.getItem(draft) ?? "";
    text.addEventListener("input", () => sessionStorage.setItem(draft, text.value));
    reply.addEventListener("submit", () => sessionStorage.setItem(SENT, draft));
  }
  const insert = one("[data-insert]");
  insert?.addEventListener("click", async (event) => {
    const [language, ...name] = one("#saved_text").value.split(" ");
    if (!language || insert.dataset.failed) return;
    event.preventDefault();
    const query = new URLSearchParams({ language, name: name.join(" ") });
    const answer = await fetch(`/desk/texts/words?${query}`).catch(() => null);
    if (!answer?.ok) {
      insert.dataset.failed = "1";
      return insert.click();
    }
    text.setRangeText((await answer.json()).text, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input"));
    text.focus();
  });

  const live = document.body.dataset.live ?? (desk === "queue" ? "/desk/live" : "");
  let source;
  const show = (found, shown, words) => {
    if (!found) return;
    if (words !== undefined) found.textContent = words;
    found.hidden = !shown;
  };
  const listen = () => {
    if (!live || document.hidden || source) return;
    source = new EventSource(live);
    source.addEventListener("case", (event) => {
      const now = JSON.parse(event.data);
      show(one("[data-changed]"), now.version > Number(document.body.dataset.version));
      show(one("[data-present]"), now.present.length > 0, now.present.join(" "));
    });
    source.addEventListener("queue", () => show(one("[data-news]"), true));
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return listen();
    source?.close();
    source = undefined;
  });
  listen();
  const token = one("input[name=form_token]")?.value;
  const present = () => {
    if (desk !== "case" || document.hidden || !token) return;
    const form = new URLSearchParams({ form_token: token, writing: text?.value ? "1" : "" });
    fetch(location.pathname + "/present", { method: "POST", body: form }).catch(() => {});
  };
  text?.addEventListener("input", present, { once: true });
  setInterval(present, 30000);
  present();
}

const KEEP_AFTER_MS = 2000;
const draft = one("form[data-draft]");
if (draft) {
  let timer = 0;
  const keep = async () => {
    if (draft.dataset.sent) return;
    const body = new FormData(draft);
    body.delete("files");
    body.set("page", draft.dataset.draft);
    const answer = await fetch("/drafts", { method: "POST", body, redirect: "error" }).catch(() => null);
    const told = one("[data-kept]", draft);
    if (answer?.ok && told) told.textContent = told.dataset.kept;
  };
  draft.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, KEEP_AFTER_MS);
  });
  draft.addEventListener("submit", () => clearTimeout(timer));
}

const similar = one("[data-similar]");
if (similar) {
  one("#summary").addEventListener("change", async (event) => {
    const answer = await fetch(`${similar.dataset.similar}?summary=${encodeURIComponent(event.target.value)}`).catch(() => null);
    if (answer?.ok) similar.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
  });
}

const print = one("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

// The list of entries: search, filters, pages; the queue of pending ones; what should be looked at.

import * as api from "./api.js";
import { complain, el, time } from "./dom.js";
import { actions, badges, facts, headline, originLine } from "./facts.js";
import { markup, plain } from "./markup.js";

const VIEWS = { "": "All", active: "Active", pending: "Pending", retired: "Retired", review: "To review" };
const KINDS = { "": "Passages and pairs", document: "Passages", qa: "Pairs" };
const REASONS = { pending: "Waiting for approval", contradicted: "Contradicted by a later review", dead: "Their page is gone", unreachable: "Their page cannot be reached", unused: "Cited by no card for 90 days" };
const FIELDS = ["words", "kind", "audience", "source", "session", "url", "person"];

export class List {
  constructor(root) {
    this.root = root;
    this.tabs = el("div", { class: "tabs", role: "group", "aria-label": "Which entries" });
    this.results = el("div", { class: "results", "aria-live": "polite" });
    this.form = this.#form();
    root.replaceChildren(el("h2", { class: "page-title" }, "What the bot knows"), this.form, this.tabs, this.results);
    window.addEventListener("popstate", () => this.show().catch(complain));
  }

  async show() {
    const query = new URLSearchParams(location.search);
    for (const name of FIELDS) this.form.elements[name].value = query.get(name) ?? "";
    this.form.querySelector("details").open ||= FIELDS.slice(2).some((name) => query.get(name));
    this.view = query.get("status") ?? "";
    this.form.hidden = this.view === "review";
    if (this.view === "review") {
      const [{ pending }, found] = await Promise.all([api.entries("limit=1"), api.review()]);
      this.#showTabs(pending);
      return this.results.replaceChildren(...reviewed(found));
    }
    const found = await api.entries(query.toString());
    this.#showTabs(found.pending);
    this.#showFound(found, query);
  }

  #go(changes) {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries({ page: "", ...changes })) value ? query.set(name, value) : query.delete(name);
    history.pushState(null, "", `/knowledge${query.size ? `?${query}` : ""}`);
    this.show().catch(complain);
  }

  #form() {
    const more = (name, label, hint) => el("label", {}, label, el("input", { name, placeholder: hint, maxlength: "500", dir: "auto" }));
    const submit = (event) => {
      event.preventDefault();
      this.#go(Object.fromEntries(FIELDS.map((name) => [name, this.form.elements[name].value.trim()])));
    };
    const kinds = Object.entries(KINDS).map(([value, label]) => el("option", { value }, label));
    return el(
      "form",
      { class: "filters", role: "search", onsubmit: submit },
      el("input", { type: "search", name: "words", placeholder: "Words in the question, the text or the source", "aria-label": "Words", dir: "auto", maxlength: "500" }),
      el("select", { name: "kind", "aria-label": "Kind", onchange: (event) => event.target.form.requestSubmit() }, ...kinds),
      el("button", { type: "submit", class: "primary" }, "Search"),
      el(
        "details",
        {},
        el("summary", {}, "More filters"),
        el("div", { class: "more" }, more("audience", "Audience", "everyone, channel:…, customer:…"), more("source", "Source", "part of a file name or address"), more("session", "From session", "its id"), more("url", "From page", "its address"), more("person", "From person", "who taught it")),
      ),
    );
  }

  #showTabs(pending) {
    const tab = ([value, label]) => {
      const count = value === "pending" && pending ? el("span", { class: "badge warn" }, String(pending)) : null;
      return el("button", { type: "button", class: "tab", "aria-pressed": String(value === this.view), onclick: () => this.#go({ status: value }) }, label, count);
    };
    this.tabs.replaceChildren(...Object.entries(VIEWS).map(tab));
  }

  #showFound(found, query) {
    const none = this.view === "pending" ? "Nothing waits for approval." : "No entry passes these filters.";
    const count = el("p", { class: "hint" }, found.total ? `${found.total.toLocaleString()} ${found.total === 1 ? "entry" : "entries"}, latest change first` : none);
    const rows = found.entries.map((entry) => (this.view === "pending" ? this.#waiting(entry, found.sessions) : row(entry)));
    this.results.replaceChildren(count, el("ul", { class: "entries" }, ...rows), ...this.#pager(found, Number(query.get("page") ?? 1)));
  }

  #waiting(entry, sessions) {
    const done = () => this.show().catch(complain);
    return el("li", { class: "entry waiting" }, headline(entry), facts(entry), markup(entry.text), ...entry.origins.map((origin) => originLine(origin, sessions)), actions(entry, done));
  }

  #pager(found, page) {
    if (found.pages < 2) return [];
    const turn = (to, label) => el("button", { type: "button", class: "plain small", disabled: to < 1 || to > found.pages, onclick: () => this.#go({ page: String(to) }) }, label);
    return [el("nav", { class: "pager", "aria-label": "Pages of the list" }, turn(page - 1, "‹ Newer"), el("span", {}, `Page ${page} of ${found.pages.toLocaleString()}`), turn(page + 1, "Older ›"))];
  }
}

function row(entry) {
  return el("li", { class: "entry" }, headline(entry), el("p", { class: "excerpt", dir: "auto" }, plain(entry.text.slice(0, 240))), facts(entry));
}

function reviewed({ shown, totals }) {
  const groups = Object.keys(REASONS).filter((kind) => totals[kind]);
  if (!groups.length) return [el("p", { class: "hint" }, "Nothing to review: nothing waits, nothing was contradicted, no page is gone, everything is used.")];
  return groups.flatMap((kind) => {
    const rows = shown.filter((doubt) => doubt.kind === kind).map(doubted);
    const rest = totals[kind] - rows.length;
    return [el("h3", {}, `${REASONS[kind]} (${totals[kind].toLocaleString()})`), el("ul", { class: "entries" }, ...rows), ...(rest ? [el("p", { class: "hint" }, `… and ${rest.toLocaleString()} more: vigilbot knowledge review --limit ${totals[kind]}`)] : [])];
  });
}

function doubted({ entry, why, since }) {
  return el("li", { class: "entry" }, headline(entry), el("p", { class: "excerpt", dir: "auto" }, why, " · since ", time(since)), el("p", { class: "facts-line" }, ...badges(entry)));
}

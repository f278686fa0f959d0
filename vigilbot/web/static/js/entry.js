// One entry: what it says, where that comes from, every version and what it changed.

import * as api from "./api.js";
import { ask } from "./asking.js";
import { difference } from "./diff.js";
import { chevron, complain, disclosure, el, time } from "./dom.js";
import { actions, facts, originLine, used } from "./facts.js";
import { link, markup } from "./markup.js";

export class EntryPage {
  constructor(root, id) {
    this.root = root;
    this.id = id;
  }

  async show() {
    this.#render(await api.entryHistory(this.id));
    if (location.hash === "#edit") this.#edit();
  }

  #render(view) {
    this.view = view;
    const { entry, versions, sessions } = view;
    const title = entry.question || entry.title || entry.id;
    document.title = `${title.slice(0, 60)} · vigilbot knowledge`;
    this.said = el("section", { class: "said", "aria-label": "What it says" }, markup(entry.text));
    this.bar = actions(entry, (changed) => this.#render(changed), () => this.#edit());
    this.root.replaceChildren(
      el("header", { class: "entry-head" }, el("h2", { class: "page-title", dir: "auto" }, title), facts(entry)),
      this.bar,
      el("div", { class: "columns" }, this.said, el("aside", { class: "about", "aria-label": "About this entry" }, ...about(entry, versions[0], sessions))),
      el("h3", {}, versions.length === 1 ? "One version" : `${versions.length} versions, newest first`),
      el("ol", { class: "versions" }, ...versions.map((version, at) => this.#version(version, versions[at + 1], sessions))),
    );
  }

  #version(version, before, sessions) {
    const current = version.version === this.view.entry.version;
    const button = el(
      "button",
      { type: "button" },
      el("b", {}, `Version ${version.version}`),
      el("span", { class: "badge" }, current ? `current, ${version.status}` : version.status),
      el("span", { class: "by", dir: "auto" }, `${version.who}: ${version.why}`),
      time(version.at),
      chevron(),
    );
    const { region } = disclosure(button, () => this.#changes(version, before, sessions, current));
    return el("li", { class: "version" }, button, region);
  }

  #changes(version, before, sessions, current) {
    const parts = ["title", "question", "text", "source"].filter((part) => version[part] || before?.[part]);
    const changed = parts.filter((part) => !before || version[part] !== before[part]);
    const shown = changed.map((part) => [el("h4", {}, part), before ? difference(before[part], version[part]) : el("p", { class: "difference", dir: "auto" }, version[part])]);
    const same = changed.length ? [] : [el("p", { class: "hint" }, `Says the same; the status changed from ${before.status} to ${version.status}.`)];
    const back = current ? null : el("button", { type: "button", class: "plain small", onclick: () => this.#revert(version.version) }, `Revert to version ${version.version}`);
    return el("div", { class: "version-body" }, ...version.brought.map((origin) => originLine(origin, sessions)), ...same, ...shown.flat(), back);
  }

  async #revert(to) {
    const given = await ask(`Revert to version ${to}?`, "It says again what it said then, with its status then. This makes a new version.", "Revert");
    if (given) await this.#send(api.changeEntry(this.id, "revert", { ...given, to, version: this.view.entry.version }));
  }

  async #send(call) {
    try {
      this.#render(await call);
    } catch (error) {
      complain(error);
    }
  }

  #edit() {
    const { entry } = this.view;
    const field = (name, rows) => {
      const area = el("textarea", { name, rows: String(rows), dir: "auto", maxlength: name === "text" ? "40000" : "2000" });
      area.value = entry[name];
      return el("label", {}, name[0].toUpperCase() + name.slice(1), area);
    };
    const save = async (event) => {
      event.preventDefault();
      const pending = entry.status === "pending";
      const said = Object.fromEntries(new FormData(form));
      const given = await ask(pending ? "Approve this wording?" : "Save this wording?", "It becomes a new version. A document that is ingested again replaces it.", pending ? "Approve" : "Save");
      if (given) await this.#send(api.editEntry(this.id, { ...said, ...given, version: entry.version, approve: pending }));
    };
    const pair = entry.kind === "qa" ? [field("question", 2)] : [];
    const form = el(
      "form",
      { class: "editor", onsubmit: save },
      field("title", 1),
      ...pair,
      field("text", 12),
      el("div", { class: "actions" }, el("button", { type: "submit", class: "primary small" }, entry.status === "pending" ? "Approve this wording" : "Save"), el("button", { type: "button", class: "plain small", onclick: () => this.#render(this.view) }, "Cancel")),
    );
    this.bar.hidden = true;
    this.said.replaceChildren(form);
    form.querySelector("[name=text]").focus();
  }
}

function about(entry, latest, sessions) {
  const fact = (name, ...values) => [el("dt", {}, name), el("dd", { dir: "auto" }, ...values)];
  const last = entry.uses.last_at ? fact("Last used", time(entry.uses.last_at)) : [];
  const origins = latest.origins.length ? [el("h3", {}, "Comes from"), ...latest.origins.map((origin) => originLine(origin, sessions))] : [];
  return [
    el("dl", {}, ...(entry.question && entry.title ? fact("Title", entry.title) : []), ...fact("Source", link(entry.source, entry.source)), ...fact("Audience", entry.audience), ...fact("Created", time(entry.created_at)), ...fact("Used", used(entry)), ...last, ...fact("Id", el("code", {}, entry.id))),
    ...origins,
  ];
}

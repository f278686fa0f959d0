// The drawer that searches what the bot knows, and says how to teach it more.

import * as api from "./api.js";
import { complain, el } from "./dom.js";
import { foundNode } from "./panel.js";

export class Knowledge {
  /** `status()` gives the last known status of the process. */
  constructor(dialog, status) {
    this.dialog = dialog;
    this.status = status;
    this.results = el("div", { class: "drawer-body", "aria-live": "polite" });
    this.field = el("input", { type: "search", name: "query", placeholder: "Ask or name a thing", "aria-label": "Search the knowledge base", autofocus: true, dir: "auto" });
    const all = el("a", { class: "quiet small", href: "/knowledge" }, "All entries");
    const closing = el("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Close");
    dialog.append(
      el(
        "div",
        { class: "drawer-head" },
        el("div", { class: "dialog-head" }, el("h2", { id: "knowledge-title" }, "Knowledge"), el("div", {}, all, closing)),
        el("form", { onsubmit: (event) => this.#search(event) }, this.field, el("button", { class: "primary", type: "submit" }, "Search")),
      ),
      this.results,
    );
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  open() {
    if (!this.field.value) this.results.replaceChildren(...overview(this.status()));
    this.dialog.showModal();
    this.field.select();
  }

  async #search(event) {
    event.preventDefault();
    const query = this.field.value.trim();
    if (!query) return this.results.replaceChildren(...overview(this.status()));
    try {
      const { references } = await api.search(query);
      const head = references.length ? `${references.length} passages, best first` : "Nothing found.";
      this.results.replaceChildren(el("p", { class: "hint" }, head), ...references.map(foundNode));
    } catch (error) {
      complain(error);
    }
  }
}

function overview(status) {
  if (!status) return [];
  const { sources, source_count: known } = status.knowledge;
  const rows = sources.map((one) => el("tr", {}, el("td", {}, one.source), el("td", {}, `${one.entries}`)));
  return [
    el("p", {}, `${status.knowledge.entries.toLocaleString()} entries from ${status.knowledge.source_count.toLocaleString()} sources.`),
    ...howToIngest(status),
    el("h3", {}, "Sources, with their number of entries"),
    el("table", {}, el("tbody", {}, ...rows)),
    known > rows.length ? el("p", { class: "hint" }, `… and ${(known - rows.length).toLocaleString()} more sources.`) : "",
  ];
}

/** How one's own documents get in. */
export function howToIngest(status) {
  const own = status?.knowledge.own_docs_only ? "So far only vigilbot's own documentation is in here." : "";
  return [
    el("p", { class: "hint" }, `${own} Add Markdown, HTML, PDF, Word, text or JSONL, also while vigilbot runs, with:`.trim()),
    el("pre", { tabindex: "0" }, el("code", {}, ".venv/bin/vigilbot ingest PATH")),
  ];
}

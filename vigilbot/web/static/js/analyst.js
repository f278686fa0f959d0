// What only the analyst sees: suggestions to decide on, a word on a turn, gaps, and who sees answers first.
// It is asked for apart from the session's view, which a customer's page shows as well.

import { annotationForm } from "./annotating.js";
import * as api from "./api.js";
import { complain, el, keep, tell } from "./dom.js";
import { markup } from "./markup.js";

const MODES = { proactive: "Cards in the thread", suggest: "Suggestions to analysts", shadow: "Stored, shown to nobody" };

export class Analyst {
  /** `persona()` says who is writing now. */
  constructor(root, persona) {
    this.root = root;
    this.persona = persona;
    this.asked = 0;
    this.list = el("div", { class: "analyst-list" });
    this.delivery = el("select", { id: "delivery", onchange: () => this.#choose() });
    const choice = el("label", { class: "delivery" }, "Answers in this channel", this.delivery);
    root.append(el("h2", {}, "For the analyst"), choice, this.list);
    root.hidden = true;
  }

  async show(view) {
    this.view = view;
    const call = ++this.asked; // a slower, older answer must not replace a newer one
    const { role, name } = this.persona();
    if (!view || role !== "analyst") {
      this.root.hidden = true;
      return;
    }
    const waiting = await api.forAnalyst(view.session.id, name).catch(() => null);
    if (call !== this.asked || !waiting) return;
    this.root.hidden = false;
    this.#showDelivery(waiting.delivery);
    const items = [
      ...waiting.suggestions.map((suggestion) => ({ key: `s${suggestion.id}`, suggestion })),
      ...waiting.turns.map((turn, place) => ({ key: `t${turn.turn_id}`, turn, open: turn.asked && !turn.said && !waiting.snoozed && place === 0 })),
      ...waiting.gaps.map((gap) => ({ key: `g${gap.id}`, gap })),
    ];
    keep(this.list, items, (item) => item.key, (item) => this.#node(item));
  }

  #node({ suggestion, turn, gap, open }) {
    if (suggestion) return suggestionNode(suggestion, (call) => this.#act(call));
    if (turn) return annotationForm(turn, open, (call) => this.#act(call));
    return gapNode(gap, (call) => this.#act(call));
  }

  /** Do something as this analyst, say what came of it, and look again. */
  async #act(call) {
    try {
      tell((await call(this.persona().name)).said);
    } catch (error) {
      complain(error);
    }
    await this.show(this.view);
  }

  #showDelivery({ audience, mode, default: usual }) {
    this.audience = audience;
    const options = [el("option", { value: "" }, `As usual (${MODES[usual].toLowerCase()})`), ...Object.entries(MODES).map(([value, label]) => el("option", { value }, label))];
    this.delivery.replaceChildren(...options);
    this.delivery.value = mode ?? "";
  }

  #choose() {
    const mode = this.delivery.value || null;
    this.#act((author) => api.chooseDelivery(this.audience, mode, author));
  }
}

const act = (label, className, onclick) => el("button", { type: "button", class: `${className} small`, onclick }, label);

function suggestionNode(suggestion, onact) {
  const field = el("textarea", { rows: "5", dir: "auto", "aria-label": "What is posted" });
  field.value = suggestion.text;
  const edit = el("div", { class: "edit-suggestion", hidden: true }, field, act("Post edited", "primary", () => onact((author) => api.postSuggestion(suggestion.id, author, field.value))));
  const sources = suggestion.sources.map((source) => el("li", { dir: "auto" }, `[${source.number}] ${source.title}`));
  return el(
    "article",
    { class: "offer", "data-state": suggestion.state },
    el("p", { class: "badge bot" }, "Suggestion: only analysts see it"),
    suggestion.state === "overtaken" ? el("p", { class: "hint" }, "An analyst has answered meanwhile.") : null,
    el("p", { class: "turn-asked", dir: "auto" }, suggestion.question),
    markup(suggestion.text),
    el("ul", { class: "sub" }, ...sources),
    el(
      "div",
      { class: "offer-actions" },
      act("Post to thread", "primary", () => onact((author) => api.postSuggestion(suggestion.id, author))),
      act("Edit and post", "plain", () => ((edit.hidden = !edit.hidden), field.focus())),
      act("Not useful", "quiet", () => onact((author) => api.declineSuggestion(suggestion.id, author))),
    ),
    edit,
  );
}

function gapNode(gap, onact) {
  const question = el("input", { type: "text", dir: "auto", "aria-label": "Question", placeholder: "Question" });
  question.value = gap.question;
  const answer = el("textarea", { rows: "3", dir: "auto", "aria-label": "Answer", placeholder: "Answer" });
  const page = el("input", { type: "url", "aria-label": "Or a page that has it", placeholder: "Or the address of a page that has it" });
  const fields = () => ({ question: question.value, answer: answer.value, link: page.value });
  return el(
    "details",
    { class: "gap" },
    el("summary", { dir: "auto" }, el("span", { class: "badge warn" }, "Gap"), " ", gap.lacking),
    question,
    answer,
    page,
    el(
      "div",
      { class: "offer-actions" },
      act("Save as knowledge", "primary", () => onact((author) => api.closeGap(gap.id, author, fields()))),
      act("Drop", "quiet", () => onact((author) => api.dropGap(gap.id, author))),
    ),
  );
}

// The side panel: how each turn ended, why, how long each step took, and what was found.

import { chevron, disclosure, duration, el, keep } from "./dom.js";
import { Lessons } from "./lessons.js";
import { link, markup } from "./markup.js";

const OUTCOMES = {
  answered: ["Answered", "bot"],
  duplicate: ["Duplicate", "warn"],
  refused: ["Refused", "warn"],
  overtaken: ["Overtaken", "good"],
  out_of_scope: ["Out of scope", ""],
  no_assistance: ["No help needed", ""],
  failed: ["Failed", "bad"],
};
const WITHHELD = new Set(["duplicate", "overtaken"]);
const STEPS = ["identify", "rewrite", "retrieve", "choose_tools", "tools", "answer", "dedup"];

export class Panel {
  constructor(root) {
    this.root = root;
    this.toggled = new Map(); // turn id → opened (true) or closed (false) by hand
    this.picked = null;
    this.view = null;
    this.list = el("ol", { class: "turns" });
    this.lessons = new Lessons();
  }

  /** `onback` leaves the panel on a phone. */
  start(onback) {
    const back = el("button", { type: "button", class: "quiet only-phone", onclick: onback, "aria-label": "Back to the conversation" }, "‹ Back");
    this.empty = el("p", { class: "hint" });
    this.root.replaceChildren(el("header", { class: "panel-head" }, back, el("h2", {}, "Turns")), this.lessons.node, this.empty, this.list);
    this.clear();
  }

  clear() {
    this.view = null;
    this.list.replaceChildren();
    this.lessons.node.hidden = true;
    this.empty.textContent = "Each burst of customer messages becomes a turn. How it ended, and why, is shown here.";
    this.empty.hidden = false;
  }

  show(view) {
    if (this.view?.session.id !== view.session.id) this.picked = null;
    this.view = view;
    this.lessons.show(view);
    this.empty.hidden = view.turns.length > 0;
    if (!view.turns.length) this.empty.textContent = nothingYet(view.session);
    const newest = view.turns.at(-1)?.id;
    const items = view.turns
      .map((turn) => ({ ...turn, open: this.toggled.get(turn.id) ?? (turn.id === newest || turn.id === this.picked), picked: turn.id === this.picked }))
      .reverse();
    keep(this.list, items, (turn) => turn.id, (turn) => this.#turn(turn, view));
  }

  pick(turnId) {
    this.picked = turnId;
    this.toggled.set(turnId, true);
    this.show(this.view);
    const node = [...this.list.children].find((child) => child.dataset.key === turnId);
    node?.scrollIntoView({ block: "nearest", behavior: "smooth" });
    node?.querySelector("button").focus({ preventScroll: true });
  }

  #turn(turn, view) {
    const [word, colour] = OUTCOMES[turn.outcome] ?? ["Thinking…", "bot"];
    const button = el(
      "button",
      { type: "button" },
      el("span", { class: `badge ${colour}` }, word),
      el("span", { class: "turn-took" }, took(turn)),
      chevron(),
      el("span", { class: "turn-asked", dir: "auto" }, textOf(turn, view)),
    );
    const onchange = (value) => this.toggled.set(turn.id, value);
    const { region } = disclosure(button, () => details(turn), { open: turn.open, onchange });
    return el("li", { class: `turn${turn.picked ? " picked" : ""}`, "data-outcome": turn.outcome ?? "" }, button, region);
  }
}

const textOf = (turn, view) =>
  view.messages.filter((message) => turn.message_ids.includes(message.id)).map((message) => message.text).join(" ");

const took = (turn) => (turn.timings.total === undefined ? "" : duration(turn.timings.total));

function nothingYet(session) {
  if (session.state === "closed") return "No turn: nothing was asked while vigilbot listened.";
  if (session.state === "open") return "No turn yet: vigilbot starts once an analyst has joined.";
  return "No turn yet: the next customer message will be one.";
}

function details(turn) {
  const body = el("div", { class: "turn-body" });
  if (turn.reason) body.append(el("p", { class: "turn-reason", dir: "auto" }, turn.reason));
  if (turn.question) body.append(el("h3", {}, "Question as understood"), el("p", { dir: "auto" }, turn.question));
  if (turn.sub_questions.length) {
    body.append(el("ul", { class: "sub" }, ...turn.sub_questions.map((question) => el("li", { dir: "auto" }, question))));
  }
  if (turn.answer && WITHHELD.has(turn.outcome)) body.append(el("h3", {}, "The answer that was not posted"), markup(turn.answer));
  if (Object.keys(turn.timings).length) body.append(el("h3", {}, "Time"), steps(turn.timings));
  if (turn.references.length) {
    body.append(el("h3", {}, `Passages found, best first (${turn.references.length})`), ...turn.references.map(found));
  }
  if (turn.findings.length) {
    body.append(el("h3", {}, `What tools found (${turn.findings.length})`), ...turn.findings.map(toolResult));
  }
  return body;
}

function steps(timings) {
  const rows = STEPS.filter((step) => timings[step] !== undefined);
  const longest = Math.max(...rows.map((step) => timings[step]), 1);
  const list = el("dl", { class: "steps" });
  for (const step of rows) {
    const fill = el("div", { class: "fill" });
    fill.style.width = `${(100 * timings[step]) / longest}%`;
    list.append(el("dt", {}, step.replace("_", " ")), el("dd", { class: "track" }, fill), el("dd", {}, duration(timings[step])));
  }
  if (timings.total !== undefined) list.append(el("dt", { class: "total" }, "total"), el("dd"), el("dd", { class: "total" }, duration(timings.total)));
  if (timings.wait !== undefined) list.append(el("dt", {}, "quiet window"), el("dd"), el("dd", {}, duration(timings.wait)));
  return list;
}

function found(reference) {
  const button = el(
    "button",
    { type: "button" },
    el("span", { class: "title", dir: "auto" }, reference.title || reference.source),
    el("span", { class: "score", title: "Score" }, number(reference.score)),
    chevron(),
  );
  const { region } = disclosure(button, () => passage(reference));
  return el("div", { class: "found" }, button, region);
}

function toolResult(finding) {
  const given = Object.entries(finding.arguments).map(([name, value]) => `${name}: ${value}`);
  const button = el(
    "button",
    { type: "button" },
    el("span", { class: "title", dir: "auto" }, finding.tool),
    el("span", { class: "score", dir: "auto", title: "What it was asked with" }, given.join(", ")),
    chevron(),
  );
  const { region } = disclosure(button, () => el("div", { class: "passage" }, el("pre", { dir: "auto" }, finding.text)));
  return el("div", { class: "found" }, button, region);
}

const MEANINGS = {
  dense: "Cosine of the question's vector and the passage's; its place among all that were near",
  lexical: "BM25 of the question's words; its place among all that share some",
  fused: "Both together, at most 1",
  adapted: "Cosine after the trained retriever has moved the question",
  retriever_version: "The trained retriever that was in use",
  reranker_version: "The trained reranker that was in use",
  rerank: "Second look, from 0 to 1: how well every word of the question is met, or what the reranking model says",
};

function passage(reference) {
  const paths = Object.entries(reference.scores)
    .filter(([path]) => !path.endsWith("_rank"))
    .map(([path, score]) => {
      if (path.endsWith("_version")) return el("span", { class: "badge bot", title: MEANINGS[path] || "" }, `${path.slice(0, -8)} ${score}`);
      const place = reference.scores[`${path}_rank`];
      return el("span", { class: "badge", title: MEANINGS[path] || "" }, `${path} ${number(score)}${place ? ` (no. ${place})` : ""}`);
    });
  return [
    el("div", { class: "paths" }, el("span", { class: "badge bot" }, reference.kind), ...paths),
    el(
      "div",
      { class: "passage" },
      el("p", { class: "where" }, link(reference.source, reference.source)),
      markup(reference.question ? `**${reference.question}**\n\n${reference.text}` : reference.text),
    ),
  ];
}

export const number = (score) => (Math.abs(score) >= 10 ? score.toFixed(1) : score.toFixed(3));
export { found as foundNode };

// The form in which an analyst says something about a turn. Everything in it is optional.

import * as api from "./api.js";
import { el } from "./dom.js";
import { markup, plain } from "./markup.js";

const USES = { used: "Used as it was", edited: "Used after editing", unused: "Not used" };
const WHY = { wrong_topic: "Off the topic", wrong: "Wrong", outdated: "Out of date", incomplete: "Incomplete", too_long: "Too long", unclear: "Unclear", too_late: "Too late", other: "Something else" };
const GRADES = { relevant: "Relevant", partly: "Partly", not_relevant: "Not relevant" };
const BETTER = { significantly_better: "significantly better", better: "better", slightly_better: "slightly better" };

/** `onact(call)` does `call(author)` and says what came of it. */
export function annotationForm(turn, open, onact) {
  const shownAt = Date.now() / 1000;
  const form = el("form", { class: "annotation" });
  const group = (title, ...children) => el("fieldset", {}, el("legend", {}, title), ...children);
  if (turn.answer && turn.asks_use) form.append(group("What became of the answer?", ...choices("radio", "use", USES)));
  if (turn.answer) form.append(group("What was wrong with it?", ...choices("checkbox", "reasons", WHY)));
  for (const passage of turn.passages) {
    const name = `passage-${passage.number}`;
    form.append(group(`[${passage.number}] ${passage.title}`, el("p", { class: "hint", dir: "auto" }, plain(passage.excerpt)), ...choices("radio", name, GRADES, passage.grade)));
  }
  if (turn.candidates) form.append(group("Which answer is better?", ...pair(turn.candidates), preference()));
  form.append(field("lacking", "What was lacking in the sources?"), field("note", "Anything else"));
  const snooze = el("button", { type: "button", class: "quiet small", onclick: () => onact(api.snooze) }, "Not today");
  form.append(el("div", { class: "offer-actions" }, el("button", { type: "submit", class: "primary small" }, "Send"), snooze));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = { ...filledIn(form, turn), shown_at: shownAt };
    onact((author) => api.annotate(turn.turn_id, author, said));
  });
  const title = turn.said ? "Feedback, given" : open ? "Your feedback, if you like" : "Give feedback";
  return el("details", { class: "annotate", open, "data-turn": turn.turn_id }, el("summary", { dir: "auto" }, `${title}: `, el("span", {}, turn.question)), form);
}

function choices(type, name, options, chosen) {
  return Object.entries(options).map(([value, label]) =>
    el("label", { class: "choice" }, el("input", { type, name, value, checked: value === chosen }), label),
  );
}

function pair([left, right]) {
  return [["A", left], ["B", right]].map(([letter, text]) => el("div", { class: "candidate" }, el("b", {}, letter), markup(text)));
}

function preference() {
  const options = (letter, side) => Object.entries(BETTER).map(([grade, words]) => el("option", { value: `${side}:${grade}` }, `${letter} is ${words}`));
  return el(
    "select",
    { name: "preference", "aria-label": "Which answer is better?" },
    el("option", { value: "" }, "—"),
    ...options("A", "left"),
    el("option", { value: ":tie" }, "Neither: they are as good as each other"),
    ...options("B", "right").reverse(),
  );
}

function field(name, label) {
  return el("label", { class: "free" }, label, el("textarea", { name, rows: "2", dir: "auto" }));
}

function filledIn(form, turn) {
  const data = new FormData(form);
  const grades = turn.passages.map((passage) => [passage.number, data.get(`passage-${passage.number}`)]);
  const [side, grade] = (data.get("preference") ?? "").split(":");
  return {
    use: data.get("use"),
    reasons: data.getAll("reasons"),
    relevance: Object.fromEntries(grades.filter(([, grade]) => grade)),
    preferred: side || null,
    grade: grade || null,
    lacking: data.get("lacking"),
    note: data.get("note"),
  };
}

// What a session taught: one row a question, why, and the entries that changed, each with its page.

import { el, keep, time } from "./dom.js";

const RESULTS = {
  accepted: ["Accepted", "good"],
  learnt: ["Learnt", "good"],
  updated: ["Updated", "good"],
  kept: ["Kept", "bot"],
  deleted: ["Deleted", "warn"],
  undecided: ["Undecided", ""],
  nothing: ["Nothing learnt", ""],
};
const CHANGES = {
  added: "new entry",
  merged: "said again",
  replaced: "new version",
  retired: "retired",
  marked: "not for such questions",
};

export class Lessons {
  constructor() {
    this.list = el("ol", { class: "lessons" });
    this.waiting = el("p", { class: "hint", role: "status" }, "Learning from this session…");
    this.node = el("section", { "aria-label": "What this session taught", hidden: true }, el("h3", {}, "What this session taught"), this.waiting, this.list);
  }

  show(view) {
    const shown = view.lessons.filter((lesson) => RESULTS[lesson.result]);
    this.node.hidden = !view.learning && !shown.length;
    this.waiting.hidden = !view.learning;
    keep(this.list, shown, (lesson) => lesson.message_id, lessonNode);
  }
}

function lessonNode(lesson) {
  const waits = (entry) => entry.status === "pending";
  const [word, colour] = lesson.entries.some(waits) ? ["Waits for approval", "warn"] : RESULTS[lesson.result];
  return el(
    "li",
    { class: "lesson", "data-result": lesson.result },
    el("p", {}, el("span", { class: `badge ${colour}` }, word), " ", time(lesson.learnt_at)),
    el("p", { class: "turn-asked", dir: "auto" }, lesson.question ?? ""),
    el("p", { class: "turn-reason", dir: "auto" }, lesson.reason),
    ...lesson.entries.map((entry) =>
      el("p", {}, el(
        "a",
        { href: `/knowledge/${encodeURIComponent(entry.entry_id)}` },
        CHANGES[entry.change] + (waits(entry) ? ", not used before somebody approves it" : ""),
      )),
    ),
  );
}

// What stands in the middle when no session is open.

import { el } from "./dom.js";
import { howToIngest } from "./knowledge.js";

/** Shown when the console has no session at all, and for a new one before its first message. */
export function welcome(status, { empty, onsample }) {
  if (!empty) {
    return el(
      "section",
      { class: "welcome" },
      el("h2", {}, "New session"),
      el("p", {}, "Write the customer's first message below. vigilbot reads along, and helps once the analyst has written too."),
      el("p", {}, el("br"), el("button", { type: "button", class: "plain", id: "sample-begin", onclick: onsample }, "Play the sample dialogue instead")),
    );
  }
  return el(
    "section",
    { class: "welcome" },
    el("h2", {}, "Be the customer, be the analyst, watch the bot decide."),
    el("p", {}, "vigilbot waits until an analyst has joined a session. Then it answers what its sources cover with a cited card, and stays silent otherwise. Here you see both, and why."),
    el("div", { class: "ways" }, sampleWay(onsample), ownWay(status)),
  );
}

function sampleWay(onsample) {
  return el(
    "section",
    { class: "way first" },
    el("h3", {}, "See it at work"),
    el("p", {}, "Eight steps with a customer's questions about vigilbot, answered from its own documentation. You press the button, everything else is real."),
    el("button", { type: "button", class: "primary", id: "sample-begin", onclick: onsample }, "Play the sample dialogue"),
  );
}

function ownWay(status) {
  return el("section", { class: "way" }, el("h3", {}, "Use your own documents"), ...howToIngest(status));
}

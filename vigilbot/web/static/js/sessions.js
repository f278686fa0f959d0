// The list of sessions on the left.

import { el, keep, time } from "./dom.js";

const STATE_WORDS = { open: "open, no analyst yet", engaged: "engaged", closed: "closed" };

export const stateWords = (session) => STATE_WORDS[session.state] + (session.muted ? ", muted" : "");

/** Show `sessions`, with `selected` (an id, or null) marked; `onpick(id)` when one is chosen. */
export function showSessions(list, sessions, selected, onpick) {
  const items = sessions.map((session) => ({ ...session, current: session.id === selected }));
  keep(list, items, (session) => session.id, (session, present) => {
    const hadFocus = present?.contains(document.activeElement);
    const node = el("li", {}, row(session, onpick));
    if (hadFocus) queueMicrotask(() => node.firstChild.focus());
    return node;
  });
}

function row(session, onpick) {
  const last = session.last ? `${session.last.author}: ${session.last.text}` : "No message yet";
  return el(
    "button",
    {
      type: "button",
      class: `session ${session.state}`,
      "aria-current": session.current ? "true" : null,
      onclick: () => onpick(session.id),
    },
    el("span", { class: `dot ${session.state}${session.muted ? " muted" : ""}`, title: stateWords(session) }),
    el("b", { dir: "auto" }, session.title, el("span", { class: "visually-hidden" }, `, ${stateWords(session)}`)),
    time(session.active_at),
    el("span", { class: "last", dir: "auto" }, last),
  );
}

/** Arrow keys, Home and End move through the list. */
export function walkWithArrows(list) {
  list.addEventListener("keydown", (event) => {
    const rows = [...list.querySelectorAll("button")];
    const at = rows.indexOf(document.activeElement);
    const goal = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    rows[Math.max(0, Math.min(goal, rows.length - 1))]?.focus();
  });
}

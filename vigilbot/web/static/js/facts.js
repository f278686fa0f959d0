// What is shown of an entry wherever it stands, and what can be done to it.

import * as api from "./api.js";
import { ask } from "./asking.js";
import { complain, el, time } from "./dom.js";
import { link } from "./markup.js";

const COLOURS = { active: "good", pending: "warn", retired: "bad" };
const NAMES = { document: "passage", qa: "pair" };

export const pageOf = (id) => "/knowledge/" + encodeURIComponent(id);

/** The entry's question or title, as a link to its page. */
export function headline(entry) {
  return el("a", { class: "entry-title", href: pageOf(entry.id), dir: "auto" }, entry.question || entry.title || entry.source || entry.id);
}

export function badges(entry) {
  const audience = entry.audience === "everyone" ? null : el("span", { class: "badge" }, `only ${entry.audience}`);
  return [el("span", { class: `badge ${COLOURS[entry.status]}` }, entry.status), el("span", { class: "badge" }, NAMES[entry.kind]), audience];
}

/** One line: status, kind, uses, when it changed. */
export function facts(entry) {
  return el("p", { class: "facts-line" }, ...badges(entry), el("span", {}, used(entry)), el("span", {}, `version ${entry.version}, `, time(entry.updated_at)));
}

export function used({ uses }) {
  if (!uses?.cited) return "not cited yet";
  return `cited by ${uses.cited} ${uses.cited === 1 ? "card" : "cards"}, ${uses.accepted} accepted`;
}

/** Buttons for what this entry's status allows; `done(view)` after each. `onedit` opens an editor, if there is one. */
export function actions(entry, done, onedit = null) {
  const act = (action, word, style, explanation, grave = false) => {
    const click = async () => {
      const given = await ask(`${word} this entry?`, explanation, word, grave);
      if (given) await api.changeEntry(entry.id, action, { ...given, version: entry.version }).then(done, complain);
    };
    return el("button", { type: "button", class: `${style} small`, onclick: click }, word);
  };
  const edit = onedit ? el("button", { type: "button", class: "plain small", onclick: onedit }, entry.status === "pending" ? "Edit and approve" : "Edit") : null;
  const undo = act("revert", "Revert", "plain", "It says again what it said in the version before, with its status then.");
  const perhaps = entry.version > 1 ? undo : null;
  if (entry.status === "pending") {
    const look = onedit ? edit : el("a", { class: "plain small", href: `${pageOf(entry.id)}#edit` }, "Edit and approve");
    return el("div", { class: "actions" }, act("approve", "Approve", "primary", "The bot answers with it from now on."), look, act("reject", "Reject", "plain", "It is never used. Its versions stay, and it can be brought back.", true));
  }
  if (entry.status === "retired") return el("div", { class: "actions" }, perhaps);
  return el("div", { class: "actions" }, edit, perhaps, act("retire", "Retire", "plain", "The bot no longer answers with it. Its versions stay, and reverting brings it back.", true));
}

/** Where it comes from; `sessions` has the titles of those that are still there, by id. */
export function originLine(origin, sessions) {
  const title = sessions[origin.session_id];
  const session = origin.session_id ? ["session ", title === undefined ? el("code", {}, origin.session_id) : el("a", { href: `/#${encodeURIComponent(origin.session_id)}` }, title || origin.session_id)] : [];
  const pieces = [
    session,
    origin.url ? [link(origin.url, origin.url)] : [],
    origin.people.length ? [`taught by ${origin.people.join(", ")}`] : [],
    origin.verdict ? [`review said ${origin.verdict}`] : [],
  ].filter((piece) => piece.length);
  return el("p", { class: "origin", dir: "auto" }, ...pieces.flatMap((piece, at) => (at ? [" · ", ...piece] : piece)));
}

// Puts the page together: one state, and what happens when it changes.

import { Analyst } from "./analyst.js";
import * as api from "./api.js";
import { Composer } from "./composer.js";
import { complain, el } from "./dom.js";
import { listenToKeys } from "./keys.js";
import { Knowledge } from "./knowledge.js";
import { Live } from "./live.js";
import { Panel } from "./panel.js";
import { Sample } from "./sample.js";
import { showSessions, stateWords, walkWithArrows } from "./sessions.js";
import { Thread } from "./thread.js";
import { welcome } from "./welcome.js";

const at = (id) => document.getElementById(id);
const state = { sessions: null, selected: null, draft: false, view: null, status: null };

const composer = new Composer(at("composer"), send);
const panel = new Panel(at("panel"));
const analyst = new Analyst(at("analyst"), () => composer.persona);
const thread = new Thread(at("thread"), () => composer.persona, showTurn);
const sample = new Sample(at("sample"), select);
const knowledge = new Knowledge(at("knowledge"), () => state.status);
const live = new Live({ onsessions: gotSessions, onview: gotView, onlink: showLink });

function layout(name) {
  document.documentElement.dataset.view = name;
}

function select(id) {
  if (state.selected !== id) state.view = null;
  Object.assign(state, { selected: id, draft: false });
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  live.watch(id);
  layout("thread");
  render();
}

function draft() {
  Object.assign(state, { selected: null, draft: true, view: null });
  history.replaceState(null, "", location.pathname);
  live.watch(null);
  composer.setRole("customer");
  layout("thread");
  render();
  composer.focus();
}

async function send(message) {
  if (!state.selected) {
    const { id } = await api.openSession(titleOf(message.text));
    select(id);
  }
  await api.say(state.selected, message);
  thread.toEnd();
}

/** The first line, cut between words. */
function titleOf(text) {
  const line = text.trim().split("\n")[0];
  return line.length <= 80 ? line : `${line.slice(0, 79).replace(/\s+\S*$/, "")}…`;
}

function showTurn(id) {
  layout("panel");
  panel.pick(id);
}

function gotSessions(sessions) {
  const first = state.sessions === null;
  state.sessions = sessions;
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (first && sessions.some((session) => session.id === wanted)) return select(wanted);
  if (first && !sessions.length && innerWidth <= 820) layout("thread");
  render();
}

function gotView(view) {
  if (view.session.id !== state.selected) return;
  if (state.view && view.lessons.length > state.view.lessons.length) refreshStatus(); // the bot knows more now
  state.view = view;
  render();
}

function showLink(connected) {
  const back = connected && at("facts").hidden;
  at("link-state").hidden = connected;
  at("facts").hidden = at("sessions-foot").hidden = !connected; // what a lost process said of itself may be over
  if (back || (connected && !state.status)) refreshStatus();
}

async function refreshStatus() {
  try {
    state.status = await api.status();
  } catch {
    state.status = null; // asked again as soon as the stream is back
    return;
  }
  showFacts(state.status);
  render();
  // On the very first start the documentation is still being read when the page is already there.
  if (!state.status.ready || !state.status.knowledge.entries) setTimeout(refreshStatus, 1_000);
}

function showFacts(status) {
  const thinker = status.reasoner === "extractive" ? "No language model: quotes the sources" : `Model: ${status.reasoner}`;
  const { entries } = status.knowledge;
  const count = `${entries.toLocaleString()} ${entries === 1 ? "entry" : "entries"}`;
  const badges = () => [
    status.ready ? el("span", { class: "badge good optional" }, "Ready") : el("span", { class: "badge warn" }, `${status.loading[0].toUpperCase()}${status.loading.slice(1)}…`),
    status.background ? el("span", { class: "badge warn optional", title: status.background }, "Re-embedding…") : null,
    el("span", { class: "badge bot" }, thinker),
    el("span", { class: "badge optional" }, status.knowledge.own_docs_only ? `${count}, vigilbot's own docs` : count),
  ].filter(Boolean);
  at("facts").replaceChildren(...badges());
  at("sessions-foot").replaceChildren(...badges()); // where a phone has room for them
}

async function openKnowledge() {
  await refreshStatus();
  knowledge.open();
}

function render() {
  if (state.sessions) showSessions(at("sessions"), state.sessions, state.selected, select);
  at("no-sessions").hidden = state.sessions?.length !== 0;
  const { session } = state.view ?? {};
  showHead(session);
  sample.show(state.view);
  const closed = session?.state === "closed";
  at("closed").hidden = !closed;
  composer.form.hidden = closed || !(session || state.draft || state.sessions?.length === 0);
  if (state.view) {
    thread.show(state.view);
    panel.show(state.view);
    analyst.show(state.view);
    return;
  }
  analyst.show(null);
  panel.clear();
  if (!state.selected && state.sessions) thread.clear(middle());
}

function middle() {
  if (state.draft || !state.sessions.length) return welcome(state.status, { empty: !state.sessions.length, onsample: () => sample.begin() });
  const begin = el("button", { type: "button", class: "plain", onclick: () => sample.begin() }, "Play the sample dialogue");
  return el("section", { class: "welcome" }, el("h2", {}, "Choose a session, or start one."), el("p", {}, "The list on the left has every session of this console. ", el("kbd", {}, "n"), " starts a new one."), el("p", {}, el("br"), begin));
}

function showHead(session) {
  const head = at("room-head");
  const back = el("button", { type: "button", class: "quiet only-phone", onclick: () => layout("list"), "aria-label": "Back to the sessions" }, "‹");
  if (!session) return head.replaceChildren(...(state.draft || state.selected ? [back] : []));
  const print = JSON.stringify([session.id, session.title, session.state, session.muted]);
  if (head.dataset.print === print && head.childElementCount > 1) return;
  head.dataset.print = print;
  const colour = { open: "warn", engaged: "good", closed: "" }[session.state];
  head.replaceChildren(back, el("h2", { dir: "auto", title: session.title }, session.title), el("span", { class: `badge state ${colour}` }, stateWords(session)), actions(session));
}

function actions(session) {
  const act = (name, label, call) => el("button", { type: "button", class: "quiet small", id: name, onclick: () => call(session.id, composer.persona.name).catch(complain) }, label);
  const turns = el("button", { type: "button", class: "quiet small only-phone", onclick: () => layout("panel") }, "Turns");
  const mine = session.state === "closed" ? [] : [session.muted ? act("unmute", "Unmute", api.unmute) : act("mute", "Mute", api.mute), act("close", "Close", api.close)];
  return el("div", { class: "actions" }, turns, ...mine);
}

composer.onrole = () => analyst.show(state.view);
panel.start(() => layout("thread"));
walkWithArrows(at("sessions"));
at("new").addEventListener("click", draft);
at("new-after").addEventListener("click", draft);
at("knowledge-open").addEventListener("click", openKnowledge);
const openKeys = listenToKeys(at("keys"), { n: draft, k: openKnowledge, "/": () => composer.focus() }, (role) => (composer.setRole(role), composer.focus()));
at("keys-open").addEventListener("click", openKeys);
refreshStatus();

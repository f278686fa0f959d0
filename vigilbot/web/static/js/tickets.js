// The board of tickets by state, and one ticket with its alerts, links and transitions.

import * as api from "./api.js";
import { ask } from "./asking.js";
import { complain, el, time, unavailable } from "./dom.js";

const PILES = [
  ["escalated", "Escalated", ["escalated"]],
  ["linked", "Linked to another", ["linked"]],
  ["active", "Running", ["active", "analyzing", "pending"]],
  ["closed", "Closed", ["closed"]],
];
const REFRESH_MS = 2500;
const root = document.getElementById("content");
const id = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const words = (name) => (name ?? "undecided").replaceAll("_", " ");
const counted = (number, thing) => `${number} ${thing}${number === 1 ? "" : "s"}`;
const address = (session) => `/tickets/${encodeURIComponent(session)}`;

function tone(ticket) {
  if (!ticket.gravity) return "badge";
  return ticket.gravity >= 3 ? "badge bad" : "badge warn";
}

function row(ticket) {
  const reach = ticket.linked ? ` · ${counted(ticket.customers, "customer")} in ${counted(ticket.linked + 1, "thread")}` : "";
  return el(
    "a",
    { class: "ticket", href: address(ticket.session_id) },
    el("b", { dir: "auto" }, ticket.title),
    el("p", { dir: "auto" }, ticket.statement || ticket.reason),
    el("span", { class: tone(ticket) }, words(ticket.category)),
    el("span", { class: "hint" }, `${reach} · `, time(ticket.updated_at)),
  );
}

function board({ tickets, categories }) {
  const piles = PILES.map(([key, label, states]) => {
    const found = tickets.filter((ticket) => states.includes(ticket.state)).sort((a, b) => (key === "escalated" ? b.gravity - a.gravity : 0));
    return el("section", { class: "pile", "data-pile": key }, el("h3", {}, `${label} (${found.length})`), ...found.map(row));
  });
  const off = categories.length ? "" : "Triage is off: VIGIL_TRIAGE=on turns it on.";
  const hint = off || (tickets.length ? "" : "No ticket yet: every session becomes one with its first message.");
  root.replaceChildren(el("h2", { class: "page-title" }, "Tickets"), ...(hint ? [el("p", { class: "hint" }, hint)] : []), el("div", { class: "board" }, ...piles));
}

function alertNode(alert, view) {
  const { ticket, categories } = view;
  const over = ticket.state !== "escalated";
  const say = (kind, fields) => send(api.answerAlert(alert.id, kind, fields));
  const like = async () => {
    const given = await ask("Was this alert right?", "Alerts that people like teach the next model.", "👍 Right");
    if (given) say("like", { author: given.author, note: given.why });
  };
  const choice = el("select", { "aria-label": "What it should have been" }, el("option", { value: "" }, "It should have been …"), ...categories.map((name) => el("option", { value: name }, words(name))));
  const dislike = async () => {
    const given = await ask("What was wrong with it?", choice.value ? `It should have been: ${words(choice.value)}.` : "Without a category it counts as not grave.", "👎 Wrong");
    if (given) say("dislike", { author: given.author, category: choice.value, note: given.why });
  };
  const open = () => say("opened", {}).finally(() => (location.href = `/#${ticket.session_id}`));
  return el(
    "article",
    { class: over ? "alert over" : "alert", "data-alert": alert.id },
    el("h3", {}, `${over ? "✅" : "🚨"} ${words(alert.category)}`),
    el("p", { dir: "auto" }, ticket.statement || ticket.problem),
    ...alert.evidence.map((quote) => el("blockquote", { dir: "auto" }, quote)),
    el("p", { class: "hint" }, `${counted(ticket.customers, "customer")} in ${counted(ticket.linked + 1, "thread")} · told `, time(alert.created_at), ` · 👍 ${alert.answers.like} 👎 ${alert.answers.dislike} · opened ${alert.answers.opened}`),
    el(
      "div",
      { class: "actions" },
      el("button", { type: "button", class: "primary small", onclick: open }, "Open thread"),
      el("button", { type: "button", class: "plain small", onclick: like }, "👍 Right"),
      choice,
      el("button", { type: "button", class: "plain small", onclick: dislike }, "👎 Wrong"),
    ),
  );
}

function linkedNodes(view) {
  if (!view.linked.length) return [];
  const tell = async () => {
    const given = await ask("Tell the linked threads?", "Each that is still open is told once that the problem is resolved.", "Tell them");
    if (given) send(api.askOfTicket(view.ticket.session_id, "tell", given.author));
  };
  const button = view.ticket.state === "closed" ? el("button", { type: "button", class: "primary small", onclick: tell }, "Tell the linked threads") : null;
  return [el("h3", {}, `Linked tickets (${view.linked.length})`), button, el("div", { class: "board" }, ...view.linked.map(row))];
}

function split(view) {
  const act = async () => {
    const given = await ask("Another problem?", "It leaves the incident and is judged again on its own.", "Split");
    if (given) send(api.askOfTicket(view.ticket.session_id, "split", given.author));
  };
  return [el("p", {}, "Linked to ", el("a", { href: address(view.first.session_id) }, view.first.title), "."), el("button", { type: "button", class: "plain small", id: "split", onclick: act }, "This is another problem")];
}

function step({ at, before, after, reason, by }) {
  return el("li", {}, time(at), el("span", { class: "badge" }, before ? `${before} → ${after}` : after), ` ${reason}`, by ? el("span", { class: "hint" }, ` · ${by}`) : null);
}

function page(view) {
  const { ticket, session } = view;
  document.title = `${session.title} · vigilbot tickets`;
  root.replaceChildren(
    el("h2", { class: "page-title", dir: "auto" }, session.title),
    el("p", {}, el("span", { class: "badge" }, ticket.state), " ", el("span", { class: tone(ticket) }, words(ticket.category)), " ", el("a", { href: `/#${ticket.session_id}` }, "Open the session")),
    el("p", { dir: "auto" }, ticket.reason),
    ...(view.first ? split(view) : []),
    ...view.alerts.toReversed().map((alert) => alertNode(alert, view)),
    ...linkedNodes(view).filter(Boolean),
    el("h3", {}, "How it came to this"),
    el("ol", { class: "steps" }, ...view.transitions.map(step)),
  );
}

let shown = "";

async function show() {
  if (document.getElementById("asking").open || root.contains(document.activeElement?.closest("select"))) return;
  const view = await (id ? api.ticket(id) : api.tickets());
  if (shown === (shown = JSON.stringify(view))) return; // focus and selection survive
  (id ? page : board)(view);
}

async function send(call) {
  try {
    await call;
    setTimeout(() => show().catch(complain), 300);
  } catch (error) {
    complain(error);
  }
}

// Triage ends some seconds after a message, and changes nothing in the list of sessions: so the board asks by itself.
const follow = () => setInterval(() => document.hidden || show().catch(complain), REFRESH_MS);
show().then(follow, (error) => unavailable(root, error));

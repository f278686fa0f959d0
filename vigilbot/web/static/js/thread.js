// The conversation in the middle: messages, the line that explains the bot's silence, cards, notices, marks in time.

import * as api from "./api.js";
import { cardNode } from "./card.js";
import { complain, el, face, keep, mark, time } from "./dom.js";
import { markup } from "./markup.js";

const LONG = 3_000; // characters beyond which a message is folded
const NEAR_END = 120; // pixels from the bottom within which the thread follows new items

export class Thread {
  /** `persona()` says who is writing now; `onturn(id)` shows a turn in the side panel. */
  constructor(root, persona, onturn) {
    this.root = root;
    this.persona = persona;
    this.onturn = onturn;
    this.openPassages = new Set();
    this.unfolded = new Set();
    this.session = null;
    this.follows = true; // the end stays in sight while things arrive, and while the message box grows and shrinks
    root.addEventListener("scroll", () => (this.follows = root.scrollHeight - root.scrollTop - root.clientHeight < NEAR_END));
    new ResizeObserver(() => this.#follow()).observe(root);
  }

  show(view) {
    if (this.session !== view.session.id) {
      this.root.replaceChildren();
      this.follows = true;
    }
    this.session = view.session.id;
    const items = itemsOf(view);
    keep(this.root, items, (item) => item.key, (item, present) => this.#node(item, present, view.session));
    this.#follow();
  }

  /** Whoever has just written wants to see it. */
  toEnd() {
    this.follows = true;
    this.#follow();
  }

  #follow() {
    if (this.follows && this.session) this.root.scrollTop = this.root.scrollHeight;
  }

  clear(...nodes) {
    this.session = null;
    this.root.replaceChildren(...nodes);
  }

  #node(item, present, session) {
    if (present?.classList.contains("editing")) return present; // what somebody is typing outlives an update
    if (item.card) return cardNode(item.card, this.persona, this.openPassages);
    if (item.notice) return notice(item.notice);
    if (item.mark) return el("div", { class: "mark-line" }, el("span", {}, item.mark, " · ", time(item.at)));
    return this.#message(item, session);
  }

  #message({ message, writable }, session) {
    const article = el("article", { class: `message ${message.role}${message.deleted ? " deleted" : ""}`, tabindex: "-1" });
    const content = el("div", {}, byline(message), this.#body(message));
    if (message.images.length) content.append(images(message));
    if (message.note) content.append(this.#note(message.note));
    article.append(face(message.author), content);
    if (!message.deleted && writable) article.append(tools(article, content, message, session));
    return article;
  }

  #body(message) {
    if (message.deleted) return el("div", { class: "body" }, "This message was deleted.");
    const body = markup(message.text);
    if (message.text.length <= LONG || this.unfolded.has(message.id)) return body;
    body.classList.add("long");
    const more = el("button", { type: "button", class: "quiet small" }, `Show all ${message.text.length.toLocaleString()} characters`);
    more.addEventListener("click", () => {
      this.unfolded.add(message.id);
      body.classList.remove("long");
      more.remove();
    });
    return el("div", {}, body, more);
  }

  #note(note) {
    const attributes = { class: `note ${note.kind}`, "data-kind": note.kind };
    if (!note.turn_id) return el("p", attributes, el("span", {}, note.text));
    const open = () => this.onturn(note.turn_id);
    return el("button", { ...attributes, type: "button", title: "Show what happened", onclick: open }, el("span", {}, note.text));
  }
}

/** Everything in the thread in the order it happened. */
function itemsOf(view) {
  const { session } = view;
  const items = [
    ...view.messages.map((message) => ({ key: `m${message.id}`, at: message.posted_at, message, writable: session.state !== "closed" })),
    ...view.cards.map((card) => ({ key: `c${card.id}`, at: card.created_at, card })),
    ...view.notices.map((entry) => ({ key: `n${entry.id}`, at: entry.said_at, notice: entry })),
  ];
  const engager = view.messages.find((message) => message.role === "analyst");
  if (session.engaged_at && engager) {
    items.push({ key: "engaged", at: session.engaged_at, mark: `${engager.author} joined; vigilbot now helps with new questions` });
  }
  if (session.closed_at) items.push({ key: "closed", at: session.closed_at, mark: "Session closed" });
  return items.sort((one, other) => one.at - other.at);
}

function byline(message) {
  const edited = message.edited_at && !message.deleted ? el("span", { class: "role" }, "edited") : null;
  return el("header", { class: "byline" }, el("b", { dir: "auto" }, message.author), el("span", { class: "role" }, message.role), time(message.posted_at), edited);
}

function images(message) {
  const pictures = message.images.map((image) =>
    el("a", { href: image.url, target: "_blank", rel: "noopener noreferrer" }, el("img", { src: image.url, alt: image.name || "attached image" })),
  );
  return el("div", { class: "images" }, ...pictures);
}

function notice(entry) {
  const to = entry.to ? el("span", { class: "hint" }, `to ${entry.to}`) : null;
  const line = el("p", {}, el("b", {}, "vigilbot "), el("span", { dir: "auto" }, entry.text, " "), to);
  return el("div", { class: "notice" }, mark(20), line);
}

function tools(article, content, message, session) {
  const edit = el("button", { type: "button", class: "quiet small", onclick: () => startEdit(article, content, message, session) }, "Edit");
  const remove = el("button", { type: "button", class: "quiet small", onclick: () => api.remove(session.id, message.id).catch(complain) }, "Delete");
  return el("div", { class: "message-tools" }, edit, remove);
}

function startEdit(article, content, message, session) {
  const field = el("textarea", { rows: "3", dir: "auto", "aria-label": "Edit message" });
  field.value = message.text;
  const stop = () => {
    article.classList.remove("editing");
    form.replaceWith(content);
    // An update may have been held back while editing: have the message built anew.
    article.print = "";
  };
  const save = async () => {
    try {
      await api.edit(session.id, message.id, field.value);
      stop();
    } catch (error) {
      complain(error);
    }
  };
  const form = el(
    "div",
    { class: "edit" },
    field,
    el(
      "div",
      {},
      el("button", { type: "button", class: "primary small", onclick: save }, "Save"),
      el("button", { type: "button", class: "plain small", onclick: stop }, "Cancel"),
    ),
  );
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") stop();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) (event.preventDefault(), save());
  });
  article.classList.add("editing");
  content.replaceWith(form);
  field.focus();
}

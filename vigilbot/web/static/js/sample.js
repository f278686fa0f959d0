// A dialogue about vigilbot itself, played step by step through the real API: nothing here is pretended.

import * as api from "./api.js";
import { PERSONAS } from "./composer.js";
import { complain, el } from "./dom.js";

const { customer, analyst } = PERSONAS;
const TITLE = "Sample: first questions about vigilbot";
const REMEMBERED = "vigilbot.sample"; // {session, step} for this tab
const PASSING = ["listening", "thinking"];

const says = (person, text, then) => ({ person, says: text, then, act: (id) => api.say(id, { author: person.name, role: person.role, text }) });

const STEPS = [
  says(customer, "Hello, we have just set up vigilbot and have some questions.", "The bot waits: no analyst is here yet."),
  says(analyst, "Hi Mia, Sam from support. Go ahead, I am with you.", "An analyst is here: from now on the bot helps."),
  says(customer, "How do I add my own documents to the knowledge base?", "The docs answer this: a card appears."),
  says(customer, "So how can I add my own documents to the knowledge base?", "The same answer again would be noise: silence."),
  says(customer, "By the way, what will the weather be like in Berlin tomorrow?", "Not the bot's business: silence."),
  says(customer, "Great, thank you!", "Nothing to help with: silence."),
  { person: customer, does: "clicks Accept on the card", then: "The card shows who accepted it.", act: acceptCard },
  { person: analyst, does: "closes the session", then: "The bot stops listening here.", act: (id) => api.close(id, analyst.name) },
];

async function acceptCard(_, view) {
  const card = view.cards.at(-1);
  if (!card) throw new Error("There is no card to accept in this session.");
  return api.accept(card.id, customer.name, customer.role);
}

export class Sample {
  /** `onopen(id)` shows the session that has just been opened. */
  constructor(root, onopen) {
    this.root = root;
    this.onopen = onopen;
    this.playing = JSON.parse(sessionStorage.getItem(REMEMBERED) ?? "null");
  }

  async begin() {
    try {
      const { id } = await api.openSession(TITLE);
      this.said = null;
      this.#remember({ session: id, step: 0 });
      this.onopen(id);
    } catch (error) {
      complain(error);
    }
  }

  /** Offer the next step under this view, or nothing when it is not the sample's session. */
  show(view) {
    this.view = view;
    const mine = view && this.playing?.session === view.session.id;
    const over = view?.session.state === "closed" && this.playing && STEPS[this.playing.step];
    const print = mine && !over ? `${this.playing.step} ${this.#isBusy()}` : "";
    if (print === this.print) return;
    this.print = print;
    const { activeElement, body } = document;
    this.focused = this.root.contains(activeElement) || (this.focused && activeElement === body); // a disabled button has none
    this.root.replaceChildren(...(print ? [this.#offer()] : []));
    if (this.focused) this.root.querySelector(".next-step")?.focus();
  }

  #offer() {
    const { step } = this.playing;
    const next = STEPS[step];
    if (!next) return el("div", { class: "sample" }, el("p", { class: "sample-text" }, "That was the sample. The side panel says what each step did, and what the session taught; now ask your own questions in a new session."), this.#leave("Done"));
    const line = el("p", {}, el("b", {}, next.person.name), next.says ? `: “${next.says}”` : ` ${next.does}.`);
    const wait = this.#isBusy();
    const button = el("button", { type: "button", class: "primary small next-step", disabled: wait, onclick: () => this.#play() }, wait ? "vigilbot at work…" : "Next step");
    return el(
      "section",
      { class: "sample", "aria-label": "Sample dialogue" },
      el("div", { class: "sample-text" }, el("p", { class: "sample-count" }, `Sample, step ${step + 1} of ${STEPS.length}`), line, el("p", {}, next.then)),
      this.#leave("Leave"),
      button,
    );
  }

  #leave(word) {
    return el("button", { type: "button", class: "quiet small", onclick: () => (this.#remember(null), this.show(this.view)) }, word);
  }

  #isBusy() {
    const { messages } = this.view;
    const arrived = !this.said || messages.some((message) => message.id === this.said); // or two steps become one burst
    return this.acting || !arrived || messages.some((message) => PASSING.includes(message.note?.kind));
  }

  async #play() {
    const { session, step } = this.playing;
    this.acting = true; // a second click is no second message
    this.show(this.view);
    try {
      const { id } = await STEPS[step].act(session, this.view);
      if (STEPS[step].says) this.said = id;
      this.#remember({ session, step: step + 1 });
    } catch (error) {
      complain(error);
    }
    this.acting = false;
    this.show(this.view);
  }

  #remember(playing) {
    this.playing = playing;
    if (playing) sessionStorage.setItem(REMEMBERED, JSON.stringify(playing));
    else sessionStorage.removeItem(REMEMBERED);
  }
}

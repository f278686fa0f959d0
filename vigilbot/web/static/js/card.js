// A card: the bot's answer, which must never look like a person's message.

import * as api from "./api.js";
import { chevron, complain, disclosure, el, mark, time } from "./dom.js";
import { link, markup } from "./markup.js";

const EXTRACTIVE = "extractive";

/** `persona()` says who would accept. `open` remembers, by `card/number`, which passages are unfolded. */
export function cardNode(card, persona, open) {
  const sources = new Map();
  const cite = (number) => citation(card, number, sources);
  const parts = card.parts.map((part) => partNode(part, card.parts.length > 1, cite));
  const list = el("ol", { class: "sources", "aria-label": "Sources" });
  for (const source of card.sources) list.append(sourceNode(card, source, sources, open));
  return el(
    "article",
    { class: "card", "aria-label": "AI-generated answer by vigilbot" },
    head(card),
    ...parts,
    list,
    foot(card, persona),
  );
}

function head(card) {
  return el(
    "header",
    { class: "card-head" },
    mark(22),
    el("b", {}, "vigilbot"),
    el("span", { class: "ai" }, "AI-generated"),
    time(card.created_at),
  );
}

function partNode(part, severalParts, cite) {
  const question = severalParts ? el("p", { class: "part-question", dir: "auto" }, part.question) : null;
  if (!part.refused) return el("div", { class: "part" }, wrap(question), markup(part.text, cite));
  const sorry = el("p", {}, "Nothing in the sources answers this part; an analyst will have to.");
  return el("div", { class: "part refused" }, wrap(question), el("div", { class: "body" }, sorry));
}

const wrap = (question) => (question ? el("div", { class: "card-head" }, question) : null);

function citation(card, number, sources) {
  const source = card.sources.find((one) => one.number === number);
  if (!source) return null;
  const open = () => {
    const { button, set } = sources.get(number);
    button.focus();
    set(true);
    button.scrollIntoView({ block: "nearest", behavior: "smooth" });
  };
  const label = `Source ${number}: ${source.title}`;
  return el("button", { type: "button", class: "cite", title: label, "aria-label": label, onclick: open }, String(number));
}

function sourceNode(card, source, sources, open) {
  const key = `${card.id}/${source.number}`;
  const button = el(
    "button",
    { type: "button" },
    el("span", { class: "source-number" }, `[${source.number}]`),
    el("span", { class: "source-title", dir: "auto" }, source.title),
    chevron(),
  );
  const onchange = (value) => (value ? open.add(key) : open.delete(key));
  const { region, set } = disclosure(button, () => passage(source), { open: open.has(key), onchange });
  sources.set(source.number, { button, set: (value) => (onchange(value), set(value)) });
  return el("li", { class: "source" }, button, region);
}

function passage(source) {
  const where = el("p", { class: "where" }, link(source.url, source.url));
  const text = el("div", {}, markup(source.excerpt));
  const box = el("div", { class: "passage" }, where, text);
  if (!source.entry_id) return el("div", { class: "passage" }, el("pre", { dir: "auto" }, source.excerpt)); // a tool's words
  api.entry(source.entry_id).then(
    (entry) => {
      where.replaceChildren(link(entry.source, entry.source), " · ", el("a", { href: `/knowledge/${encodeURIComponent(entry.id)}` }, `version ${entry.version}`));
      text.replaceChildren(markup(entry.question ? `**${entry.question}**\n\n${entry.text}` : entry.text));
    },
    () => {}, // the passage is gone from the knowledge base; the excerpt kept on the card stays
  );
  return box;
}

function foot(card, persona) {
  const author =
    card.reasoner === EXTRACTIVE
      ? "Quoted from the sources by the built-in extractive reasoner. No language model was used."
      : card.reasoner.startsWith(EXTRACTIVE)
        ? "Quoted from the sources by the built-in extractive reasoner, because the language model is unavailable."
        : `Written by ${card.reasoner} from the sources above. Check them before relying on it.`;
  const chosen = ["Suggested by vigilbot; looked at and posted by ", el("span", { dir: "auto" }, card.chosen_by), "."];
  return el("footer", { class: "card-foot" }, el("p", { class: "author" }, ...(card.chosen_by ? chosen : [author])), acceptance(card, persona));
}

function acceptance(card, persona) {
  if (card.state === "accepted") {
    return el("p", { class: "accepted" }, "✓ Accepted by ", el("span", { dir: "auto" }, card.accepted_by), " · ", time(card.accepted_at));
  }
  const button = el(
    "button",
    {
      type: "button",
      class: "primary small accept",
      title: "This answer is right and helped",
      onclick: async () => {
        button.disabled = true;
        await api.accept(card.id, persona().name, persona().role).catch(complain);
        button.disabled = false;
      },
    },
    "Accept",
  );
  return button;
}

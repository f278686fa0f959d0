// The little Markdown that messages and passages use, turned into nodes: fences, lists, headings, code, bold, links.

import { el } from "./dom.js";

const INLINE =
  /(`+)([^`]|[^`].*?[^`])\1|\*\*(\S(?:.*?\S)?)\*\*|\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)|(https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]])|\[(\d{1,3})\]/g;

/** A block of marked-up text. `cite(n)` makes the node for `[n]`; without it, `[n]` stays text. */
export function markup(text, cite = null) {
  const body = el("div", { class: "body", dir: "auto" });
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  let index = 0;
  while (index < lines.length) index = block(body, lines, index, cite);
  return body;
}

/** The same text as one running line: without the signs of Markdown. */
export function plain(text) {
  return text.replace(/^#{1,6}\s+/gm, "").replace(/[*`]+/g, "");
}

function block(body, lines, start, cite) {
  const line = lines[start];
  if (/^\s*```/.test(line)) return fence(body, lines, start);
  const heading = /^#{1,6}\s+(.*)$/.exec(line);
  if (heading) {
    body.append(el("h4", { dir: "auto" }, ...inline(heading[1], cite)));
    return start + 1;
  }
  const bullet = /^\s*(?:[-*+]|(\d{1,3})[.)])\s+/.exec(line);
  if (bullet) return list(body, lines, start, Boolean(bullet[1]), cite);
  return paragraph(body, lines, start, cite);
}

function fence(body, lines, start) {
  let end = start + 1;
  while (end < lines.length && !/^\s*```\s*$/.test(lines[end])) end += 1;
  body.append(el("pre", { tabindex: "0" }, el("code", { dir: "ltr" }, lines.slice(start + 1, end).join("\n"))));
  return end + 1;
}

function list(body, lines, start, ordered, cite) {
  const pattern = ordered ? /^\s*\d{1,3}[.)]\s+/ : /^\s*[-*+]\s+/;
  const node = el(ordered ? "ol" : "ul", ordered ? { start: parseInt(lines[start], 10) } : {});
  let index = start;
  for (; index < lines.length && pattern.test(lines[index]); index += 1) {
    node.append(el("li", { dir: "auto" }, ...inline(lines[index].replace(pattern, ""), cite)));
  }
  body.append(node);
  return index;
}

function paragraph(body, lines, start, cite) {
  let end = start;
  while (end < lines.length && lines[end].trim() && !(end > start && opensBlock(lines[end]))) end += 1;
  if (end > start) body.append(el("p", { dir: "auto" }, ...inline(lines.slice(start, end).join("\n"), cite)));
  return Math.max(end, start + 1);
}

const opensBlock = (line) => /^\s*(```|[-*+]\s|\d{1,3}[.)]\s|#{1,6}\s)/.test(line);

function inline(text, cite) {
  const nodes = [];
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    const node = span(found, cite);
    if (!node) continue;
    nodes.push(text.slice(last, found.index), node);
    last = found.index + found[0].length;
  }
  nodes.push(text.slice(last));
  return nodes.filter((node) => node !== "");
}

function span([whole, ticks, code, bold, label, target, bare, number], cite) {
  if (ticks) return el("code", {}, code.trim() || whole);
  if (bold) return el("strong", {}, bold);
  if (target) return link(target, label);
  if (bare) return link(bare, bare);
  return number && cite ? cite(Number(number)) : null;
}

/** A link that leaves the console: http and https only, and the page it opens learns nothing of us. */
export function link(address, label) {
  if (!/^https?:\/\//i.test(address)) return document.createTextNode(label);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label);
}

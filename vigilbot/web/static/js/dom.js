// Building the page. Nothing here ever parses a string as HTML: text goes in as text.

/** An element with attributes, listeners (`onclick` …) and children; null children are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/**
 * Make `parent` show `items` in order, keeping every node whose item has not changed,
 * so that focus, open passages and text selection survive an update.
 */
export function keep(parent, items, keyOf, build) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const wanted = items.map((item) => {
    const key = keyOf(item);
    const print = JSON.stringify(item);
    const present = old.get(key);
    if (present && present.print === print) return present;
    const node = build(item, present);
    node.dataset.key = key;
    node.print = print;
    return node;
  });
  const kept = new Set(wanted);
  for (const node of [...parent.children]) if (!kept.has(node)) node.remove();
  wanted.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

/** A `time` element: hours and minutes today, else the day, with the year unless it is this one. `seconds` since the epoch. */
export function time(seconds) {
  const moment = new Date(seconds * 1000);
  const now = new Date();
  const today = now.toDateString() === moment.toDateString();
  const past = now.getFullYear() === moment.getFullYear() ? DAY : DATE;
  return el(
    "time",
    { datetime: moment.toISOString(), title: moment.toLocaleString() },
    (today ? CLOCK : past).format(moment),
  );
}

/** Milliseconds as a person reads them. */
export function duration(ms) {
  if (ms >= 10000) return `${Math.round(ms / 1000)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

export function face(name) {
  return el("span", { class: "face", "aria-hidden": "true" }, [...name.trim()][0]?.toUpperCase() ?? "?");
}

export function mark(size) {
  return el("img", { src: "/static/mark.svg", alt: "", width: size, height: size });
}

export function chevron() {
  return el("span", { class: "chevron", "aria-hidden": "true" }, "›");
}

/** A button with a region under it that it opens and closes; `build` fills the region at its first opening. */
export function disclosure(button, build, { open = false, onchange = () => {} } = {}) {
  const region = el("div", { hidden: true });
  const set = (value) => {
    button.setAttribute("aria-expanded", String(value));
    if (value && !region.hasChildNodes()) region.append(...[build()].flat());
    region.hidden = !value;
  };
  button.addEventListener("click", () => {
    const value = region.hidden;
    set(value);
    onchange(value);
  });
  set(open);
  return { region, set };
}

/** What a page shows when there is nothing else to show: why, and the ways back. */
export function unavailable(root, error) {
  const current = document.querySelector("[aria-current=page]");
  const list = current.pathname === location.pathname ? [] : [el("a", { href: current.href }, `All ${current.textContent.toLowerCase()}`), " · "];
  root.replaceChildren(el("p", { class: "trouble", role: "alert" }, error.message), el("p", {}, ...list, el("a", { href: "/" }, "Back to the sessions")));
}

let toastTimer = 0;

/** Say what went wrong, for some seconds, to eyes and screen readers. */
export function complain(error) {
  toast(error.message, "bad");
}

/** Say what was done. */
export function tell(text) {
  toast(text, "good");
}

function toast(text, kind) {
  const line = document.getElementById("toast");
  line.textContent = text;
  line.dataset.kind = kind;
  line.hidden = false;
  line.hidePopover();
  line.showPopover(); // above whatever dialog is open by now
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (line.hidden = true), 7000);
}

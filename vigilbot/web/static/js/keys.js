// Keyboard shortcuts, and the sheet that lists them.

import { el } from "./dom.js";

const KEYS = [
  ["Enter", "send the message"],
  ["Shift Enter", "new line"],
  ["Alt C", "write as the customer"],
  ["Alt A", "write as the analyst"],
  ["n", "new session"],
  ["k", "search the knowledge base"],
  ["↑ ↓", "move in the list of sessions"],
  ["Esc", "leave the message box, close a dialog"],
  ["/", "go to the message box"],
  ["?", "this list"],
];

/** `actions` maps `n`, `k`, `/` to functions; `setRole` switches who writes. */
export function listenToKeys(dialog, actions, setRole) {
  const open = () => dialog.showModal();
  fill(dialog);
  document.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      const role = { KeyC: "customer", KeyA: "analyst" }[event.code];
      if (role) (event.preventDefault(), setRole(role));
      return;
    }
    if (event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("input, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const action = event.key === "?" ? open : actions[event.key];
    if (action) (event.preventDefault(), action());
  });
  return open;
}

function fill(dialog) {
  const rows = KEYS.flatMap(([keys, does]) => [
    el("dt", {}, ...keys.split(" ").flatMap((key) => [el("kbd", {}, key), " "])),
    el("dd", {}, does),
  ]);
  dialog.append(
    el(
      "div",
      { class: "dialog-head" },
      el("h2", { id: "keys-title" }, "Keyboard"),
      el("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Close"),
    ),
    el("dl", { class: "keys" }, ...rows),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

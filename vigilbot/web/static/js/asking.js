// The sheet that asks for confirmation, and who does it and why: both stand in the entry's history.

import { el } from "./dom.js";

const NAME = "vigilbot.curator";

/** Ask; resolves to `{author, why}`, or null when somebody thinks better of it. `word` is what the button says. */
export function ask(title, explanation, word, grave = false) {
  const dialog = document.getElementById("asking");
  const author = el("input", { name: "author", required: true, maxlength: "80", autocomplete: "name", value: localStorage.getItem(NAME) ?? "" });
  const why = el("input", { name: "why", maxlength: "500", placeholder: "optional" });
  const form = el(
    "form",
    { class: "asking" },
    el("h2", { id: "asking-title" }, title),
    el("p", { class: "hint" }, explanation),
    el("label", {}, "Your name", author),
    el("label", {}, "Why", why),
    el(
      "div",
      { class: "choices" },
      el("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Cancel"),
      el("button", { type: "submit", class: grave ? "primary grave" : "primary" }, word),
    ),
  );
  dialog.replaceChildren(form);
  return new Promise((resolve) => {
    let given = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      given = { author: author.value.trim(), why: why.value.trim() };
      localStorage.setItem(NAME, given.author);
      dialog.close();
    });
    dialog.addEventListener("close", () => resolve(given), { once: true });
    dialog.showModal();
    (author.value ? why : author).focus();
  });
}

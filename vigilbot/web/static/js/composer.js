// Where one writes, as the customer or as the analyst.

import { complain, el, face } from "./dom.js";

export const PERSONAS = {
  customer: { role: "customer", name: "Mia", key: "C" },
  analyst: { role: "analyst", name: "Sam", key: "A" },
};

const LONGEST = 40_000;
const MOST_IMAGES = 4;
const MOST_BYTES = 5 * 1024 * 1024;
const KINDS = ["image/png", "image/jpeg", "image/gif", "image/webp"];

export class Composer {
  /** `onsend({author, role, text, images})` posts; it may throw. */
  constructor(form, onsend) {
    this.form = form;
    this.onsend = onsend;
    this.role = "customer";
    this.onrole = () => {}; // somebody writes as another now
    this.images = [];
    this.sending = false;
    this.#build();
  }

  get persona() {
    return PERSONAS[this.role];
  }

  setRole(role) {
    this.role = role;
    for (const button of this.roles.children) {
      const checked = button.dataset.role === role;
      button.setAttribute("aria-checked", String(checked));
      button.tabIndex = checked ? 0 : -1;
    }
    this.text.placeholder = `Write as ${this.persona.name}, the ${role}`;
    this.text.setAttribute("aria-label", this.text.placeholder);
    this.onrole();
  }

  focus() {
    this.text.focus();
  }

  #build() {
    this.text = el("textarea", { id: "text", rows: "1", dir: "auto", enterkeyhint: "send" });
    this.attachments = el("div", { class: "attachments", hidden: true });
    this.roles = el("div", { class: "roles", role: "radiogroup", "aria-label": "Write as" }, ...Object.values(PERSONAS).map((one) => this.#roleButton(one)));
    this.file = el("input", { type: "file", accept: KINDS.join(","), multiple: true, hidden: true, onchange: () => this.#attachAll(this.file.files) });
    const attach = el("button", { type: "button", class: "quiet small", onclick: () => this.file.click() }, "Add image");
    this.send = el("button", { type: "submit", class: "primary small send" }, "Send");
    this.form.append(
      el("div", { class: "composer-box" }, this.attachments, this.text, el("div", { class: "composer-row" }, this.roles, attach, this.file, this.send)),
    );
    this.text.addEventListener("input", () => this.#fit());
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("paste", (event) => this.#attachAll(event.clipboardData.files));
    this.roles.addEventListener("keydown", (event) => this.#arrows(event));
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.#submit()));
    this.form.addEventListener("dragover", (event) => event.preventDefault());
    this.form.addEventListener("drop", (event) => (event.preventDefault(), this.#attachAll(event.dataTransfer.files)));
    this.setRole(this.role);
  }

  #roleButton({ role, name, key }) {
    return el(
      "button",
      { type: "button", class: `who ${role}`, role: "radio", "data-role": role, title: `Alt+${key}`, onclick: () => (this.setRole(role), this.focus()) },
      face(name),
      el("span", {}, name, el("span", { class: "role-word" }, `, ${role}`)),
    );
  }

  #arrows(event) {
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    this.setRole(this.role === "customer" ? "analyst" : "customer");
    this.roles.querySelector('[aria-checked="true"]').focus();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight + 2}px`;
  }

  async #submit() {
    const text = this.text.value;
    if (this.sending || !(text.trim() || this.images.length)) return;
    if ([...text].length > LONGEST) return complain(new Error(`A message may have ${LONGEST.toLocaleString()} characters; this has ${[...text].length.toLocaleString()}.`));
    const { name, role } = this.persona;
    this.sending = true;
    try {
      await this.onsend({ author: name, role, text, ...(this.images.length ? { images: this.images } : {}) });
      if (this.text.value === text) this.text.value = "";
      this.images = [];
      this.#showImages();
    } catch (error) {
      complain(error);
    } finally {
      this.sending = false;
      this.#fit();
      this.focus();
    }
  }

  async #attachAll(files) {
    for (const file of files) await this.#attach(file).catch(complain);
    this.file.value = "";
    this.#showImages();
  }

  async #attach(file) {
    if (!KINDS.includes(file.type)) throw new Error(`${file.name}: only PNG, JPEG, GIF and WebP images can be attached.`);
    if (file.size > MOST_BYTES) throw new Error(`${file.name} is larger than 5 MB.`);
    if (this.images.length >= MOST_IMAGES) throw new Error(`A message takes ${MOST_IMAGES} images.`);
    this.images.push(await dataUrl(file));
  }

  #showImages() {
    const buttons = this.images.map((url, index) =>
      el(
        "button",
        { type: "button", "aria-label": `Remove image ${index + 1}`, onclick: () => (this.images.splice(index, 1), this.#showImages()) },
        el("img", { src: url, alt: "" }),
        el("span", { "aria-hidden": "true" }, "×"),
      ),
    );
    this.attachments.replaceChildren(...buttons);
    this.attachments.hidden = buttons.length === 0;
  }
}

function dataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
}

// One stream of server-sent events: the list of sessions, and the session being looked at.

const SILENT_TOO_LONG = 40_000; // the server sends a ping every 15 s
const RETRY = 1_500;

export class Live {
  /** `onsessions(list)`, `onview(view)`, `onlink(connected)`. */
  constructor({ onsessions, onview, onlink }) {
    this.handlers = { onsessions, onview, onlink };
    this.session = null;
    this.source = null;
    this.heard = 0;
    setInterval(() => this.#check(), 5_000);
    // A hidden tab gives its connection back: browsers allow only six to one server.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#stop() : this.#start()));
    this.#start();
  }

  /** Follow this session from now on; null follows only the list. */
  watch(session) {
    if (session === this.session) return;
    this.session = session;
    this.#start();
  }

  #start() {
    this.#stop();
    if (document.hidden) return;
    const query = this.session ? "?session=" + encodeURIComponent(this.session) : "";
    const source = new EventSource("/api/events" + query);
    const heard = () => {
      this.heard = Date.now();
      this.handlers.onlink(true);
    };
    source.addEventListener("open", heard);
    source.addEventListener("ping", heard);
    source.addEventListener("sessions", (event) => (heard(), this.handlers.onsessions(JSON.parse(event.data))));
    source.addEventListener("session", (event) => (heard(), this.handlers.onview(JSON.parse(event.data))));
    source.addEventListener("error", () => this.#lost(source));
    this.source = source;
    this.heard = Date.now();
  }

  #stop() {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  #lost(source) {
    if (source !== this.source) return;
    this.handlers.onlink(false);
    source.close(); // our own retry, since a browser gives up for good after an error response
    this.retry = setTimeout(() => this.#start(), RETRY);
  }

  #check() {
    if (this.source && Date.now() - this.heard > SILENT_TOO_LONG) this.#lost(this.source);
  }
}

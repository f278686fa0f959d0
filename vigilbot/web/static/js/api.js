// The console API, one function a route. Every failure becomes an Error with the server's one clear line.

async function call(method, path, body) {
  const request = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, request);
  } catch {
    throw new Error("vigilbot does not answer: is it still running?");
  }
  if (response.status === 401) location.reload();
  const data = await response.json().catch(() => ({ error: `${response.status} ${response.statusText}` }));
  if (!response.ok) throw new Error(data.error ?? `vigilbot answered ${response.status}`);
  return data;
}

const at = (...parts) => "/api/" + parts.map(encodeURIComponent).join("/");

export const status = () => call("GET", at("status"));
export const openSession = (title) => call("POST", at("sessions"), { title });
export const say = (session, message) => call("POST", at("sessions", session, "messages"), message);
export const edit = (session, id, text) => call("PATCH", at("sessions", session, "messages", id), { text });
export const remove = (session, id) => call("DELETE", at("sessions", session, "messages", id));
export const close = (session, author) => call("POST", at("sessions", session, "close"), { author });
export const mute = (session, author) => call("POST", at("sessions", session, "mute"), { author });
export const unmute = (session, author) => call("POST", at("sessions", session, "unmute"), { author });
export const accept = (card, author, role) => call("POST", at("cards", card, "accept"), { author, role });
export const entry = (id) => call("GET", at("entries", id));
export const forAnalyst = (session, author) => call("GET", `${at("analysts", "sessions", session)}?author=${encodeURIComponent(author)}`);
export const postSuggestion = (id, author, text) => call("POST", at("suggestions", id, "post"), { author, text });
export const declineSuggestion = (id, author) => call("POST", at("suggestions", id, "decline"), { author });
export const annotate = (turn, author, said) => call("POST", at("turns", turn, "annotations"), { author, ...said });
export const snooze = (author) => call("POST", at("analysts", "snooze"), { author });
export const closeGap = (id, author, fields) => call("POST", at("gaps", id, "close"), { author, ...fields });
export const dropGap = (id, author) => call("POST", at("gaps", id, "drop"), { author });
export const chooseDelivery = (audience, mode, author) => call("POST", at("delivery"), { audience, mode, author });
export const search = (query) => call("GET", at("knowledge") + "?query=" + encodeURIComponent(query));
export const entries = (query) => call("GET", `${at("entries")}?${query}`);
export const stats = (query) => call("GET", `${at("stats")}?${query}`);
export const tickets = () => call("GET", at("tickets"));
export const ticket = (session) => call("GET", at("tickets", session));
export const askOfTicket = (session, request, author) => call("POST", at("tickets", session, request), { author });
export const answerAlert = (alert, kind, fields) => call("POST", at("alerts", alert, kind), fields);
export const review = () => call("GET", at("review"));
export const entryHistory = (id) => call("GET", at("entries", id, "history"));
export const changeEntry = (id, action, fields) => call("POST", at("entries", id, action), fields);
export const editEntry = (id, fields) => call("PATCH", at("entries", id), fields);

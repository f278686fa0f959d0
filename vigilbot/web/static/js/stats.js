// The page of figures: what the bot has done, what people made of it, and whether it gets better.

import * as api from "./api.js";
import { complain, el, time, unavailable } from "./dom.js";
import { count, percent, plot } from "./plots.js";

const SPANS = { "": "All", 30: "30 days", 90: "90 days", 365: "A year" };
const OUTCOMES = { answered: "answered", out_of_scope: "out of scope", no_assistance: "no help needed", refused: "refused", duplicate: "duplicate", overtaken: "overtaken", failed: "failed" };
const KINDS = { preference: "preference", adoption: "adoption", relevance: "relevance", missing_knowledge: "missing knowledge" };
const root = document.getElementById("content");
const state = { days: new URLSearchParams(location.search).get("days") ?? "", minutes: new URLSearchParams(location.search).get("minutes") ?? "" };

async function show() {
  const query = new URLSearchParams(Object.entries(state).filter(([, value]) => value !== ""));
  const stats = await api.stats(query);
  history.replaceState(null, "", `/stats${query.size ? `?${query}` : ""}`);
  const rate = (value) => (value === null ? "–" : percent(value));
  root.replaceChildren(
    el("h2", { class: "page-title" }, "What the bot is worth"),
    spans(),
    ...stats.problems.map((problem) => el("p", { class: "trouble" }, problem)),
    el(
      "dl",
      { class: "tiles" },
      tile("Sessions helped", `${count(stats.helped)} of ${count(stats.engaged)}`, `${rate(stats.helped_rate)} of those an analyst joined`),
      tile("Coverage", rate(stats.coverage), "of a session's questions within scope got a card"),
      tile("Accept rate", rate(stats.total.accept_rate), `${count(stats.total.accepted)} of ${count(stats.total.cards)} cards`),
      tile("Adoption rate", rate(stats.total.adoption_rate), `${count(stats.total.adopted)} of ${count(stats.total.judged_adoptions)} answers used or edited`),
      tile("Precision@8", rate(stats.total.precision), "of the passages analysts judged were relevant"),
      saved(stats),
      tile("Cost", `$${stats.total.cost_usd.toFixed(2)}`, `${count(stats.tokens)} tokens`),
      tile("Gaps open", count(stats.gaps.length), "questions whose answer is still lacking"),
    ),
    el("h3", {}, stats.days === 1 ? "Day by day" : "Week by week"),
    el("div", { class: "plots" }, ...plots(stats)),
    ...section("How turns ended", Object.keys(stats.outcomes).length, () => table(["Outcome", "Turns"], Object.entries(stats.outcomes).map(([name, turns]) => [OUTCOMES[name] ?? name, count(turns)]))),
    ...section("Trained models", stats.models.length, () => models(stats), ["None yet: ", el("code", {}, "vigilbot train retriever"), " trains one once there are enough annotations."]),
    ...section("Annotations", stats.loads.length, () => table(["Analyst", "Given", "Asked", "Seconds each"], stats.loads.map((load) => [load.analyst, count(load.annotations), count(load.asked), load.seconds === null ? "–" : count(load.seconds)])), "Nobody has annotated anything yet."),
    ...section("How far analysts agree", Object.keys(stats.quality.agreement).length, () => agreement(stats.quality.agreement), "No two analysts have judged the same thing yet."),
    ...section("Doubted annotations", stats.quality.doubts.length, () => doubts(stats.quality), "None. What contradicts itself, or was clicked without a look, is flagged here and left out of training."),
    ...section("Knowledge still lacking", stats.gaps.length, () => table(["Question", "What is lacking", "Since"], stats.gaps.map((gap) => [gap.question, gap.lacking, time(gap.opened_at)]))),
  );
}

function plots({ periods, recalls }) {
  const over = (value) => periods.map((period) => ({ at: period.start, value: value(period) }));
  const measured = recalls.map((one) => ({ at: one.measured_at, value: one.after, told: `retriever ${one.version}: ${percent(one.before)} before, ${percent(one.after)} with it` }));
  const share = { format: percent, top: 1 };
  return [
    plot("Accept rate", over((period) => period.accept_rate), share),
    plot("Adoption rate", over((period) => period.adoption_rate), share),
    plot("Precision@8", over((period) => period.precision), share),
    plot("Recall@75 at each training", measured, share),
    plot("Cards", over((period) => period.cards), { kind: "bars" }),
    plot("Annotations", over((period) => period.annotations), { kind: "bars" }),
    plot("Gaps opened", over((period) => period.gaps_opened), { kind: "bars" }),
    plot("Cost in USD", over((period) => period.cost_usd), { kind: "bars" }),
  ];
}

function tile(name, value, told) {
  return el("div", { class: "tile" }, el("dt", {}, name), el("dd", {}, value), el("dd", { class: "hint" }, told));
}

/** The assumption stands beside what follows from it, and can be changed. */
function saved(stats) {
  const input = el("input", { type: "number", min: "0", max: "1000", step: "any", value: stats.minutes_saved_each, "aria-label": "Minutes saved by each answer" });
  input.addEventListener("change", () => {
    state.minutes = input.value;
    show().catch(complain);
  });
  const assumed = el("dd", { class: "hint assumed" }, `if each of ${count(stats.saving_answers)} ${stats.saving_answers === 1 ? "answer" : "answers"} accepted or adopted saves `, input, " minutes");
  return el("div", { class: "tile" }, el("dt", {}, "Hours saved"), el("dd", {}, count(Math.round(stats.hours_saved * 10) / 10)), assumed);
}

function spans() {
  const button = ([days, label]) =>
    el("button", { type: "button", class: "tab", "aria-pressed": String(state.days === days), onclick: () => ((state.days = days), show().catch(complain)) }, label);
  const order = Object.entries(SPANS).sort(([one], [other]) => Number(one || Infinity) - Number(other || Infinity));
  return el("div", { class: "tabs", role: "group", "aria-label": "Of which time" }, ...order.map(button));
}

function models(stats) {
  const stateOf = (model) => {
    if (stats.in_use.includes(model.version)) return el("span", { class: "badge good" }, "in use");
    return el("span", { class: `badge${model.offered ? " bot" : ""}` }, model.offered ? "offered" : "not offered");
  };
  const gain = (model) => {
    const value = model.figures.gain;
    return value === undefined ? "–" : `${value >= 0 ? "+" : "−"}${Math.abs(value).toFixed(3)} nDCG`;
  };
  return table(["Model", "", "Gain held back", "Why", "Trained"], stats.models.map((model) => [`${model.kind} ${model.version}`, stateOf(model), gain(model), model.reason, time(model.trained_at)]));
}

/** Krippendorff's alpha beside the share: agreement by chance is none. */
function agreement(kinds) {
  const alpha = (value) => (value === null ? "–" : value.toFixed(2));
  const rows = Object.entries(kinds).map(([kind, found]) => [KINDS[kind] ?? kind, count(found.pairs), percent(found.equal), alpha(found.alpha)]);
  return table(["Annotation", "Pairs", "Equal", "Krippendorff's α"], rows);
}

function doubts({ flagged, doubts: latest }) {
  const rows = latest.map((doubt) => [KINDS[doubt.kind] ?? doubt.kind, doubt.analyst, doubt.question, doubt.reason, doubt.judge, time(doubt.flagged_at)]);
  const rest = flagged > latest.length ? [el("p", { class: "hint" }, `The latest of ${count(flagged)}.`)] : [];
  return el("div", {}, table(["Annotation", "Analyst", "Question", "Why", "Doubted by", "Since"], rows), ...rest);
}

function section(title, present, build, otherwise = "Nothing yet.") {
  return [el("h3", {}, title), present ? build() : el("p", { class: "hint" }, otherwise)];
}

function table(heads, rows) {
  const head = el("thead", {}, el("tr", {}, ...heads.map((name) => el("th", { scope: "col" }, name))));
  const cell = (value, at) => el("td", { dir: "auto", "data-head": heads[at] }, value);
  return el("div", { class: "scroller", tabindex: "0" }, el("table", {}, head, el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map(cell))))));
}

show().catch((error) => unavailable(root, error));

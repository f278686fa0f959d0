// Small plots as inline SVG: one measure each, drawn at about the size they are shown at, so that text stays readable.

import { el } from "./dom.js";

const SPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [360, 150, 40, 10, 10, 22];
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

export const percent = (value) => `${(100 * value).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;
export const count = (value) => value.toLocaleString(undefined, { maximumFractionDigits: 2 });
export const day = (seconds) => DAY.format(new Date(seconds * 1000));

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** A figure of one measure: `points` are {at, value, told}, value null where there is nothing to tell. */
export function plot(title, points, { kind = "line", format = count, top = null } = {}) {
  const known = points.filter((point) => point.value !== null);
  if (!known.length) return el("figure", { class: "plot" }, el("figcaption", {}, title), el("p", { class: "hint" }, "Nothing to show yet."));
  const last = known[known.length - 1];
  const most = top ?? niceTop(Math.max(...known.map((point) => point.value)));
  const across = (WIDTH - LEFT - RIGHT) / points.length;
  const x = (place) => LEFT + across * (place + 0.5);
  const y = (value) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / most;
  const label = `${title}: ${format(last.value)} at ${day(last.at)}, ${known.length} of ${points.length} periods with figures`;
  const shapes = kind === "bars" ? bars(points, x, y, across, format) : line(points, x, y, format);
  return el(
    "figure",
    { class: "plot" },
    el("figcaption", {}, title, el("strong", {}, format(last.value))),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, ...axes(points, most, x, y, format), ...shapes),
  );
}

function niceTop(value) {
  if (value <= 0) return 1;
  const size = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * size).find((step) => step >= value);
}

function axes(points, most, x, y, format) {
  const lines = [0, most / 2, most].flatMap((value) => [
    svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }),
    svg("text", { class: "tick", x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, format(value)),
  ]);
  const ends = points.length > 1 ? [0, points.length - 1] : [0];
  const dates = ends.map((place) =>
    svg("text", { class: "tick", x: x(place), y: HEIGHT - 6, "text-anchor": ends.length === 1 ? "middle" : place ? "end" : "start" }, day(points[place].at)),
  );
  return [...lines, ...dates];
}

const named = (node, point, format) => {
  node.append(svg("title", {}, point.told ?? `${day(point.at)}: ${format(point.value)}`));
  return node;
};

function bars(points, x, y, across, format) {
  const width = Math.max(1, Math.min(26, across * 0.7));
  return points
    .map((point, place) => [point, place])
    .filter(([point]) => point.value)
    .map(([point, place]) =>
      named(svg("rect", { class: "mark", x: x(place) - width / 2, width, y: y(point.value), height: y(0) - y(point.value), rx: Math.min(3, width / 2) }), point, format),
    );
}

/** Joined only where neighbours are known: a gap in the data is a gap in the line. */
function line(points, x, y, format) {
  let path = "";
  points.forEach((point, place) => {
    if (point.value === null) return;
    const joins = place > 0 && points[place - 1].value !== null;
    path += `${joins ? "L" : "M"}${x(place).toFixed(1)} ${y(point.value).toFixed(1)}`;
  });
  const dots = points
    .map((point, place) => [point, place])
    .filter(([point]) => point.value !== null)
    .map(([point, place]) => named(svg("circle", { class: "mark", cx: x(place), cy: y(point.value), r: points.length > 40 ? 2 : 3.2 }), point, format));
  return [svg("path", { class: "trace", d: path }), ...dots];
}

// What changed between two texts, word by word.

import { el } from "./dom.js";

const MOST_STEPS = 4_000_000; // beyond that both texts are shown whole

/** A paragraph with what went struck out and what came marked. */
export function difference(before, after) {
  const [old, now] = [words(before), words(after)];
  const pieces = old.length * now.length > MOST_STEPS ? [["del", before], ["ins", after]] : merged(old, now);
  return el("p", { class: "difference", dir: "auto" }, ...pieces.map(([tag, text]) => (tag ? el(tag, {}, text) : text)));
}

const words = (text) => text.split(/(\s+)/).filter(Boolean);

/** Runs of [tag, text]: tag is "del", "ins" or null for what stayed. */
function merged(old, now) {
  const lengths = common(old, now);
  const pieces = [];
  const add = (tag, text) => {
    if (pieces.length && pieces.at(-1)[0] === tag) pieces.at(-1)[1] += text;
    else pieces.push([tag, text]);
  };
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) (add(null, old[i]), (i += 1), (j += 1));
    else if (j >= now.length || (i < old.length && lengths[i + 1][j] >= lengths[i][j + 1])) (add("del", old[i]), (i += 1));
    else (add("ins", now[j]), (j += 1));
  }
  return pieces;
}

/** `[i][j]`: the length of the longest common subsequence of what follows i and j. */
function common(old, now) {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = old[i] === now[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  return lengths;
}

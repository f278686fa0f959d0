"""`python -m vigilbot.flywheel.extractive.rewriting FOLDER`: how well dialogues' questions retrieve once rewritten.

nDCG@10 by exact search over `corpus.jsonl.gz`, for the last turn alone and for the question with its variants, merged
as LocalKnowledge merges them. Embeds the corpus: about a minute for mt-rag's half; `--cache` keeps the vectors.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.embedding.loading import load_embedder
from vigilbot.evaluation.cases import read_rows
from vigilbot.evaluation.retrieve import read_qrels, score
from vigilbot.flywheel.extractive.questions import rewritten_questions
from vigilbot.flywheel.extractive.vectors import Vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEPTH = 10


async def measure(folder: Path, cache: Path | None) -> dict[str, object]:
    """nDCG@10 by wording, over the judged queries of `folder`."""
    embedder = await load_embedder("bundled")
    vectors = Vectors(embedder, cache)
    rows = [row for row in read_rows(folder / "corpus.jsonl.gz") if row["text"]]
    grades = read_qrels(folder / "qrels.tsv")
    turns = {row["id"]: [row["text"]] for row in read_rows(folder / "queries.jsonl")}
    questions = {
        id_: [question.text, *question.sub_questions, *question.variants]
        for id_, question in rewritten_questions(folder).items()
    }
    try:
        passages = await vectors.of([f"{row.get('title') or ''}\n{row['text']}".strip() for row in rows])
        report: dict[str, object] = {"n": len(grades)}
        for name, wordings in (("last turn ndcg@10", turns), ("rewritten ndcg@10", questions)):
            rankings = {id_: merged(await vectors.of(wordings[id_]) @ passages.T, DEPTH) for id_ in grades}
            found = [([rows[row]["id"] for row in rankings[id_]], judged) for id_, judged in grades.items()]
            report[name] = score(found)["ndcg@10"]
    finally:
        vectors.save()
        await embedder.close()
    return report


def merged(cosines: NDArray[np.float32], limit: int) -> list[int]:
    """The passages found by `cosines` (wordings, passages): taken in turn from each ranking, then best cosine first."""
    rankings = np.argsort(-cosines, axis=1, kind="stable")[:, :limit].tolist()
    in_turn = list(dict.fromkeys(chain.from_iterable(zip_longest(*rankings))))[:limit]
    best = cosines.max(axis=0)
    return sorted(in_turn, key=lambda passage: -float(best[passage]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vigilbot.flywheel.extractive.rewriting", description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder with corpus.jsonl.gz, queries.jsonl and qrels.tsv")
    parser.add_argument("--cache", type=Path, help="an .npz file that keeps embeddings between runs")
    chosen = parser.parse_args()
    print(json.dumps(asyncio.run(measure(chosen.folder, chosen.cache)), indent=1))  # noqa: T201 - this is a command


if __name__ == "__main__":
    main()

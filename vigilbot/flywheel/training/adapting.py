"""The retriever's adapter: questions move towards what served them, and away from what did not.

InfoNCE (van den Oord et al., 2018) over what was marked: each relevant entry against those marked not relevant for the
same question, those marked for others, and some drawn at random. `up` begins at zero, so training begins where nothing
moves, and a weight on its square keeps it near; it stops when questions set aside no longer gain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from vigilbot.knowledge.tuned.tuning import Adapter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from vigilbot.flywheel.training.examples import Example

    Floats = NDArray[np.float32]

RANK = 16
TEMPERATURE = 0.05
STEPS = 300
PATIENCE = 30
RATE = 0.01
DECAY = 0.3
"""On the mean square of `up`, for every example that is not there: more of them, freer."""
SET_ASIDE = 0.2


@dataclass(frozen=True, slots=True)
class Vectors:
    """What is compared: of questions by example, of entries by id, and of entries drawn at random."""

    questions: Mapping[str, Floats]
    entries: Mapping[str, Floats]
    others: Floats
    """Shape (entries, dimensions)."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Question by question against all entries; arrays of shape (examples, entries)."""

    questions: torch.Tensor
    entries: torch.Tensor
    positives: torch.Tensor
    """How much an entry is worth to a question; 0 where it is not known to serve."""
    opposed: torch.Tensor
    """Whether an entry stands against the positives: not where it serves, even in part."""

    def loss(self, down: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
        moved = torch.nn.functional.normalize(self.questions + (self.questions @ down) @ up, dim=1)
        logits = moved @ self.entries.T / TEMPERATURE
        against = torch.logsumexp(logits.masked_fill(~self.opposed, -torch.inf), dim=1, keepdim=True)
        each = torch.nn.functional.softplus(against - logits) * self.positives
        return each.sum() / self.positives.sum()


def trained(
    examples: Sequence[Example],
    vectors: Vectors,
    seed: int,
    version: int,
) -> Adapter:
    """The adapter after the step at which the questions set aside did best; that may be the first: nothing moves."""
    torch.manual_seed(seed)
    useful = [one for one in examples if any(mark.worth > 0 and mark.entry_id in vectors.entries for mark in one.marks)]
    kept, aside = _parted(useful, np.random.default_rng(seed))
    dimensions = vectors.others.shape[1]
    down = torch.nn.init.orthogonal_(torch.empty(dimensions, RANK))
    up = torch.zeros(RANK, dimensions, requires_grad=True)
    best, best_loss, worse_for = up.detach().clone(), float("inf"), 0
    learning, checking = _batch(kept, vectors), _batch(aside, vectors)
    optimiser = torch.optim.Adam([up], lr=RATE)
    for _ in range(STEPS):
        with torch.no_grad():
            checked = float(checking.loss(down, up))
        if checked < best_loss - 1e-5:
            best, best_loss, worse_for = up.detach().clone(), checked, 0
        else:
            worse_for += 1
        if worse_for > PATIENCE:
            break
        optimiser.zero_grad()
        loss = learning.loss(down, up) + DECAY * (up**2).sum() / len(kept)
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships it unannotated
        optimiser.step()
    return Adapter(version, down.numpy().copy(), best.numpy().copy())


def _parted(examples: Sequence[Example], chance: np.random.Generator) -> tuple[list[Example], list[Example]]:
    """To learn from and to stop by: whole sessions, at least one of each."""
    names = sorted({one.session_id for one in examples})
    aside = set(chance.permutation(names)[: max(1, round(SET_ASIDE * len(names)))].tolist())
    return [one for one in examples if one.session_id not in aside], [
        one for one in examples if one.session_id in aside
    ]


def _batch(examples: Sequence[Example], vectors: Vectors) -> _Batch:
    marked = sorted({mark.entry_id for one in examples for mark in one.marks if mark.entry_id in vectors.entries})
    column = {entry_id: at for at, entry_id in enumerate(marked)}
    entries = np.concatenate([np.stack([vectors.entries[id_] for id_ in marked]), vectors.others])
    worth = np.zeros((len(examples), len(entries)), np.float32)
    for row, one in enumerate(examples):
        for mark in one.marks:
            if mark.entry_id in column:
                worth[row, column[mark.entry_id]] = mark.worth
    return _Batch(
        torch.from_numpy(np.stack([vectors.questions[one.id] for one in examples])),
        torch.from_numpy(entries.astype(np.float32)),
        torch.from_numpy(worth),
        torch.from_numpy(worth == 0),
    )

"""`vigilbot export preferences`: pairs for DPO and its kin, as TRL's conversational preference format has them.

https://huggingface.co/docs/trl/dataset_formats#preference
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from vigilbot.flywheel.exports.chat import asked, reply
from vigilbot.flywheel.exports.material import told
from vigilbot.flywheel.exports.writing import Kind, Row
from vigilbot.models import Preference

if TYPE_CHECKING:
    from vigilbot.flywheel.exports.writing import Wanted
    from vigilbot.models import Candidate, Turn
    from vigilbot.storage.database import Database

KIND = Kind(
    "preferences",
    {
        "prompt": "The live prompt: system and user message",
        "chosen": "The assistant message that the analyst preferred",
        "rejected": "The other one",
        "weight": "How much better the chosen one is, 0 to 1",
        "grade": "The same in the analyst's word",
        "chosen_by": "Whose the chosen one is: `model`, `variant` (given, other_model, other_prompt), `prompt` file",
        "rejected_by": "The same of the other one",
    },
    {"significantly_better": 1.0, "better": 2 / 3, "slightly_better": 1 / 3},
)


async def rows(db: Database, wanted: Wanted) -> tuple[list[Row], Counter[str]]:
    """Ties teach no preference; answers that rest on other references have no prompt in common."""
    found: list[Row] = []
    left_out: Counter[str] = Counter()
    async for one in told(db, wanted, "preference", left_out):
        said = one.annotation.statement
        if not isinstance(said, Preference):
            continue
        if said.chosen is None or said.rejected is None:
            left_out["ties"] += 1
            continue
        if not all(_rests_on(one.turn, candidate) for candidate in (said.chosen, said.rejected)):
            left_out["of answers from different references"] += 1
            continue
        fields = {
            "prompt": asked(one.turn, one.dialogue),
            "chosen": reply(said.chosen.text),
            "rejected": reply(said.rejected.text),
            "weight": KIND.weights[said.grade],
            "grade": said.grade,
            "chosen_by": _origin(said.chosen),
            "rejected_by": _origin(said.rejected),
        }
        found.append(Row(one.turn.session_id, one.annotation.made_at, fields))
    return found, left_out


def _rests_on(turn: Turn, candidate: Candidate) -> bool:
    return candidate.entries == tuple(reference.entry_id for reference in turn.references)


def _origin(candidate: Candidate) -> dict[str, str]:
    return {"model": candidate.reasoner, "variant": candidate.variant, "prompt": candidate.prompt}

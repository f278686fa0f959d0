"""App Home: what waits for an analyst, also after the ephemeral message has gone; and who sees answers first.

Limits: 100 blocks a view (docs.slack.dev/reference/views/home-tab-views).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigilbot.chat.slack.modals import MODES
from vigilbot.chat.slack.private import button, note, plain_text, suggestion_blocks, text_section
from vigilbot.models import EVERYONE

if TYPE_CHECKING:
    from vigilbot.chat.analysts import Home
    from vigilbot.chat.slack.blocks import Block
    from vigilbot.models import Audience, DeliveryMode, Gap

FILL, DROP, CHOOSE, RESET = "vigil_fill_gap", "vigil_drop_gap", "vigil_choose_delivery", "vigil_reset_delivery"
MOST_OFFERS = 4
"""Each may take a dozen blocks."""
MOST_GAPS = 10
MOST_CHOICES = 10


def home_view(home: Home) -> Block:
    """For an analyst."""
    blocks = [_header("Suggestions that wait for you")]
    for offer in home.offers[:MOST_OFFERS]:
        blocks += [*suggestion_blocks(offer), {"type": "divider"}]
    blocks.append(note(_left("suggestion", len(home.offers), MOST_OFFERS)))
    blocks.append(_header("Knowledge that was lacking"))
    for gap in home.gaps[:MOST_GAPS]:
        blocks += _gap(gap)
    blocks.append(note(_left("gap", len(home.gaps), MOST_GAPS)))
    blocks.append(_header("Who sees answers first"))
    blocks.append(text_section(f"Everywhere else: {MODES[home.default].lower()}."))
    for audience, mode in list(home.deliveries.items())[:MOST_CHOICES]:
        blocks.append(_choice(audience, mode))
    blocks.append({"type": "actions", "elements": [button(CHOOSE, "Choose for a channel…", "channel")]})
    return {"type": "home", "blocks": blocks}


def public_view(help_text: str) -> Block:
    """For everybody else: nothing of what analysts see."""
    return {"type": "home", "blocks": [text_section(help_text)]}


def _gap(gap: Gap) -> list[Block]:
    buttons = [button(FILL, "Answer…", gap.id, primary=True), button(DROP, "Drop", gap.id)]
    return [
        text_section(f"{gap.question or 'A question'}\nLacking: {gap.lacking}"),
        {"type": "actions", "elements": buttons},
    ]


def _choice(audience: Audience, mode: DeliveryMode) -> Block:
    """A channel is shown by name; Slack fills that in where it parses text."""
    kind, _, name = audience.partition(":")
    whom = {"channel": f"<#{name}>", "customer": f"<@{name}>"}.get(kind, "Everyone")
    text = {"type": "mrkdwn", "text": f"{whom}: {MODES[mode].lower()}"}
    return {"type": "section", "text": text, "accessory": button(RESET, "Back to the usual", audience or EVERYONE)}


def _left(what: str, count: int, shown: int) -> str:
    if count > shown:
        return f"{count - shown} more wait; they appear as these are done."
    return "Nothing else waits." if count else f"No {what} waits."


def _header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text)}

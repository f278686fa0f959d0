"""What analysts click and fill in: payload → a call of the analyst desk, its answer → that analyst alone.

Who is an analyst is looked up at every click: somebody who has left the group decides nothing any more.
Shapes: docs.slack.dev/reference/interaction-payloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from vigilbot.chat.slack import delivery, home, modals, private
from vigilbot.chat.slack.commands import HELP
from vigilbot.chat.slack.payload import map_of, maps_of, text_of
from vigilbot.errors import ChatError, VigilError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from vigilbot.chat.analysts import AnalystDesk, Form, Offer
    from vigilbot.chat.slack.api import Json, SlackApi
    from vigilbot.chat.slack.payload import Payload
    from vigilbot.chat.slack.roles import Roles
    from vigilbot.models import Session
    from vigilbot.runtime.tasks import Tasks

log = structlog.get_logger(__name__)

CLICKS = frozenset(
    {
        *(private.POST, private.EDIT, private.DECLINE, private.ANNOTATE, private.SNOOZE),
        *(home.FILL, home.DROP, home.CHOOSE, home.RESET),
    }
)
MODALS = frozenset({modals.EDITED, modals.ANNOTATED, modals.GAP_FILLED, modals.DELIVERY_CHOSEN})
ANALYSTS_ONLY = "Only analysts can do this."


@dataclass(frozen=True, slots=True)
class AnalystSide:
    """Slack's half of the analyst desk: buttons, modals and App Home, for one connection."""

    api: SlackApi
    roles: Roles
    desk: AnalystDesk
    tasks: Tasks

    async def take(self, body: Payload) -> Json | None:
        """What Slack is to be answered, at once; None when the payload is not about this side."""
        if body.get("type") == "view_submission" and text_of(map_of(body, "view"), "callback_id") in MODALS:
            return await self._submitted(body)
        event = map_of(body, "event")
        if event.get("type") == "app_home_opened":
            self.tasks.spawn(self._logged(self._show_home(text_of(event, "user"))), name="slack home")
            return {}
        action = next((act for act in maps_of(body, "actions") if text_of(act, "action_id") in CLICKS), None)
        if body.get("type") != "block_actions" or action is None:
            return None
        self.tasks.spawn(self._logged(self._clicked(body, action)), name="slack click")
        return {}

    async def show_suggestion(self, offer: Offer, analyst: str) -> None:
        """Raises ChatError."""
        await self._ephemeral(offer.session, analyst, private.ONLY_YOU, private.suggestion_blocks(offer))

    async def ask(self, form: Form, analyst: str) -> None:
        """Raises ChatError."""
        await self._ephemeral(form.session, analyst, "A question about my work", private.request_blocks(form))

    async def choose_delivery(self, user: str, channel: str, words: str) -> str:
        """`/vigilbot delivery …`: what to tell whoever typed it."""
        if await self.roles.of(user) != "analyst":
            return ANALYSTS_ONLY
        asked = delivery.parse(words, channel)
        if asked is None:
            return delivery.HELP
        return await self.desk.choose_delivery(asked.audience, asked.mode, user)

    async def _clicked(self, body: Payload, action: Payload) -> None:
        user, value = text_of(map_of(body, "user"), "id"), text_of(action, "value")
        if await self.roles.of(user) != "analyst":
            await self._tell(body, user, ANALYSTS_ONLY)
            return
        try:
            await self._do(body, text_of(action, "action_id"), value, user)
        except ChatError:
            raise
        except VigilError as error:
            await self._tell(body, user, str(error))

    async def _do(self, body: Payload, action_id: str, value: str, user: str) -> None:
        trigger = text_of(body, "trigger_id")
        match action_id:
            case private.POST:
                await self._tell(body, user, await self.desk.post(value, user))
            case private.DECLINE:
                offer = await self.desk.offer(value, user)
                said = await self.desk.decline(value, user)
                await self._tell(body, user, said, turn_id=offer.suggestion.turn_id)
            case private.SNOOZE:
                await self._tell(body, user, await self.desk.snooze(user))
            case private.EDIT:
                await self._open(trigger, modals.edit_modal(await self.desk.offer(value, user)))
            case private.ANNOTATE:
                await self._open(trigger, modals.annotation_modal(await self.desk.form(value, user)))
            case home.FILL:
                await self._open(trigger, modals.gap_modal(await self.desk.gap(value)))
            case home.DROP:
                await self._tell(body, user, await self.desk.drop_gap(value, user))
            case home.CHOOSE:
                await self._open(trigger, modals.delivery_modal())
            case home.RESET:
                await self._tell(body, user, await self.desk.choose_delivery(delivery.audience_of(value), None, user))

    async def _submitted(self, body: Payload) -> Json:
        """Errors stand beside the field they are about; otherwise the modal closes."""
        view, user = map_of(body, "view"), text_of(map_of(body, "user"), "id")
        callback = text_of(view, "callback_id")
        field = {modals.ANNOTATED: modals.LACKING, modals.DELIVERY_CHOSEN: modals.MODE}.get(callback, modals.TEXT)
        subject = str(modals.meta_of(view).get("id", ""))
        try:
            if await self.roles.of(user) != "analyst":
                return _errors(field, ANALYSTS_ONLY)
            match callback:
                case modals.EDITED:
                    await self.desk.post(subject, user, modals.written(view, modals.TEXT))
                case modals.ANNOTATED:
                    await self.desk.annotate(subject, user, modals.answers_of(view))
                case modals.GAP_FILLED:
                    return await self._fill(view, subject, user)
                case modals.DELIVERY_CHOSEN:
                    return await self._chosen(view, user)
        except VigilError as error:
            return _errors(field, str(error))
        self.tasks.spawn(self._logged(self._show_home(user)), name="slack home")
        return {}

    async def _fill(self, view: Payload, gap_id: str, user: str) -> Json:
        """A page takes seconds to read, and Slack waits three: that is done behind, and told afterwards."""
        question, answer = modals.written(view, modals.QUESTION), modals.written(view, modals.TEXT)
        link = modals.written(view, modals.LINK)
        if link.strip():
            self.tasks.spawn(self._logged(self._read(gap_id, user, question, answer, link)), name="slack gap")
            return {}
        await self.desk.close_gap(gap_id, user, question=question, answer=answer, link="")
        self.tasks.spawn(self._logged(self._show_home(user)), name="slack home")
        return {}

    async def _read(self, gap_id: str, user: str, question: str, answer: str, link: str) -> None:
        failure = ""
        try:
            await self.desk.close_gap(gap_id, user, question=question, answer=answer, link=link)
        except VigilError as error:
            failure = str(error)
        await self._show_home(user, failure)

    async def _chosen(self, view: Payload, user: str) -> Json:
        channel, mode = modals.chosen(view, modals.CHANNEL), modals.chosen(view, modals.MODE)
        asked = delivery.parse(mode, channel) if channel else None
        if asked is None:
            return _errors(modals.CHANNEL, "Choose a channel and who sees answers there.")
        await self.desk.choose_delivery(asked.audience, asked.mode, user)
        self.tasks.spawn(self._logged(self._show_home(user)), name="slack home")
        return {}

    async def _show_home(self, user: str, said: str = "") -> None:
        if await self.roles.of(user) == "analyst":
            view = home.home_view(await self.desk.home(user))
            view["blocks"] = [*([private.text_section(said)] if said else []), *view["blocks"]]
        else:
            view = home.public_view(HELP)
        await self.api.call("views.publish", user_id=user, view=view)

    async def _tell(self, body: Payload, user: str, text: str, *, turn_id: str = "") -> None:
        """In place of the message that was clicked; a click on App Home shows that anew."""
        if not text_of(map_of(body, "container"), "message_ts"):
            await self._show_home(user, text)
            return
        await self.api.respond(text_of(body, "response_url"), text, private.said_blocks(text, turn_id))

    async def _open(self, trigger: str, view: Json) -> None:
        await self.api.call("views.open", trigger_id=trigger, view=view)

    async def _ephemeral(self, session: Session, analyst: str, text: str, blocks: list[Json]) -> None:
        await self.api.call(
            "chat.postEphemeral",
            channel=session.channel,
            thread_ts=session.thread,
            user=analyst,
            text=text,
            blocks=blocks,
        )

    async def _logged(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except VigilError as error:
            log.warning("analyst_not_served", error=str(error))


def _errors(field: str, text: str) -> Json:
    return {"response_action": "errors", "errors": {field: text[:150]}}

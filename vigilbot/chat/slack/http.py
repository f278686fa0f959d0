"""HTTP mode: Slack posts each event, signed. Nothing is read before the signature has been checked.

Source: docs.slack.dev/authentication/verifying-requests-from-slack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.request.async_request import AsyncBoltRequest

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp
    from slack_sdk.signature import SignatureVerifier

TIMESTAMP = "X-Slack-Request-Timestamp"
SIGNATURE = "X-Slack-Signature"


def is_signed(verifier: SignatureVerifier, body: bytes, timestamp: str, signature: str) -> bool:
    """Whether Slack signed this body within the last five minutes; False for anything odd."""
    # The SDK raises on what Slack would never send: a timestamp that is no number, bytes that are no UTF-8.
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12 and signature.isascii()):
        return False
    try:
        return verifier.is_valid(body=body, timestamp=timestamp, signature=signature)
    except UnicodeDecodeError:
        return False


async def answer(app: AsyncApp, verifier: SignatureVerifier, request: web.Request) -> web.Response:
    """401 for a request that is not Slack's, 400 for a signed one that cannot be read, otherwise Bolt's answer."""
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return web.Response(status=413, text="larger than anything Slack sends")  # and nothing worth a line in the log
    headers = request.headers
    if not is_signed(verifier, body, headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")):
        return web.Response(status=401, text="not signed by Slack")
    try:
        bolt_request = AsyncBoltRequest(body=body.decode("utf-8"), headers=dict(headers))
    except (ValueError, AttributeError, TypeError, RecursionError):  # JSON too, but no object, or without a bottom
        return web.Response(status=400, text="not a JSON object")
    return await to_aiohttp_response(await app.async_dispatch(bolt_request))

"""Names that are given to secrets, and names that only sound like it."""

from __future__ import annotations

import re
from typing import Literal

Strength = Literal["strong", "weak", "vendor"]
"""strong: given to nothing but secrets. weak: also to other things, so that only a random value counts.
vendor: a service's name, which stands for its key only before a long random value."""

_VENDORS = """
adafruit adobe airtable algolia asana atlassian beamer bitbucket bittrex circleci cisco cloudant cloudflare codecov
cohere coinbase confluence confluent contentful datadog discord droneci dropbox dynatrace etsy facebook fastly
finicity finnhub flickr freshbooks gitter harness heroku hubspot ibm intercom jenkins jfrog jira kraken kucoin
launchdarkly linkedin linode looker mailchimp mailgun mapbox mattermost meraki messagebird netlify newrelic
new_relic new-relic nytimes okta openai pagerduty paypal plaid postman privateai rapidapi sendbird sendgrid sentry
shopify snyk softlayer sonar sourcegraph splunk square stripe sumo_ sumologic telegram travis trello twilio twitch
twitter typeform vercel yandex zendesk
"""
WORDS = ("pass", "pw", "secret", "token", "key", "credential", "bearer", "auth", "login", "webhook", "jwt", "sess")
"""One of these is in every name of a secret that is not a vendor's."""
VENDORS = tuple(_VENDORS.split())
_VENDOR = re.compile(rf"(?<![a-z])(?:{'|'.join(VENDORS)})")

_STRONG = re.compile(
    r"passw(?:or)?d|passphrase|passcode|pwd|userpass|db_?pass|(?<![a-z])(?:pass|pw)(?![a-z])|secret"
    r"|(?:private|account|api)[._ -]?key"
)
_WEAK = re.compile(
    r"token|credentials?|bearer|login|webhook|jwt|(?<!un)auth(?!or|ent)|\bauthorization$|sess(?:ion)?[_-]?id"
    r"|\w[._ -]?key(?![a-z])"
)
_NOT_SECRET = re.compile(
    r"public|pub[_-]?key|csrf|xsrf|authenticity|idempotency|(?:next|page|continuation|client_?request|client)_?token"
    r"|(?:primary|foreign|cache|partition|sort|row|object|bucket|host|sequence|schema|index|map|dedup|event|natural"
    r"|surrogate|hot|shortcut|arrow|translation|lookup|group|shard|routing)[_-]?key|(?:block|sync|pagination)_?token"
    r"|(?:ids?|names?|types?|ur[il]s?|files?|paths?|dirs?|size|len|length|counts?|limits?|version|expir[a-z]*|ttl"
    r"|fields?|labels?|hints?|prompts?|polic(?:y|ies)|hash|checksum|digest|location|source|status|errors?|enabled"
    r"|required|index|format|prefix|suffix|class|title|text|messages?|msg|methods?|mode|endpoint|issuer|provider|store"
    r"|manager|variable|parameter|reset|selector|pressed|results?|usage|used|tokens|ref|arn|alias|salt|iterations"
    r"|algorithm|strength|rules?|box|input|style|icon|form|page|exception|changed)$"
)
_CLIENT = re.compile(r"(?:client|access)[_-]?id$")
"""Half of a vendor's pair of keys."""


def strength_of(name: str) -> Strength | None:
    """How surely what is called so is a secret; None for `csrf-token`, `credentials_id`, `author`. Lower case."""
    name = name.strip("_-.[]0123456789")
    if _NOT_SECRET.search(name):
        return "vendor" if _CLIENT.search(name) and _of_vendor(name) else None
    if _STRONG.search(name):
        return "strong"
    if _WEAK.search(name):
        return "weak"
    return "vendor" if _of_vendor(name) else None


def _of_vendor(name: str) -> bool:
    return _VENDOR.search(name) is not None

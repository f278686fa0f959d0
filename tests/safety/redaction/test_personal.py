from __future__ import annotations

import gzip
import json
from collections import Counter

import pytest

from tests.safety.redaction.corpora import DATA, said
from vigilbot.safety.redaction.redact import redacted

STRUCTURED = {
    "EMAIL_ADDRESS": "e-mail",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "PHONE_NUMBER": "phone",
    "IP_ADDRESS": "ip",
    "US_SSN": "ssn",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to jane.doe+x@mail.acme.io.", "write to [e-mail]."),
        ("my card 4111 1111 1111 1111 failed", "my card [card] failed"),
        ("pay DE89 3704 0044 0532 0130 00 now", "pay [iban] now"),
        ("call me at +44 20 7946 0958", "call me at [phone]"),
        ("Phone: 0490 75 40 81", "Phone: [phone]"),
        ("(201) 948-1927 is the office", "[phone] is the office"),
        ("SSN 514-69-0360", "SSN [ssn]"),
        ("blocked 86.121.97.248:443 today", "blocked [ip]:443 today"),
        ("http://86.121.97.248/x", "http://[ip]/x"),
        ("from 2a02:908:1234:5678::1 again", "from [ip] again"),
    ],
)
def test_personal_data_leaves(text: str, expected: str) -> None:
    assert redacted(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "write to support@acme.io",
        "user@example.com",
        "git clone git@github.com:acme/x.git",
        "npm i lodash@4.17.21 and logo@2x.png",
        "order 4111111111111112",
        "id 1732186272000100",
        "bind 127.0.0.1:8008, 192.168.1.10, 10.0.0.1, 192.0.2.7, 0.0.0.0, mask 255.255.255.0",
        "dns 8.8.8.8",
        "SeaMonkey 2.53.17.1 and jackson-databind 2.9.10.4",
        "Chrome/119.0.6045.105",
        "fe80::1, ::1, fd00::1, 2001:db8::1, std::vector, 12:34:56, 00:1b:44:11:3a:b7",
        "on 2026-11-21 10:51:12,123",
        "exit code 137, 1234567 rows, 1.234.567,89",
        "ticket 555-0199",
        "arn:aws:rds:us-west-2:001234567890:db:x",
    ],
)
def test_numbers_and_addresses_of_nobody_stay(text: str) -> None:
    assert redacted(text).text == text


def test_structured_kinds_of_the_corpus() -> None:
    found: Counter[str] = Counter()
    there: Counter[str] = Counter()
    elsewhere = 0
    for row in json.loads(gzip.decompress((DATA / "security" / "pii" / "presidio_synth.json.gz").read_bytes())):
        findings = redacted(row["full_text"]).findings
        spans = [(span["start_position"], span["end_position"], span["entity_type"]) for span in row["spans"]]
        for start, end, kind in spans:
            if kind in STRUCTURED:
                there[kind] += 1
                found[kind] += any(finding.start <= start and finding.end >= end for finding in findings)
        elsewhere += sum(all(f.start >= end or f.end <= start for start, end, _ in spans) for f in findings)
    assert all(found[kind] / there[kind] >= 0.97 for kind in STRUCTURED), (found, there)
    assert elsewhere == 0


def test_real_support_text_keeps_its_numbers() -> None:
    texts = list(said())
    touched = [text for text in texts if any(finding.kind != "secret" for finding in redacted(text).findings)]
    assert len(touched) / len(texts) <= 0.005, touched[:5]

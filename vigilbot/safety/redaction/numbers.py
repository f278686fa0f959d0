"""Numbers that name a person: payment cards, bank accounts, telephones, US social security numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Span = tuple[int, int, str]

_CARD = re.compile(r"(?<![\w.+/=#-])\d(?:[ -]?\d){11,18}(?![\w-]|\.\d)")
_CARD_WORDS = re.compile(r"card|\bcc\b|credit|debit|visa|master|amex|maestro|\batm\b|karte|carte|tarjeta")
_BRANDS = (
    (re.compile(r"4"), {13, 16, 19}),
    (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"6(?:011|4[4-9]|5)"), {16, 19}),
    (re.compile(r"35(?:2[89]|[3-8])"), {16}),
    (re.compile(r"3(?:0[0-5]|[689])"), {14}),
)
"""First digits and lengths of the brands whose numbers are told without a word beside them (ISO/IEC 7812)."""

_DOUBLED = {str(digit): sum(divmod(2 * digit, 10)) for digit in range(10)}

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_IBANS = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18
FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21
LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27
ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 IM90 IM90
"""
"""Country and length, from the IBAN registry (SWIFT)."""
_IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _IBANS.split()}

_SSN = re.compile(r"(?<![\w.+-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-]|\.\d)")

_PHONE_ABROAD = re.compile(
    r"(?<![\w.+=/])(?:\+[1-9]\d{0,2}|00[1-9]\d{0,2}[ .()/-])(?:[ .()/-]{0,3}\d){6,13}(?:x\d{1,5})?(?![\w-]|\.\d)"
)
_PHONE_US = re.compile(r"(?<![\w.+=/-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-.]\d{4}(?:x\d{1,5})?(?![\w-]|\.\d)")
_PHONE_NAMED = re.compile(r"(?<![\w.+=/:-])\(?\d(?:[ .()/-]{0,2}\d){5,13}(?:x\d{1,5})?(?![\w:/]|[.-]\d)")
_PHONE_BEFORE = re.compile(
    r"(?:phone|mobile|\bcell|\btel\b|\bfax|whatsapp|\bdesk|\boffice|\bsms\b|\bhotline|answering at"
    r"|\b(?:call|ring|text|reach|messages?|registered)(?: \w{1,12}){0,2}(?: (?:on|at|to))?)"
    r"[\s:.#=]{1,6}(?:no\.?|number|is|\s|:){0,4}$"
)
_PHONE_AFTER = re.compile(r"[\s-]{0,3}(?:mobile|office|fax|phone|cell|desk)\b")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{2}[./-]\d{2}[./-]\d{4}|\d+(?:\.\d+){1,3}$")


def found(text: str, lower: str, start: int, end: int) -> Iterator[Span]:
    """(start, end, kind) of every card, telephone and social security number in this stretch of digits."""
    for match in _CARD.finditer(text, start, end):
        if _is_card(re.sub(r"\D", "", match[0]), lower[max(0, match.start() - 60) : match.end() + 40]):
            yield *match.span(), "card"
    for match in _SSN.finditer(text, start, end):
        yield *match.span(), "ssn"
    for pattern in (_PHONE_ABROAD, _PHONE_US):
        for match in pattern.finditer(text, start, end):
            yield *match.span(), "phone"
    for match in _PHONE_NAMED.finditer(text, start, end):
        if _is_named_phone(match, lower):
            yield *match.span(), "phone"


def ibans(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        if _is_iban(match[0].replace(" ", "")):
            yield *match.span(), "iban"


def _is_card(digits: str, around: str) -> bool:
    if len(set(digits)) < 2 or not _luhn(digits):
        return False
    if _CARD_WORDS.search(around):
        return True
    return any(len(digits) in lengths and brand.match(digits) for brand, lengths in _BRANDS)


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1: the check digit of card numbers."""
    return (sum(map(int, digits[::-2])) + sum(map(_DOUBLED.__getitem__, digits[-2::-2]))) % 10 == 0


def _is_iban(iban: str) -> bool:
    """ISO 13616: the country's length, and remainder 1 modulo 97."""
    if _IBAN_LENGTHS.get(iban[:2]) != len(iban):
        return False
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


def _is_named_phone(match: re.Match[str], lower: str) -> bool:
    digits = sum(character.isdigit() for character in match[0])
    if not 7 <= digits <= 14 or _DATE.match(match[0]):
        return False
    before, after = lower[max(0, match.start() - 40) : match.start()], lower[match.end() : match.end() + 12]
    return bool(_PHONE_BEFORE.search(before) or _PHONE_AFTER.match(after))

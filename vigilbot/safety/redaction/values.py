"""What a value looks like: a variable, a stand-in, or something nobody would write but as a key."""

from __future__ import annotations

import math
import re
from collections import Counter

_VARIABLE = re.compile(
    r"""^(?:\$|%\w+%|[{<\[(&…]|\#\{|@\{|\.\.\.|\*+$)"""
    r"""|\$\{[\w.:=$ -]*\}|\$\([^)]*\)|\{\{[^{}]*\}\}|<[\w ./-]{0,80}>|%\(|%s|\bgetenv\b|\benviron\b|process\.env"""
    r"""|^[A-Za-z_][\w.]{0,80}+[(\[]"""
    r"""|^(?:os|self|this|env|config|settings|process|args|params|secrets|var|data|local|vault|module|request|response"""
    r"""|options|props|ctx|context|state|user|app|client|session|cls|conf|cfg|opts|kwargs|values|output|resource)"""
    r"""(?:\.|->|\[)[A-Za-z_]""",
    re.IGNORECASE,
)
_FILLED = re.compile(
    r"x{4,}|\*{3,}|\.{3}|…|#{4,}|_{4,}|example|placeholder|redacted|your[-_]|[-_](?:goes[-_])?here", re.IGNORECASE
)
_STAND_IN = re.compile(
    r"""your |changeme|change[-_]me|dummy|fake|sample|insert[-_ ]|replace[-_ ]?|todo|foo[-_]?bar|hidden"""
    r"""|^(?:x+|test|testing|none|null|nil|true|false|yes|no|undefined|empty|string|str|text|int|integer|number|boolean"""
    r"""|varchar|required|optional|default|unset|invalid|wrong|missing|user|username|login|admin|pass|passwd|password"""
    r"""|passphrase|token|secret|key|apikey|value|name|id|email|somefakekey|real_?(?:key|secret)|my[-_]?(?:key|secret"""
    r"""|token|password)|the|a|an|is|was|not|and|or|if|to|for|in|on|of|it|this|that|with)$""",
    re.IGNORECASE,
)
_HEX = re.compile(r"[0-9a-fA-F]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_MIXED_RUN = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]{0,60}\d)(?=\d{0,60}[A-Za-z])[A-Za-z0-9]{8,}")
"""Eight letters and digits in one piece: `jackson-0.11.2` has none."""
_RANDOM = re.compile(r"[A-Za-z0-9+/=_~.|!@-]+")
_DIGIT_OR_MARK = re.compile(r"[\d!@#$%^&*+=?~|(){}]")
_WORDS = re.compile(r"[A-Za-z]+(?:[-_. ][A-Za-z]+)*")
_PATH = re.compile(
    r"^(?:https?://|\.{0,2}/[\w.-]+/|[A-Za-z]:\\|~/|arn:)"
    r"|\.(?:pem|key|crt|cer|p12|jks|json|ya?ml|txt|conf|cfg|ini|env|py|js|ts|go|rb|java|html?|php|com|org|net|io)$"
)


def entropy(value: str) -> float:
    """Shannon entropy of its characters in bits: words about 3, hex at most 4, base64 up to 6."""
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values()) if total else 0.0


def is_variable(value: str) -> bool:
    """`${TOKEN}`, `<token>`, `os.environ[…]`: the place of a value, not the value."""
    return _VARIABLE.search(value) is not None


def is_stand_in(value: str) -> bool:
    """`xxxxxxxx`, `your-key-here`, `null`: written where a value would be."""
    return is_filled(value) or _STAND_IN.search(value) is not None or (len(value) >= 3 and len(set(value)) <= 2)


def is_filled(value: str) -> bool:
    """`ghp_xxxxxxxx`, `AKIA…EXAMPLE`: the shape of a token, filled with what is none."""
    return _FILLED.search(value) is not None


def is_nothing(value: str) -> bool:
    """Whether nobody could log in with it."""
    return is_variable(value) or is_stand_in(value)


def is_random(value: str) -> bool:
    """Whether it was drawn by a machine: a UUID, a long hex number, or a long mixture of letters and digits."""
    if _UUID.fullmatch(value):
        return True
    if not _RANDOM.fullmatch(value) or _PATH.search(value):
        return False
    if _HEX.fullmatch(value):
        return len(value) >= 16 and not value.isdigit() and entropy(value) >= 2.5
    return len(value) >= 14 and entropy(value) >= 3.2 and _MIXED_RUN.search(value) is not None


def is_mixed(value: str) -> bool:
    """A short token: ten or more letters of both cases and digits."""
    return (
        len(value) >= 10
        and value.isalnum()
        and any(character.isdigit() for character in value)
        and value.lower() != value != value.upper()
        and entropy(value) >= 3
    )


def is_chosen(value: str) -> bool:
    """Whether a person may have chosen it as a password: letters with digits or marks, and no path, no plain words."""
    if len(value) < 6 or _PATH.search(value) or _WORDS.fullmatch(value):
        return False
    return any(character.isalpha() for character in value) and _DIGIT_OR_MARK.search(value) is not None

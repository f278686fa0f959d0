"""What the words of a sentence show of its gravity: whether it is stated or only thought of, and what has happened.

Anger is not among them: it makes nothing grave. Some languages' most common words are listed; a trained head weighs
the families beside the encoder's cosines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from vigilbot.reasoning.extractive import vocabulary as v

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LETTER = r"[^\W\u3040-\u9fff\uac00-\ud7af]"
"""Of scripts that put blanks between words."""

_DOUBTS = v.one_of(r"""
    may ?be|might|perhaps|possibly|probably|could be|may be|seems?|apparently|not (?:really )?sure|i (?:think|guess)
    suspects?|can'?t tell|a bit|slightly|vielleicht|möglicherweise|vermutlich|peut-être|tal vez|quizás?|talvez
    可能|也许|かもしれ|возможно|кажется
""")
_SUPPOSED = v.one_of(r"""
    if (?:the|a|an|it|we|i|our|one|two)|what (?:if|happens|would)|suppos(?:e|ing)|in case|in the event|hypothetical\w*
    worst case|assuming|would (?:we|it|they|that|the|our)|(?:was|et|qué pasa|o que acontece) (?:wenn|si|se)|如果|если
""")
_PLANNED = v.one_of(r"""
    so that (?:no|it|we|nothing)|prevent\w*|avoid\w*|prepar\w+|plan(?:s|ned|ning)?|exercise|drill|scheduled
    maintenance|next (?:week|month|year|time)|tomorrow|roadmap|upcoming|before we|will be
    damit|geplant|wartung|prévue?|planead\w+|mantenimiento|计划|维护|планир\w+
""")
_SOLVED = v.one_of(rf"""
    {v.SOLVED}|works? again|back (?:to normal|up|online)|fixed|recovered|restored|false alarm|closed?
    (?:is|are|it's|we're|all) (?:back|fine|there|good|green|visible|complete)|no further
    (?:geht|funktioniert|läuft) wieder|alles (?:da|gut)|résolu|ça marche|solucionado|resuelto|ya funciona|resolvido
    已解决|恢复|решено|работает снова
""")
_TRIAL = v.one_of(r"""
    (?:test|testing|dev|development|qa|uat|lab|demo|training) (?:cluster|server|system|environment|account|project|box)
    staging|stage|sandbox|playground|qa|lab|load tests?|non-?prod\w*|testumgebung|testsystem|entorno de pruebas
    environnement de test|测试环境|тестов\w+
""")
_ASKS = v.one_of(r"""
    how (?:do|does|can|to|many|much|long|is|are)|is (?:there|it possible)|(?:can|could|may|shall) (?:i|we|you|one)
    where (?:do|can|is|are)|which|any way|would (?:love|like)
    wie|wo|welche\w*|comment|quel\w*|cómo|cuál|como|怎么|如何|как
""")
_WIDE = v.one_of(r"""
    all|every|everyone|everybody|everything|nobody|no ?one|none|entire|whole|completely|totally|any(?:one|body)?
    100 ?%|alle[rsmn]?|niemand|überall|tou(?:te)?s|personne|todo?s?|nadie|ninguém|所有|全部|完全|все|никто
""")
_SEVERAL = v.one_of(r"""
    (?:companies|customers|clients|tenants|accounts|regions|sites|organi[sz]ations|firms|places|branches|countries)
    (?:other|several|many|both|two|three|four|five|six|seven|eight|nine|ten|dozen|\d+) (?:other |different )?\w+s
    across|elsewhere|too|as well|alike|same|regions?|countries|andere\w*|mehrere|auch|autres|plusieurs|aussi|otros
    varios|también|outros|vários|também|其他|多个|также|другие
""")
_STOPPED = v.one_of(rf"""
    {v.FAULT}|down|dead|unreachable|offline|outage|unavailable|blank|blocked|5\d\d|reject(?:s|ed|ing)?|(?:no|not) \w+
    nobody can|steht|stehen|ausgefallen|nicht|en panne|inaccessible|caíd[oa]|parad[ao]|no|não|erro
    无法|不能|停|宕机|не
""")
_LOST = v.one_of(r"""
    gone|lost|vanished|disappeared|missing|empt(?:y|ied)|wiped|deleted|erased|overwritten|corrupt\w*|twice|double|leak\w*
    stolen|hacked|compromised|exposed|someone else\w*|somebody else\w*|different (?:person|customer)|another (?:\w+)
    passwords?|credentials|money|fraud\w*|belong\w*|gelöscht|verschwunden|verloren|doppelt|effacé\w*|perdu\w*|supprimé\w*
    borrad\w+|perdid\w+|robad\w+|apagad\w+|丢失|删除|泄露|удал\w+|пропал\w*
""")
_DEMANDS = v.one_of(r"""
    complain\w*|unacceptable|refund\w*|money back|compensat\w+|lawyers?|legal|court|contract|cancel\w*|terminat\w+
    competitor|managers?|management|supervisor|director|in charge|responsible|escalat\w+|apolog\w+|ignored|promised
    disappointed|demand|deadline|expect|beschwer\w+|kündig\w+|anwalt|geschäftsleitung|plainte|rembours\w+|avocat|résili\w+
    queja|reembolso|abogado|reclama\w*|advogado|投诉|退款|жалоб\w*|возврат
""")
_LASTS = v.one_of(r"""
    since|still|for (?:an|\w+|\d+) (?:min\w*|hours?|days?|weeks?)|ongoing|right now|currently|no longer|any ?more|today
    seit|immer noch|depuis|toujours|desde|todavía|ainda|一直|从|с утра|до сих пор
""")

_FAMILIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    *(
        (name, re.compile(rf"(?<!{_LETTER}){pattern}(?!{_LETTER})", v.FLAGS))
        for name, pattern in (
            ("doubts", _DOUBTS),
            ("supposed", _SUPPOSED),
            ("planned", _PLANNED),
            ("solved", _SOLVED),
            ("trial", _TRIAL),
            ("asks", _ASKS),
            ("wide", _WIDE),
            ("several", _SEVERAL),
            ("stopped", _STOPPED),
            ("lost", _LOST),
            ("demands", _DEMANDS),
            ("lasts", _LASTS),
        )
    ),
    ("mark", re.compile(r"[?？؟]\W*$")),
)

NAMES: tuple[str, ...] = tuple(name for name, _ in _FAMILIES)
KINDS = ("wide", "several", "stopped", "lost", "demands")
"""The families that tell one kind of gravity from another; how much each weighs, a category's own texts say."""


def cues(text: str) -> NDArray[np.float32]:
    """Which families the text shows, 0 or 1, in the order of NAMES."""
    return np.array([bool(pattern.search(text)) for _, pattern in _FAMILIES], np.float32)


def only(names: tuple[str, ...], shown: NDArray[np.float32]) -> NDArray[np.float32]:
    """The columns of these families, of an array whose last axis is NAMES."""
    return shown[..., [NAMES.index(name) for name in names]]

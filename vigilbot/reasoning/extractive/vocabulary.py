"""The phrases that the cues look for: alternatives of a regular expression, one family a line, several languages."""

from __future__ import annotations

import re

FLAGS = re.IGNORECASE


def one_of(families: str) -> str:
    """The lines of a block of alternatives as one group."""
    return "(?:" + "|".join(line.strip() for line in families.splitlines() if line.strip()) + ")"


def words(families: str) -> frozenset[str]:
    """The words of a block of plain words."""
    return frozenset(families.split())


GREETING = one_of(r"""
    hi+|hey+|hello+|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)
    hallo|moin|servus|guten (?:tag|morgen|abend)
    bonjour|salut|ciao|hola|buenos d[ií]as|olá|ola|bom dia
    привет\w*|こんにちは|你好|안녕하세요
""")
GREETED = one_of("there|all|everyone|everybody|guys|folks|team|people|ppl|world|again|народ|zusammen|todos")
THANKS = one_of(r"""
    thanks?|thank ?you|thx|thanx|tnx|tks|ty|tyvm|cheers|appreciate(?:d)?|grateful
    danke\w*|merci|gracias|obrigad[oa]|grazie|bedankt|dank|tack|dzi[eę]kuj[eę]
    спасибо|спс|谢谢|感謝|ありがとう\w*|감사\w*
""")
LEAD_IN = r"^\W*(?:(?:and|so|but|also|ok|then|now) )*"
QUESTION_WORD = one_of(r"""
    how|what|where|which|when|why|who|whats|hows|wheres
    wie|was|wo|warum|wieso|welche\w*|wann
    comment|pourquoi|quel\w*|où|quand
    c[oó]mo|qu[eé]|d[oó]nde|por ?qu[eê]|onde|qual|come|dove|perch[eé]
    как|что|где|почему|когда|怎么|如何|为什么|どう|なぜ
""")
QUESTION_VERB = one_of(r"""
    is|are|am|was|were|can|could|do|does|did|will|would|should|has|have|may|must
    any(?:one|body)?|some(?:one|body)?
    kann|gibt|ist|peut|est-ce|puedo|hay|posso|può
""")
ASKING = one_of(r"""
    how (?:to|do|does|can|could|would|should|come|i)
    what(?:'s| is| are| do| does| should)|where (?:can|do|is|to)|which one|what about|how about
    why (?:is|does|do|am|are|it)|is (?:there|it|that|this)|are there|can i|could i|should i|do i|does it
    any(?:one|body)|some(?:one|body)
    any (?:idea|clue|way|hint|suggestion|help|thought|advice)s?
""")
NEED = one_of(r"""
    need(?:s|ed)?|help|trying|try to|tried|want(?:s|ed)?|i'?d like|would like|looking for|wonder(?:ing)?
    question|please|plz|pls|problems?|issues?|trouble
    hilfe|aide|ayuda|ajuda|помогите|проблем\w*
""")
FAULT = one_of(r"""
    errors?|fail(?:s|ed|ing|ure)?|crash\w*|broken|broke|stuck|missing|unable|timeouts?|timed out|denied|refused
    invalid|cannot|can'?t|won'?t|doesn'?t|dont|don'?t|didn'?t|isn'?t|not work\w*|no longer|stopped|exception
    freez\w+|hang(?:s|ing)?
    funktioniert nicht|geht nicht|ne marche pas|no funciona|не работает
""")
ACKNOWLEDGEMENT = one_of(r"""
    ok(?:ay)?|k|kk|yes|yeah|yep|yup|no|nope|nah|sure|right|alright|great|cool|nice|perfect|awesome|excellent
    got it|gotcha|i see|ah+|oh+|hm+|aha|lol|np|no problem|understood|fair enough|will do|true|indeed
    sounds good|makes sense|never ?mind|nvm
""")
INTENTION = one_of(r"""
    i(?:'?ll| will| am going to|'?m gonna|'?m going to)|let me|lemme|gonna|will|going to|about to|i'?m
""")
ATTEMPT = one_of("try|test|check|look|see|do|give|go|read|have|start|wait|report|boot|install|ask")
GIVING_IT_A_TRY = r"giv(?:e|ing) (?:it|that|this) a (?:try|shot|go)|trying (?:it|that|this)? ?now"
SOLVED = one_of(r"""
    works? (?:now|great|fine|perfect\w*|well)|it works|that (?:worked|works|fixed|did|helps?|helped|solved)
    working (?:now|great|perfect\w*)|fixed it|solved|resolved|sorted|figured (?:it )?out|got it|found it
    never ?mind|nvm|all good|that did it|problem gone
""")
TAG = one_of(r"\bright|\bhuh|\bisn'?t it|\beh|\bno|\blol|\bwho knew|\bwhy not")
OFFER = one_of(r"""
    (?:how|what) (?:can|may|could) (?:i|we) (?:help|do)|(?:can|may) (?:i|we) help
    what(?:'s| is) (?:the|your) (?:problem|question|issue)|what seems to be|anything else
    wie kann ich|womit kann ich|comment puis-je|en qué puedo|posso ajudar
""")
"""An analyst's invitation to ask: what follows is a question, not an answer."""
DONE = one_of("did|tried|managed|installed|had|used|was|went|got|made|ran")

FILLER = words("""
    ok okay k kk yes yeah yep yup ya no nope nah sure right great cool nice perfect awesome excellent fine good wow
    got it i see hmm hm ah oh aha lol haha np well alright thanks thank you thx ty cheers hi hello hey so very much
    a lot for the your help that this is all understood fair enough will do gotcha indeed true then and my bad sorry
    oui non si ja nein да нет ок хорошо понял danke merci gracias
""")
"""Words that, alone, say nothing that could be answered."""

LITTLE = words("""
    how what where which when why who can could would should will does did are was were has have had the and but for
    with from into about there this that these those they them its it's any some one ones get use using make know
    want need please help anyone someone you your not also still then than too same both what's how's work works
    working do able like just really only even possible idea ideas more other
""")
"""Words of asking that do not say what is asked about."""

ANNOUNCING = words("""
    question questions problem problems issue issues trouble troubles support assist assistance assisting ask asking
    asked answer answers helping around here today quick short small little brief simple general stupid dumb noob newbie
    new another minute moment time available online alive desperate need really urgent few couple i'd i've like love
    i'm we we're we'd would me us him her sir guys folks team people friends im ive two three more around listening
    hoping hope wondering maybe sometime now again next following bit somebody anybody may might something an there's
""")
"""Words of announcing that something will be asked."""

"""What messages to a support channel are known by: weighted cues for each of the usual categories, and small talk."""

import re
from collections.abc import Mapping

CUES: Mapping[str, tuple[tuple[float, str], ...]] = {
    "billing": (
        (7, r"\b(invoic\w+|refund\w*|billing|bill(ed|s)?|overcharg\w+|charged|receipts?|rechnung\w*|erstattung)\b"),
        (5, r"\b(payments?|subscription|pricing|prices?|fees?|charges|money|credit cards?|direct debit|abbuchung)\b"),
        (3, r"\b(cash|my balance|discount|exchange rate|zahlung\w*|abo|cost of)\b"),
    ),
    "bug": (
        (4, r"\b(error|exception|traceback|stack ?trace|crash\w*|bug|regression|segfault|panic|fehler\w*)\b"),
        (4, r"\b(broken|(no longer|not|is ?n'?t|was ?n'?t|are ?n'?t) (even )?working|stopped working|faulty|kaputt)\b"),
        (4, r"\b(do|does|did|wo|would|ca|could)(es)? ?n[o']?t (\w+ )?(work|start|load|open|let|respond|go through)"),
        (3, r"\b(unable to|not able to|haven't been able to|having trouble)\b"),
        (2, r"\bfail(s|ed|ing|ure)?\b|timed? ?out|\b50[0-4]\b|no such file|not found|heap space|funktioniert nicht"),
        (2, r"\b(permission denied|declined|rejected|(very|too|so|really) slow|freezes|frozen|corrupt\w*)\b"),
        (2, r"\b(trouble|problem|issue|wrong|stuck|hangs?|geht nicht)\b"),
        (1, r"\b(cannot|can'?t|could ?n[o']t)\b"),
    ),
    "account": (
        (3, r"\b(log|sign)(ged|ging|ned|ning)?[ -]?(in|on|into|out)\b|\b(2fa|mfa|sso|ldap)\b|locked out|anmeld"),
        (3, r"\b(my|new|forgot\w*|reset\w*|chang\w+|wrong|incorrect|lost|update) (\w+ ){0,2}(password|passcode|pin)\b"),
        (3, r"\b(need|get|have|has|request|lost|without|no) (\w+ ){0,3}(access|permission|rights|invit\w+)\b|zugang"),
        (3, r"\b(give|grant) (me|us|him|her|them|@\S+) (\w+ ){0,3}(access|permission|rights?)\b"),
        (3, r"\badd (me|us|him|her|them|@\S+) to (\w+ ){0,3}(team|group|channel|workspace|organi[sz]ation|project)"),
        (3, r"\binvit(e|ation)s?\b|\b(stolen|compromised|hacked)\b|security question|commit rights"),
        (3, r"\b(change|update|correct) (my|our|the) (\w+ ){0,2}(name|address|details|e-?mail|phone|profile)\b"),
        (2, r"\b(my|your|user|new|an) ?(account|id|username|credentials?|profile)\b|username|passwords?\b"),
        (1, r"\baccount\b|permissions?\b|verify|identity|personal details|address"),
    ),
    "feature-request": (
        (5, r"\b(would|it'?d|could|might) be (\w+ )?(nice|great|good|cool|helpful|useful|awesome|handy)(?! if you)"),
        (4, r"\bany plans? (to|for)"),
        (3, r"feature request|\bi wish\b|\b(please|should we|can (we|you)|could (we|you)) add|wäre (schön|gut)"),
        (2, r"\bfeature\b|\b(ability|option|way) to\b|make (this|it) (configurable|possible)|suggest(ion)?\b|improve"),
        (2, r"\bsupport for\b"),
        (1, r"\benhancement|propos(e|al)|instead of having|what if"),
    ),
    "how-to": (
        (3, r"\bhow (do|does|can|could|should|to|would|will|is|are|long|much|many)\b|is (it|this) possible"),
        (3, r"\bwie (kann|geht|mache)"),
        (2, r"\b(what|which|where|when|why|who)('s| is| are| does| do| would| will| can| can i)?\b[^.!\n]*\?"),
        (2, r"\b(is|are) there (an?|any|some)\b|does any(one|body) know|any (idea|docs|example)|explain\b"),
        (2, r"\b(can|could|may|should|do) i\b[^.!\n]*\?|point me|tell me|looking for|question"),
        (2, r"\b(i|we)('d| would| want| need)( like| love)?( help)? (to|with)\b|\bassist\w*|\bplease help"),
        (1, r"\?"),
    ),
    "other": (
        (4, r"\b(review|take a look|have a look|merge|approve)\w*\b[\s\S]{0,300}(https?:|\bprs?\b|pull request|#\d+)"),
        (2, r"\b(heads.?up|fyi|announc\w+|reminder|feedback welcome|in case you|agreed?\b|sure,|yes[.,]|no[.,])"),
        (1.5, r"\b(i('d say| think| agree| guess| suppose)|agree with|basically|in other words|imagine|makes sense)\b"),
        (1, r"\bthank(s| you)|\bwe (decided|need|are going)|you (can|could|may|should)\b(?!.*\?)"),
        (1, r"\A(hi |hey |hello )?@\S+[,:]? (?!.*\?)|\b(the|that|one|another) (reason|point|idea|answer|decision)\b"),
        (0.9, r"(?s)\A(?!.*(\?|\b(i|i'm|my|me|we|us|please)\b))"),
        (0.9, r""),
    ),
}

OUTAGE = re.compile(r"\b(outage|(is|are|went) down|emergency|data loss|breach|notfall)\b", re.IGNORECASE)
PRESSING = re.compile(
    r"\b(block(ed|er|ing)|production|critical|customers?|today|immediately|urgent(ly)?|asap|stolen|fraud|deadline"
    r"|dringend|sofort)\b",
    re.IGNORECASE,
)

IDLE_WORDS = """
    a aboard afternoon again all alles alright am and appreciated are awesome back been birthday bonjour bye cheers
    christmas closing congrats congratulations cool dank danke day did done enjoy erledigt evening everybody everyone
    excellent fine fixed folks for friday fun geklappt gelöst good goodbye goodnight got gracias great guten guys haha
    hallo happy hat hello hey hi hola holidays i i'm is it it's its job just klar later lgtm lol lot lots lovely many
    mate merci mind moin monday morgen morning much my never nevermind nice night noted now nvm obrigado ok okay on
    perfect pleasure really resolved salut schönen see so solved sorry sorted sounds sure tag team thank thanks that
    that's the there this thx to today tomorrow too ty tysm u up us very vielen we we're week weekend welcome well
    will wonderful worked working works worries ya yay yeah year yep yes you you're you've your
    ありがとう ありがとうございました ありがとうございます おはようございます
    お疲れ様です こんにちは 了解です
"""
SMALL_TALK = frozenset(IDLE_WORDS.split())
ASIDE = re.compile(
    r"""has\ (?:joined|left)\ the\ channel | <[@#!][^>]*> | @[\w.-]+ | :[\w+-]+: | \+1\b
    | \b(?:no\ (?:problem|issue|worries)(?:\ at\ all)? | (?:an?|big|great|huge)\ help | figured\ (?:it|that)\ out
        | found\ it | that\ (?:has\ )?helped | happy\ new\ year | nice\ one | see\ you | to\ all\ of\ you
        | have\ an?\ (?:nice|good|great|lovely|wonderful)\ (?:one|time|trip|rest\ of\ the\ (?:day|week))
        | have\ an?(?=\ (?:nice|good|great|lovely)\ (?:day|evening|night|weekend|week|holiday))
        | (?:i\ )?hope\ (?:you|everyone|everybody|you\ all)(?:'re|\ are|\ is|\ had|\ have)(?:\ an?)?(?:\ doing)?
        | (?:for|of)\ (?:all\ )?(?:the|your)\ (?:\w+\ )?(?:help|support|reply|answer|response|patience|time|effort)
        | sorry\ for\ the\ (?:noise|trouble|confusion|spam)
        | how(?:'s|\ is)\ it\ going\b\??
        | how\ are\ (?:you|things|we)(?:\ all|\ guys)?(?:\ doing)?(?:\ today)?\b\s?\?? )""",
    re.VERBOSE,
)
"""Mentions and emoji, and phrases whose words would mean something elsewhere, in small letters."""

ADDRESSED = re.compile(
    r"\b((?i:hi|hello|hey|hallo|morning|night|thanks|thank you|thx|danke|welcome(?: aboard| back)?|cheers),?)"
    r" [A-Z][\w-]+(?=\W|$)"
)
"""A name after a greeting."""

ASKING = re.compile("[?？❓❔]")

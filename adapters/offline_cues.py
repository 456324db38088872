"""The words that rules go by: what marks a decision, a task, a date or small talk, in English, German and Japanese."""

import re

DECISIONS = re.compile(
    r"""(?<!if\ )\b(?: we(?:'ve|\ have)?\ (?:decided|agreed|settled|chose|concluded)
    | (?:it\ (?:was|is|has\ been)|it's|this\ is|has\ been)\ (?:decided|agreed|settled|approved|rejected)
    | decision(?:\ is)?\s?: | final\ decision | consensus\ (?:is|was) | agreed[,:.]\ \w | signed\ off
    | (?:i|we)(?:'ve|\ have)?\ (?:decided|opted)\ to
    | let(?:'s|\ us)\ (?:go|use|do|keep|ship|stick|start|leave|drop|move|merge|make
        |close|target|focus|stay|take|switch|postpone|meet)
    | (?:we'll|we\ will)\ (?:use|keep|ship|drop|stick|move|go\ with|go\ for|stay|postpone|switch|start|meet)
    | (?:we|i)(?:'re|'m|\ are|\ am)?\ (?:going|went)\ (?:with|for|ahead\ with) | settled\ on | stick\ with
    | (?:wir\ haben\ (?:uns\ )?|ist\ )(?:\w+\ ){0,6}(?:beschlossen|entschieden|geeinigt|abgemacht)
    | beschlossen | entscheidung: | wir\ (?:nehmen|bleiben\ bei|machen\ es) | dann\ machen\ wir )
    | 決定し | 決まり | にしましょう | ことにし | することに""",
    re.IGNORECASE | re.VERBOSE,
)
COMMITMENTS = re.compile(
    r"""\b(?: (?:i'll|i\ will|i\ shall|i'm\ going\ to|i\ am\ going\ to|i\ plan\ to|i\ intend\ to)
        \ (?!be\b|have\ to\ say|never|not\b|admit|assume|guess|probably\ not|let\ you|go\ with|also\ (?:note|point)
        |point|note|mention|add\ that|repeat|treat|bet|need|live|miss)\w+
    | (?:let\ me|i\ can)\ (?:take|look|check|fix|send|prepare|open|file|create|write|update|review|handle|ask|follow
        |draft|set|do\ (?:it|that))\b
    | i'm\ on\ it | i(?:'ll|\ will)\ (?:take|do)\ (?:it|this|that) | todo:? | action\ item | next\ steps?\b
    | ich\ (?:werde|mache|schicke|schaue|kümmere|prüfe|übernehme|erledige)\b ) | やります | 対応します | 確認します""",
    re.IGNORECASE | re.VERBOSE,
)
REQUESTS = re.compile(
    r"""\b(?: (?:can|could|would|will)\ (?:you|someone|somebody|anyone|anybody)(?:\ please)?
        \ (?!tell|explain|help\ me\ understand|point|elaborate|clarify|say|imagine|see)\w+
    | (?<!thank\ you,\ )(?:please|pls|kindly)\ (?!note|see|let\ me\ know|refer|find|correct|forgive|help|don't)\w+
    | needs?\ to\ be\ (?:done|fixed|merged|reviewed|updated|tested) | remember\ to | make\ sure\ (?:to|you)
    | (?:kannst\ du|könntest\ du|könnt\ ihr|bitte)\ \w+ ) | お願いします | してください""",
    re.IGNORECASE | re.VERBOSE,
)
DUE = re.compile(
    r"""\b(?:(?:by|until|before|till|on|due|am|bis(?:\ zum)?|ab)\ )?(?:
      (?:this\ |next\ |coming\ )?(?:mon|tues|wednes|thurs|fri|satur|sun)day(?:\ (?:morning|afternoon|evening|night))?
    | (?:later\ )?today | tonight | tomorrow(?:\ (?:morning|afternoon|evening))? | eod | eow
    | (?:the\ )?end\ of\ (?:the\ |this\ |next\ )?(?:day|week|month|quarter|year)
    | (?:this|next)\ (?:week(?:end)?|month|quarter|sprint)
    | (?:in|within)\ (?:\d+|an?|two|three)\ (?:hour|day|week|month)s?
    | \d{4}-\d\d-\d\d | [0-3]?\d\.[01]?\d\.(?:20\d\d|(?=[\s,;)]|$)) | \d{1,2}:\d{2}(?:\ ?[ap]m)? | \d{1,2}\ ?[ap]m
    | (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\ \d{1,2}(?:st|nd|rd|th)?
    | \d{1,2}(?:st|nd|rd|th)?\ (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*
    | heute | morgen | übermorgen | (?:nächste|diese)n?\ woche | montag | dienstag | mittwoch | donnerstag | freitag
    )(?!\w) | 明日 | 今日 | 来週 | 今週""",
    re.IGNORECASE | re.VERBOSE,
)
THANKS = re.compile(
    r"\b(thanks?|thank you|thx|got it|solved|resolved|never ?mind|works now|that worked|makes sense|danke|geklappt)\b"
    r"|ありがとう|なるほど|解決",
    re.IGNORECASE,
)
UNSURE = re.compile(
    r"\b(i don't know|i do not know|not sure|unsure|no idea|don't remember|not yet|good question|keine ahnung"
    r"|wei(ß|ss) (ich )?nicht|noch nicht)\b|わからない|分かりません|まだです",
    re.IGNORECASE,
)
GREETING = re.compile(
    r"""^(?:(?:hi+|hello|hey|hay|hallo|moin|dear|good\ (?:morning|afternoon|evening))\b
        (?:\ (?:all|everyone|everybody|team|there|guys|folks|y'all))?(?:\ @?[\w.-]+(?=[,!]))?[\s,!.:👋-]*
    | (?:thanks|thank\ you|ok|okay|yes|yeah|well|so|and|but|also)[,!.]+\s+
    | (?:@[\w.-]+\ )*@[\w.-]+(?:\ [\w.-]+)?\s?[,:]\s+ )+""",
    re.IGNORECASE | re.VERBOSE,
)
NOISE = re.compile(r"has (?:joined|left) the (?:channel|group)|set the channel (?:topic|purpose)", re.IGNORECASE)

ENGLISH = """
    about above actually after again all already also although always am an and another any anyone are aren't around
    as ask at away back be because been before being below best better between both but by came can can't cannot
    come could couldn't did didn't do does doesn't doing don't done down each either else even ever every everyone
    few first for from get gets getting give go goes going good got great had has hasn't have haven't having he
    hello help her here hey hi him his hmm how i'd i'll i'm i've if in into is isn't it it's its just keep kind know
    last least less let let's like little look looking looks lot made make makes many may maybe me mean might more
    most much must my need needs never new next no not nothing now of off oh ok okay on once one ones only or other
    our out over own perhaps please pretty probably put quite rather re really right said same saw say see seem
    seems she should since so some someone something soon sorry still such sure take tell than thank thanks that
    that's the their them then there there's these they thing things think this those though through to today too
    try trying two under until up us use used using very via want was way we we'd we'll we're we've well went were
    what what's when where whether which while who whole why will with without won't work would yeah yep yes yet you
    you'd you'll you're you've your
"""
GERMAN = """
    aber alle als also am an auch auf aus bei bin bis bist da dann das dass dein dem den denn der des die dies doch
    du ein eine einem einen einer er es für ganz geht gibt hab habe haben hat hatte hier hin ich ihr im ist ja kann
    kein können man mehr mein mich mir mit muss nach nein nicht noch nur oder ob schon sein sich sie sind so soll
    über um und uns vom von vor war was weil wenn werden wie wir wird wo zu zum zur
"""
STOPWORDS = frozenset((ENGLISH + GERMAN).split())

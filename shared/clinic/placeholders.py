"""Names that are none: what systems keep in place of a first name, sentences, and records that stand for nobody."""

import re
import unicodedata

from shared.events.visible import visible

# How systems and people write that they know no name. "Na", "Nan", "Will", "Art", "O" and "Xi" are names; so are most
# short words, so each entry here is one that nobody is called by.
_UNKNOWN = """
    n/a|n.a|n.a.|n/k|n.k.|n/s|#n/a|nil known|none|no name|noname|null|nul|undefined|blank|empty|missing|void
    tbc|tba|tbd|tbn
    unknown|unknown name|name unknown|unk|unkn|unnamed|un-named|nameless|anon|anonymous|anhysbys|not known|not given
    not stated|not recorded|not available|not applicable|not provided|not disclosed|not on file|not specified|withheld
    to be confirmed|to be advised|to be announced|to follow|as above|see notes|see above|ditto|awaiting name
    deceased|dec'd|r.i.p.|duplicate|duplicate record|merged|do not merge|deleted|invalid|error|entered in error|dummy
    test|tests|testing|tester
"""
_WORDS_FOR_A_PERSON = """
    patient|the patient|client|customer|person|name|first name|firstname|forename|forenames|given name|surname|last name
    lastname|family name|male|female|boy|girl|child|infant|newborn|new born|neonate|baby|twin|triplet
    mother|father|mum|dad|parent|guardian|carer|wife|husband|self|staff|user|admin
"""
_TITLES = """
    mr|mrs|ms|miss|mx|mister|missus|master|mstr|dr|doctor|prof|professor|rev|revd|reverend|sir|madam|esq|sr|jr
    mr & mrs|mr and mrs|mr/mrs|mr / mrs|mr or mrs|sir or madam|sir/madam|dr & mrs|dr and mrs
"""

_NONE = frozenset(
    entry.strip().rstrip(".")
    for table in (_UNKNOWN, _WORDS_FOR_A_PERSON, _TITLES)
    for line in table.splitlines()
    for entry in line.split("|")
    if entry.strip()
)

_LIKE_NONE = re.compile(
    r"x+|z{2,}|q{2,}"  # X, XX, ZZ: any other single letter may be an initial
    r"|unknown\b.*"
    r"|(?:baby|infant|newborn|twin|triplet|child)\s+(?:of|boy|girl|male|female|one|two|three|[a-d])\b.*"
    r"|(?:male|female)\s+(?:infant|baby|child|unknown)\b.*|(?:baby)?b/o\b.*|babyof\b.*"
)

# NHS test records are "XXTESTPATIENT…", those of many hospital systems "ZZZ…" so that they sort last, and mostly both.
_OF_TESTS = re.compile(
    r"\bz{3,}"
    r"|\b(?:x{2,}|z{2,})[\W_]*(?:test|dummy|train|demo)"
    r"|\bdo\W*not\W*use\b"
    r"|\b(?:test|testing|dummy|fake|demo|training)[\W_]*(?:patient|person|record|account|case|user)s?\b"
    r"|\b(?:patient|person|record)[\W_]*(?:test|dummy)\b"
    r"|\b(?:test|dummy)(?:[\W_]+(?:test|dummy))+\b"
)

# A sentence in the place of a name would reach a patient as our words: "URGENT your test is positive". Words of which
# one is enough: nobody is called by them, also within several names. Not here: Hope, Will, Free, Won, Call, Precious.
_OF_MESSAGES = """
    urgent urgently important warning alert immediately please emergency deceased died dead death dying kill
    killed your you're youre yours yourself positive negative result results cancer hiv tumour tumor infected
    infection disease diagnosis diagnosed pregnant pregnancy abortion overdose suicide appointment appointments
    cancelled canceled missed click reply verify confirm password account payment owe owed owing debt overdue
    refund prize winner http https www hate stupid whore bitch cunt fuck fucking slut idiot ugly brys canlyniad
    canlyniadau prawf positif negatif eich apwyntiad marw
"""

# Of these it takes two, or one among four words: most are somebody's name in some language.
_OF_SENTENCES = """
    a about and are as at be been but by call can come did do does fine for from get give go got had has have he
    her here him his i if in is it its me must my no not now of on or our pay phone see send she should so stop
    tell text that the their them there they this to too us visit was we were what when where who why will with
    would yes you claim tap code aids fat test tests chi ei mae yn wedi
"""

_MESSAGE_WORDS, _SENTENCE_WORDS = frozenset(_OF_MESSAGES.split()), frozenset(_OF_SENTENCES.split())

_MOST_WORDS = 5
"""Given names of one person: "Maria del Carmen Ana Sofia" has five."""

_NOT_IN_NAMES = re.compile(r"[^\w\s'\u2018\u2019\u02bb\u02bc\u00b4`.,()&+\"\u201c\u201d\u00b7\u2022/-]|[.,]{2,}|_")
"""Signs that no name holds: `!`, `?`, `:`, `;`, `=`, `%`, emoji. Brackets may hold a name that is used."""


def is_sentence(name: str) -> bool:
    """Whether a text in place of a first name says something, or holds signs that no name has."""
    plain = unicodedata.normalize("NFKC", visible(name)).casefold().replace("\u2019", "'")
    letters = "".join(sign for sign in plain if unicodedata.category(sign) not in {"Mn", "Mc"})
    if _NOT_IN_NAMES.search(letters):
        return True
    if len(_scripts(letters)) > 1:  # `URGENT` with a Greek E reads as the word that it imitates
        return True
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", letters)
    of_sentences = sum(word in _SENTENCE_WORDS for word in words)
    return (
        len(words) > _MOST_WORDS
        or not _MESSAGE_WORDS.isdisjoint(words)
        or of_sentences >= 2  # noqa: PLR2004
        or (of_sentences == 1 and len(words) >= 4)  # noqa: PLR2004
    )


def _scripts(text: str) -> set[str]:
    """Which of the alphabets that look alike a text has letters of."""
    every = {unicodedata.name(sign, "").partition(" ")[0] for sign in text if sign.isalpha()}
    return every & {"LATIN", "GREEK", "CYRILLIC", "CHEROKEE", "ARMENIAN"}


def is_placeholder(name: str) -> bool:
    """Whether a text in place of a first name is none: nobody is greeted by it. Real names stay, however short."""
    plain = _plain(name)
    return plain.rstrip(".") in _NONE or _LIKE_NONE.fullmatch(plain.rstrip(".")) is not None or is_of_tests(plain)


def is_of_tests(name: str) -> bool:
    """Whether a name is that of a record which stands for nobody, by which people try a system out."""
    return _OF_TESTS.search(_plain(name)) is not None


def _plain(name: str) -> str:
    """The name in lower case, without what stands around it: brackets, asterisks, quotation marks."""
    text = unicodedata.normalize("NFKC", visible(name)).casefold()
    return " ".join(text.strip(" \t\r\n*()[]{}<>\"'`_-:;,!?").split())

"""Compares Twilio's opt-out keywords with ours: by the texts that it handled, and by a list for a person to check.

No API of Twilio's shows its keywords. A Messaging Service in its API (https://www.twilio.com/docs/messaging/api/service-
resource) has no field for them, and those of a campaign are what was declared in the United States, not those in force.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.delivery.incoming.keywords import KEYWORDS
from shared.platform.clock import Connection

SEEN_FOR = timedelta(days=28)
"""Age of the oldest text that is examined: a corrected list of keywords is reported no longer than that."""

TAKEN = """
SELECT carrier, word, count(*) AS number, max(received_at) AS last_at FROM texts.texts
WHERE received_at > $1 AND num_nonnulls(carrier, word) > 0 GROUP BY carrier, word ORDER BY carrier, word
"""

EFFECTS = {
    "STOP": "lets nothing of ours through to those phones any more",
    "START": "lets our texts through to those phones again",
    "HELP": "has answered them itself",
}

UNTAKEN = {
    "STOP": "whoever wrote them got no confirmation, from Twilio or from us",
    "HELP": "whoever wrote them got no answer, from Twilio or from us",
}
"""The effect of a keyword that we leave to Twilio and that Twilio ignores. An ignored `YES` is no fault."""

WHERE = "in Twilio's console under Messaging, Services, your service, Opt-Out Management"


def manual_checks(sender: str) -> Iterator[str]:
    """The keywords that a person must compare in Twilio's console; `sender` is the number or service of our texts."""
    if sender.startswith("MG"):
        yield f"no API shows which words Twilio takes itself. Look {WHERE}; they should be these, and no others:"
    else:
        yield "texts come from a number of its own, for which Twilio takes its standard words and tells us of none:"
    names = {"STOP": "opt-out", "START": "opt-in", "HELP": "help"}
    for keyword, words in KEYWORDS.items():
        yield f"{names[keyword]}: {', '.join(sorted(words))}"
    yield "to these Twilio alone answers: see to it that its answer to HELP names whom to call"


async def disagreements(connection: Connection, now: datetime) -> list[str]:
    """A sentence for each keyword that Twilio and we treated differently in recent texts."""
    rows = await connection.fetch(TAKEN, now - SEEN_FOR)
    tells = any(row["carrier"] for row in rows)  # only where Advanced Opt-Out is on
    faults = []
    for row in rows:
        carrier, word = row["carrier"], row["word"]
        seen = f"{row['number']} of the texts of the last {SEEN_FOR.days} days, the last on {row['last_at']:%-d %B},"
        if carrier and carrier != word:
            ours = f"are {word} by our list" if word else "are on no list of ours"
            faults.append(
                f"{seen} {ours}, and Twilio took them as {carrier}: it {EFFECTS[carrier]}. Take what is not ours off "
                f"its list, {WHERE}"
            )
        elif tells and not carrier and word in UNTAKEN:
            faults.append(
                f"{seen} are {word} by our list, and Twilio did not take them: {UNTAKEN[word]}. Put "
                f"{', '.join(sorted(KEYWORDS[word]))} on its list, {WHERE}"
            )
    return faults

"""What is counted. Labels are codes: no name, number, text or id of a patient."""

from prometheus_client import Counter, Gauge, Histogram

RECORDS = Counter("cocreate_records", "Records taken in", ["service", "topic"])
DEAD_LETTERS = Counter("cocreate_dead_letters", "Records that went to a dead-letter topic", ["topic", "reason"])
OUTAGES = Counter("cocreate_outages", "Times that a server was away", ["server"])
LAG = Gauge("cocreate_lag_records", "Records not yet taken in", ["service", "topic"])
LAST_POLL = Gauge("cocreate_last_poll_seconds", "When records were last asked for (Unix time)", ["service"])
DECIDED = Counter("cocreate_decisions", "What was decided about due messages", ["decision", "why"])
SENDS = Counter("cocreate_sends", "What became of attempts to send", ["channel", "outcome"])
COUNTRIES = Counter(
    "cocreate_texts_by_country", "Texts to phones, by country, and those that were not sent", ["country", "outcome"]
)
RESENDS = Counter("cocreate_resends", "Messages sent once more after the provider's list showed nothing")
SEND_SECONDS = Histogram("cocreate_send_seconds", "How long the provider took", ["channel"])
WAITING = Gauge("cocreate_overdue_messages", "Messages that are due and wait", ["why"])

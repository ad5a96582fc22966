"""Where a message stands, and why, as values: for programs the code, for people the sentence."""

from collections.abc import Mapping
from enum import StrEnum


class MessageState(StrEnum):
    """Where a message stands. `sent` and after: the provider has it; `unknown`: nobody can tell yet."""

    SCHEDULED = "scheduled"
    WITHDRAWN = "withdrawn"
    WITHHELD = "withheld"
    SENDING = "sending"
    UNKNOWN = "unknown"
    PARKED = "parked"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class Why(StrEnum):
    """Why a message stands where it stands; also the label of metrics."""

    PLANNED = "planned"
    NO_LONGER_WANTED = "no_longer_wanted"
    FORGOTTEN = "forgotten"
    # it waits
    OUTSIDE_WINDOW = "outside_window"
    PLANNER_BEHIND = "planner_behind"
    EARLIER_ON_ITS_WAY = "earlier_on_its_way"
    THING_HELD = "thing_held"
    PLACE_UNMAPPED = "place_unmapped"
    NO_CONTACT = "no_contact"
    PAUSED = "paused"
    TEST_PATIENT = "test_patient"
    DEATH_REPORTED = "death_reported"
    NUMBER_DOUBTED = "number_doubted"
    RECORDS_DISAGREE = "records_disagree"
    DEATH_CONTESTED = "death_contested"
    PHONE_UNSAFE = "phone_unsafe"
    DAILY_CAP = "daily_cap"
    SOURCE_BUDGET = "source_budget"
    NO_WORDS = "no_words"
    UNREADABLE = "unreadable"
    PROVIDER_BUSY = "provider_busy"
    SENDER_BLOCKED = "sender_blocked"
    IN_CONVERSATION = "in_conversation"
    NEXT_CHANNEL = "next_channel"
    RESEND = "resend"
    # it will not be sent
    BEFORE_GO_LIVE = "before_go_live"
    EXPIRED = "expired"
    DECEASED = "deceased"
    OPTED_OUT = "opted_out"
    OTHER_FORMAT = "other_format"
    OTHER_COUNTRY = "other_country"
    # a person reads a text because of it
    OWN_WORDS = "own_words"
    SOUNDS_URGENT = "sounds_urgent"
    DANGER_ON_UNSAFE_PHONE = "danger_on_unsafe_phone"
    IN_HOSPITAL = "in_hospital"
    MOVED_AWAY = "moved_away"
    ASKS_INTERPRETER = "asks_interpreter"
    ASKS_TRANSPORT = "asks_transport"
    ASKS_PREPARATION = "asks_preparation"
    # a person has something to do because of it
    ASKED = "asked"
    LOW_TWICE = "low_twice"
    LOW_AT_ONCE = "low_at_once"
    ASKED_TO_TALK = "asked_to_talk"
    SILENT_TWICE = "silent_twice"
    NOT_BROUGHT = "not_brought"
    OTHER_LANGUAGE = "other_language"
    RELEASE_FIRST = "release_first"
    TIME_FOR_A_REUNION = "time_for_a_reunion"
    FEWER_PLACES = "fewer_places"
    BOOKED_TOO_LATE = "booked_too_late"
    CHANGED_TOO_LATE = "changed_too_late"
    NO_HOUR = "no_hour"
    # it was, or may have been
    CLAIMED = "claimed"
    TIMED_OUT = "timed_out"
    LEASE_EXPIRED = "lease_expired"
    ACCEPTED = "accepted"
    FOUND_AT_PROVIDER = "found_at_provider"
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNDELIVERED = "undelivered"
    NOT_FOUND_AT_PROVIDER = "not_found_at_provider"


WAITING = frozenset(
    {
        Why.OUTSIDE_WINDOW,
        Why.PLANNER_BEHIND,
        Why.EARLIER_ON_ITS_WAY,
        Why.THING_HELD,
        Why.PLACE_UNMAPPED,
        Why.NO_CONTACT,
        Why.PAUSED,
        Why.TEST_PATIENT,
        Why.DEATH_REPORTED,
        Why.NUMBER_DOUBTED,
        Why.RECORDS_DISAGREE,
        Why.DEATH_CONTESTED,
        Why.PHONE_UNSAFE,
        Why.DAILY_CAP,
        Why.SOURCE_BUDGET,
        Why.NO_WORDS,
        Why.UNREADABLE,
        Why.PROVIDER_BUSY,
        Why.SENDER_BLOCKED,
        Why.IN_CONVERSATION,
    }
)
"""Reasons to wait. A message that expires while it waits is withheld for the reason that it waited for."""

REASONS: Mapping[Why, str] = {
    Why.PLANNED: "waits for its time",
    Why.NO_LONGER_WANTED: "the appointment or the plan has changed since",
    Why.FORGOTTEN: "the patient was erased (`cocreate people forget`)",
    Why.OUTSIDE_WINDOW: "waits for a decent hour",
    Why.PLANNER_BEHIND: "waits: its planner has unread events, and one may be a cancellation",
    Why.EARLIER_ON_ITS_WAY: "waits: an earlier message about the same is still on its way, and must arrive first",
    Why.THING_HELD: "waits: an event about it could not be read (see `cocreate dead list`)",
    Why.PLACE_UNMAPPED: "waits: its clinic has no approved public name (see `cocreate places unmapped`)",
    Why.NO_CONTACT: "waits: no number or address that can take it",
    Why.PAUSED: "waits: the patient is paused",
    Why.TEST_PATIENT: "waits: this is a test patient, who stands for nobody; is it a person, mend the name",
    Why.DEATH_REPORTED: "waits: a text or the NHS told of a death, and a person is to look (`cocreate tasks list`)",
    Why.NUMBER_DOUBTED: "waits: a text said that this phone is not the patient's (see `cocreate tasks list`)",
    Why.RECORDS_DISAGREE: "waits: records of two people give one NHS number, and a person is to look",
    Why.DEATH_CONTESTED: "waits: one clinic says that the patient has died, another that they live",
    Why.PHONE_UNSAFE: "Do not text or call this number, somebody else may read it: see `cocreate unsafe list`",
    Why.DAILY_CAP: "waits: this patient has had a day's most",
    Why.SOURCE_BUDGET: "waits: its source has had a day's most texts (COCREATE_SOURCE_DAILY_TEXTS)",
    Why.NO_WORDS: "waits: its words are missing or do not fit its data",
    Why.UNREADABLE: "waits: what we keep of it cannot be opened; is an old key missing from COCREATE_KEYS?",
    Why.PROVIDER_BUSY: "waits: the provider asked us to slow down, or could not be reached",
    Why.SENDER_BLOCKED: "waits: the provider refuses our account or sender; check its settings",
    Why.IN_CONVERSATION: "waits: the patient is in a conversation with us, and nothing else crosses it",
    Why.NEXT_CHANNEL: "is tried at the patient's next address",
    Why.RESEND: "the provider never had it; it is sent once more",
    Why.BEFORE_GO_LIVE: "fell due before messages went live",
    Why.EXPIRED: "came too late to be useful",
    Why.DECEASED: "the patient has died",
    Why.OPTED_OUT: "the patient wants no such messages",
    Why.OTHER_FORMAT: "the patient needs a format that cannot be sent: staff have a task (see `cocreate tasks list`)",
    Why.OTHER_COUNTRY: "the phone is of a country that is not on the list (COCREATE_DESTINATIONS): staff have a task",
    Why.OWN_WORDS: "somebody wrote what only a person may answer",
    Why.SOUNDS_URGENT: "somebody wrote of danger",
    Why.DANGER_ON_UNSAFE_PHONE: (
        "somebody wrote of danger, and somebody else may read their phone, so do not text or call this number"
    ),
    Why.IN_HOSPITAL: "somebody wrote that the patient is in hospital",
    Why.MOVED_AWAY: "somebody wrote that the patient lives elsewhere, or is another clinic's now",
    Why.ASKS_INTERPRETER: "somebody asked for an interpreter, or does not understand our language",
    Why.ASKS_TRANSPORT: "somebody asked how to get there: transport, parking, a lift",
    Why.ASKS_PREPARATION: "somebody asked what to do before: to fast, what to take or bring",
    Why.ASKED: "the patient asked for it",
    Why.LOW_TWICE: "a goal is not going well: two answers in a row were low",
    Why.LOW_AT_ONCE: "a goal is not going well: one answer was low, and this clinic calls at once",
    Why.ASKED_TO_TALK: "the patient asked to be called",
    Why.SILENT_TWICE: "the patient was asked twice how a goal went, and did not answer",
    Why.NOT_BROUGHT: "a child, or a person at risk, was not brought to an appointment",
    Why.OTHER_LANGUAGE: "the patient speaks a language that we do not write, or needs an interpreter when they meet",
    Why.RELEASE_FIRST: "this place releases each message about a missed appointment",
    Why.TIME_FOR_A_REUNION: "people finished a course some months ago, and no reunion is planned",
    Why.FEWER_PLACES: "there are fewer places than people who were told that they have one",
    Why.BOOKED_TOO_LATE: "it was booked out of hours, for so soon that no text may go before",
    Why.CHANGED_TOO_LATE: "it moved at night: no text may go before the hour at which the patient would come",
    Why.NO_HOUR: "the clinic's system says midnight: nobody has said the hour",
    Why.CLAIMED: "is being sent",
    Why.TIMED_OUT: "the provider gave no answer; being looked up there",
    Why.LEASE_EXPIRED: "the sender stopped in the middle; being looked up at the provider",
    Why.ACCEPTED: "the provider has it",
    Why.FOUND_AT_PROVIDER: "the provider had it after all",
    Why.DELIVERED: "arrived",
    Why.REFUSED: "the provider refused it for good",
    Why.UNDELIVERED: "the network could not deliver it",
    Why.NOT_FOUND_AT_PROVIDER: "nobody can tell whether it was sent; a person must decide",
}

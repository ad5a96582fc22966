"""The house: clock, people, places, words, schedule, and the first planner."""

from deploy.migrations.planner import create_planner
from deploy.migrations.script import execute

revision = "0001"
down_revision = None

CLOCK = """
CREATE SCHEMA clock;
CREATE TABLE clock.setting (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    real_at timestamptz NOT NULL,
    shown_at timestamptz NOT NULL,
    rate double precision NOT NULL DEFAULT 1 CHECK (rate >= 0)
);
INSERT INTO clock.setting (real_at, shown_at) SELECT now(), now();
CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS
    $$ SELECT shown_at + (clock_timestamp() - real_at) * rate FROM clock.setting $$;
"""

PEOPLE = """
CREATE SCHEMA people;

-- The row that everything about a patient locks.
CREATE TABLE people.patients (
    id uuid PRIMARY KEY,
    merged_into uuid
);

-- What a source calls a patient ('nhs' is the NHS's own source), as a blind index.
CREATE TABLE people.identifiers (
    reference bytea PRIMARY KEY,
    source text NOT NULL,
    value_index bytea NOT NULL,           -- of the identifier alone, to find a patient without knowing the source
    patient_id uuid NOT NULL
);
CREATE INDEX ON people.identifiers (patient_id);
CREATE INDEX ON people.identifiers (value_index);

-- One row for each voice that speaks of a patient: a source's own record, and details embedded in its other events.
CREATE TABLE people.details (
    patient_id uuid NOT NULL,
    reference bytea NOT NULL,
    embedded boolean NOT NULL,
    version text COLLATE "C" NOT NULL,
    key_id text,
    sealed bytea,                          -- null: gone
    PRIMARY KEY (reference, embedded)
);
CREATE INDEX ON people.details (patient_id);

CREATE TABLE people.addresses (
    address bytea NOT NULL,                -- blind index of an E.164 number or an e-mail address
    patient_id uuid NOT NULL,
    PRIMARY KEY (address, patient_id)
);
CREATE INDEX ON people.addresses (patient_id);

-- STOP is final: by the patient for a category, or by the carrier for a number.
CREATE TABLE people.opt_outs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_id uuid,
    address bytea,
    category text NOT NULL,
    origin text NOT NULL,
    since_at timestamptz NOT NULL,
    CHECK (num_nonnulls(patient_id, address) = 1),
    UNIQUE NULLS NOT DISTINCT (patient_id, address, category)
);
CREATE INDEX ON people.opt_outs (address);
"""

PLACES = """
CREATE SCHEMA places;

-- A source's clinic code → what patients may be told. An empty code speaks for events that name no clinic.
CREATE TABLE places.places (
    source text NOT NULL,
    clinic text NOT NULL,
    name text NOT NULL,
    address text NOT NULL DEFAULT '',
    phone text NOT NULL,
    sender text NOT NULL,
    zone text NOT NULL DEFAULT 'Europe/London',
    site text NOT NULL,                    -- codes of one site: moving between them is a changed room
    PRIMARY KEY (source, clinic)
);
"""

WORDS = """
CREATE SCHEMA words;
CREATE TABLE words.templates (
    planner text NOT NULL,
    name text NOT NULL,
    part text NOT NULL,                    -- 'sms', 'subject', 'email'
    language text NOT NULL,
    version integer NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (planner, name, part, language, version)
);
"""

SCHEDULE = """
CREATE SCHEMA schedule;

CREATE TABLE schedule.messages (
    id uuid PRIMARY KEY,                   -- UUIDv5 of planner and key: doubles collide
    planner text NOT NULL,
    key text,                              -- the intention; erased with the content, the id stays
    patient_id uuid NOT NULL,
    category text NOT NULL,
    kind text NOT NULL,
    template text NOT NULL,
    things text[] NOT NULL,
    says jsonb NOT NULL,                   -- thing → what is told of it
    places text[] NOT NULL,                -- '{source}#{clinic}' of each thing
    data jsonb,                            -- what the words are filled with
    wanted text NOT NULL,                  -- digest of all that the plan wants: equal means up to date
    send_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    urgent_by timestamptz,
    on_unknown text NOT NULL CHECK (on_unknown IN ('resend', 'park')),
    state text NOT NULL CHECK (state IN ('scheduled', 'withdrawn', 'withheld', 'sending', 'unknown', 'parked',
                                         'sent', 'delivered', 'failed')),
    why text NOT NULL,                     -- why it stands where it stands: a value of shared.schedule.Why
    detail text NOT NULL DEFAULT '',
    due_at timestamptz NOT NULL,           -- when delivery looks at it next
    version integer NOT NULL DEFAULT 1,
    planned_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    -- the sending
    attempt integer NOT NULL DEFAULT 0,
    resends integer NOT NULL DEFAULT 0,
    claim_token uuid,
    lease_until timestamptz,
    claimed_at timestamptz,
    unknown_at timestamptz,
    sent_at timestamptz,
    channel text,
    address bytea,                         -- blind index of where it went
    tried bytea[] NOT NULL DEFAULT '{}',   -- addresses that refused it for good
    words text,                            -- which words, in which version
    key_id text,
    sealed bytea,                          -- address and rendered words
    provider_id text,                      -- the provider's name for the present attempt
    past_ids text[] NOT NULL DEFAULT '{}'  -- and for earlier ones: their receipts tell nothing of this one
);
CREATE INDEX ON schedule.messages (due_at, patient_id) WHERE state = 'scheduled';
CREATE INDEX ON schedule.messages (address);
CREATE INDEX ON schedule.messages (patient_id, planner);
CREATE INDEX ON schedule.messages (lease_until) WHERE state = 'sending';
CREATE INDEX ON schedule.messages (due_at) WHERE state = 'unknown';
CREATE INDEX ON schedule.messages (changed_at) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX ON schedule.messages (provider_id) WHERE provider_id IS NOT NULL;

-- Once claimed it is told, unless it surely failed.
CREATE VIEW schedule.told AS
    SELECT id, planner, patient_id, kind, things, says, claimed_at AS told_at
    FROM schedule.messages
    WHERE state IN ('sending', 'unknown', 'parked', 'sent', 'delivered');

CREATE TABLE schedule.wakeups (
    planner text NOT NULL,
    patient_id uuid NOT NULL,
    key text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (planner, patient_id, key)
);
CREATE INDEX ON schedule.wakeups (planner, at);

-- Things of which an event came that could not be read: it may have been a cancellation.
CREATE TABLE schedule.holds (
    thing text PRIMARY KEY,
    reason text NOT NULL,
    event_at timestamptz,                  -- the unreadable event's own time, where that could be read
    records text[] NOT NULL,               -- '{topic}/{partition}/{offset}' of each that was held for
    held_at timestamptz NOT NULL,
    released_at timestamptz
);

CREATE TABLE schedule.heartbeats (
    planner text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    caught_up_at timestamptz NOT NULL,
    PRIMARY KEY (planner, topic, partition)
);

-- With which policy a planner last planned: another one plans everybody again.
CREATE TABLE schedule.planners (
    name text PRIMARY KEY,
    policy text NOT NULL
);

CREATE TABLE schedule.outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key text NOT NULL,
    event jsonb NOT NULL
);

-- Every change of a message leaves its whole state in the outbox, in the same transaction, whoever made the change.
-- Codes and instants only: no name, no number, no words.
CREATE FUNCTION schedule.status_event(m schedule.messages) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'specversion', '1.0', 'id', m.id || '/' || m.version, 'source', 'urn:cocreate:schedule',
        'type', 'cocreate.message.v1', 'subject', 'message/' || m.id, 'time', m.changed_at,
        'datacontenttype', 'application/json',
        'data', jsonb_build_object(
            'id', m.id, 'version', m.version, 'planner', m.planner, 'kind', m.kind, 'category', m.category,
            'things', m.things, 'state', m.state, 'why', m.why, 'channel', m.channel, 'send_at', m.send_at,
            'expires_at', m.expires_at, 'claimed_at', m.claimed_at, 'sent_at', m.sent_at,
            'attempt', m.attempt, 'resends', m.resends));
$$;

CREATE FUNCTION schedule.tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO schedule.outbox (topic, key, event)
            SELECT 'messaging.status', n.id::text, schedule.status_event(n) FROM changed n;
    ELSE
        INSERT INTO schedule.outbox (topic, key, event)
            SELECT 'messaging.status', n.id::text, schedule.status_event(n)
            FROM changed n JOIN before b USING (id) WHERE n.version <> b.version;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_new AFTER INSERT ON schedule.messages
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION schedule.tell();
CREATE TRIGGER tell_changed AFTER UPDATE ON schedule.messages
    REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION schedule.tell();
"""


def upgrade() -> None:
    """Build it."""
    for part in (CLOCK, PEOPLE, PLACES, WORDS, SCHEDULE):
        execute(part)
    create_planner("prompts")

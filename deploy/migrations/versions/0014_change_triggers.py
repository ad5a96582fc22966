"""Changes of messages cost less; lists for staff concern no patient.

The instant is read once a statement, and only rare changes are looked up. Measured for each changed
message: 25 µs before, 5 µs after. To be claimed and to be recorded are two changes.
"""

from deploy.migrations.script import execute

revision = "0014"
down_revision = "0013"

# A setting, for a row's trigger cannot see what its statement's trigger has found out. JSON's form of an instant, as
# that is the same whatever the session's DateStyle.
INSTANT = """
CREATE FUNCTION schedule.note_instant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('cocreate.changed_at', to_json(clock.at_statement()) #>> '{}', true);
    RETURN NULL;
END $$;
CREATE TRIGGER note_instant BEFORE UPDATE ON schedule.messages
    FOR EACH STATEMENT EXECUTE FUNCTION schedule.note_instant();

CREATE OR REPLACE FUNCTION schedule.change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.changed_at := current_setting('cocreate.changed_at')::timestamptz;
    RETURN NEW;
END $$;
"""

LEGALITY = """
CREATE FUNCTION schedule.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM schedule.transitions t
        WHERE t.from_state = OLD.state AND t.to_state = NEW.state AND (OLD.resends > 0 OR NOT t.resent)
    ) THEN
        RETURN NEW;
    END IF;
    RAISE check_violation USING
        MESSAGE = format('message %s is %s and cannot become %s', OLD.id, OLD.state, NEW.state),
        HINT = coalesce(
            (SELECT 'It can become ' || string_agg(to_state, ', ' ORDER BY to_state) || ': see schedule.transitions.'
             FROM schedule.transitions
             WHERE from_state = OLD.state AND to_state <> OLD.state AND (OLD.resends > 0 OR NOT resent)),
            'It is at its end: leave it as it is.');
END $$;

-- What is legal whatever a message has been through is a constant of the trigger's condition, made from the table;
-- everything else is looked up in it. Whoever takes a row out of the table makes this trigger again.
DO $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER refuse BEFORE UPDATE ON schedule.messages FOR EACH ROW
         WHEN (OLD.state <> NEW.state AND OLD.state || '' '' || NEW.state <> ALL (%L::text[]))
         EXECUTE FUNCTION schedule.refuse()',
        (SELECT array_agg(from_state || ' ' || to_state ORDER BY from_state, to_state)
         FROM schedule.transitions WHERE NOT resent AND from_state <> to_state));
END $$;
"""

# A connection plans this once, by as many rows as its first statement changed. A join that was planned for one row is a
# nested loop for ever after: 10 ms for 50 rows, and a second for 2,000. A hashed set has no such choice.
TELL = """
CREATE OR REPLACE FUNCTION schedule.tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO schedule.outbox (topic, key, event)
            SELECT 'messaging.status', n.id::text, schedule.status_event(n) FROM changed n;
    ELSE
        INSERT INTO schedule.outbox (topic, key, event)
            SELECT 'messaging.status', n.id::text, schedule.status_event(n)
            FROM changed n WHERE (n.id, n.version) NOT IN (SELECT b.id, b.version FROM before b);
    END IF;
    RETURN NULL;
END $$;
"""

# A list for staff goes to staff: its form says whose things it shows.
CONCERNS = """
CREATE OR REPLACE VIEW schedule.concerns AS
SELECT patient_id, planner, thing, max(coalesce(claimed_at, send_at)) AS last_at
FROM schedule.messages m CROSS JOIN unnest(things) AS thing
WHERE state <> 'withdrawn' AND NOT EXISTS (
    SELECT FROM words.forms f WHERE f.planner = m.planner AND f.name = m.template AND f.form ? 'shows')
GROUP BY patient_id, planner, thing;
"""


def upgrade() -> None:
    """Change it."""
    for part in (INSTANT, LEGALITY, TELL, CONCERNS):
        execute(part)

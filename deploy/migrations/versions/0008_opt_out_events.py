"""What patients stopped is told to their clinics; what the carrier took of texts; the planner of cards."""

from deploy.migrations.planner import create_planner
from deploy.migrations.script import execute

revision = "0008"
down_revision = "0007"

# Whoever has the phone or the mailbox is concerned, and of each the sources that have things of theirs in the schedule:
# one event for each, in which that source's own names are, and nobody else's. Where nothing stands there, nothing was
# stopped; what comes later is withheld, and told as that. A stop is one thing with a name of its own: it ends with its
# own `restarted`, whatever other stops there are. Cards go to clinicians: what these stop is no patient's.
EVENTS = """
CREATE FUNCTION people.tell_opt_outs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told text := CASE TG_OP WHEN 'INSERT' THEN 'stopped' ELSE 'restarted' END;
    moment timestamptz := clock.now();
BEGIN
    INSERT INTO schedule.outbox (topic, key, event)
    WITH concerned AS (
        SELECT c.id, c.category, c.origin, p.id AS patient_id,
            CASE told WHEN 'stopped' THEN c.since_at ELSE greatest(moment, c.since_at) END AS at
        FROM changed c LEFT JOIN people.addresses a ON a.address = c.address
            JOIN people.patients p ON p.id = coalesce(c.patient_id, a.patient_id) AND p.merged_into IS NULL
    ), theirs AS (
        SELECT c.id, c.category, c.origin, c.patient_id, c.at, thing,
            coalesce(substring(thing FROM '^(.*)/(?:appointment|goal)/.'),
                regexp_replace(thing, '/[^/]+/[^/]*$', '')) AS source,
            max(coalesce(m.claimed_at, m.send_at)) AS last_at
        FROM concerned c JOIN schedule.messages m USING (patient_id) CROSS JOIN unnest(m.things) AS thing
        WHERE m.planner NOT IN ('delivery', 'cards') AND m.state <> 'withdrawn'
        GROUP BY c.id, c.category, c.origin, c.patient_id, c.at, thing
    ), events AS (
        SELECT md5(id || ' ' || patient_id || ' ' || source)::uuid AS name, id, patient_id, category, origin, at,
            (array_agg(thing ORDER BY last_at DESC, thing))[1:20] AS things
        FROM theirs GROUP BY id, patient_id, category, origin, at, source
    )
    SELECT 'clinic.responses', patient_id::text, jsonb_build_object(
        'specversion', '1.0', 'id', name || '/' || told, 'source', 'urn:cocreate:people',
        'type', 'cocreate.opt_out.v1', 'subject', 'opt-out/' || name, 'time', at,
        'datacontenttype', 'application/json',
        'data', jsonb_build_object(
            'things', things, 'category', category, 'state', told, 'origin', origin, 'at', at))
    FROM events ORDER BY id, name;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_stopped AFTER INSERT ON people.opt_outs
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION people.tell_opt_outs();
CREATE TRIGGER tell_restarted AFTER DELETE ON people.opt_outs
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION people.tell_opt_outs();
"""

# For the doctor: Twilio takes these words itself, by lists that only its console shows.
CARRIER = """
ALTER TABLE texts.texts
    ADD carrier text,                      -- what the carrier says it did about it: 'STOP', 'START', 'HELP'
    ADD word text;                         -- which of these its words are by our lists
CREATE INDEX ON texts.texts (received_at) WHERE num_nonnulls(carrier, word) > 0;
"""


def upgrade() -> None:
    """Change it."""
    for part in (EVENTS, CARRIER):
        execute(part)
    create_planner("cards")

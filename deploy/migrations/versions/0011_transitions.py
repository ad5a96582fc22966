"""The database itself counts changes of messages and tasks, dates them, and refuses those that are not legal."""

from deploy.migrations.script import execute

revision = "0011"
down_revision = "0010"

# `clock.now()` differs from row to row of one statement; what a statement changes, it changes at one instant.
CLOCK = """
CREATE FUNCTION clock.at_statement() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT shown_at + greatest(statement_timestamp() - real_at, '0') * rate FROM clock.setting
$$;
"""

# The table is `shared.transitions.TABLE`: a test holds the two against each other.
MESSAGES = """
CREATE TABLE schedule.transitions (
    from_state text NOT NULL,
    to_state text NOT NULL,
    resent boolean NOT NULL DEFAULT false, -- only of one that was sent once more: its first attempt has turned up
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO schedule.transitions (from_state, to_state) VALUES
    ('scheduled', 'scheduled'), ('scheduled', 'withdrawn'), ('scheduled', 'withheld'), ('scheduled', 'sending'),
    ('scheduled', 'failed'),
    ('withdrawn', 'scheduled'),
    ('sending', 'scheduled'), ('sending', 'withheld'), ('sending', 'unknown'), ('sending', 'sent'),
    ('sending', 'delivered'), ('sending', 'failed'),
    ('unknown', 'scheduled'), ('unknown', 'withheld'), ('unknown', 'parked'), ('unknown', 'sent'),
    ('unknown', 'delivered'), ('unknown', 'failed'),
    ('parked', 'scheduled'), ('parked', 'withheld'), ('parked', 'sent'), ('parked', 'delivered'),
    ('parked', 'failed'),
    ('sent', 'scheduled'), ('sent', 'withheld'), ('sent', 'unknown'), ('sent', 'delivered'), ('sent', 'failed');
INSERT INTO schedule.transitions (from_state, to_state, resent) VALUES
    ('scheduled', 'sent', true), ('scheduled', 'delivered', true),
    ('withdrawn', 'withheld', true), ('withdrawn', 'sent', true), ('withdrawn', 'delivered', true),
    ('withdrawn', 'failed', true),
    ('withheld', 'scheduled', true), ('withheld', 'withheld', true), ('withheld', 'sent', true),
    ('withheld', 'delivered', true), ('withheld', 'failed', true);

CREATE FUNCTION schedule.change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT FROM schedule.transitions t
        WHERE t.from_state = OLD.state AND t.to_state = NEW.state AND (OLD.resends > 0 OR NOT t.resent)
    ) THEN
        RAISE check_violation USING
            MESSAGE = format('message %s is %s and cannot become %s', OLD.id, OLD.state, NEW.state),
            HINT = coalesce(
                (SELECT 'It can become ' || string_agg(to_state, ', ' ORDER BY to_state)
                     || ': see schedule.transitions.'
                 FROM schedule.transitions
                 WHERE from_state = OLD.state AND to_state <> OLD.state AND (OLD.resends > 0 OR NOT resent)),
                'It is at its end: leave it as it is.');
    END IF;
    NEW.version := OLD.version + 1;
    NEW.changed_at := clock.at_statement();
    RETURN NEW;
END $$;

-- Where anything differs that the status event tells. What it does not tell, such as when to look again, is no news.
CREATE TRIGGER change BEFORE UPDATE ON schedule.messages FOR EACH ROW WHEN (
    (OLD.version, OLD.planner, OLD.kind, OLD.category, OLD.things, OLD.state, OLD.why, OLD.channel, OLD.send_at,
     OLD.expires_at, OLD.claimed_at, OLD.sent_at, OLD.attempt, OLD.resends)
    IS DISTINCT FROM
    (NEW.version, NEW.planner, NEW.kind, NEW.category, NEW.things, NEW.state, NEW.why, NEW.channel, NEW.send_at,
     NEW.expires_at, NEW.claimed_at, NEW.sent_at, NEW.attempt, NEW.resends))
    EXECUTE FUNCTION schedule.change();
ALTER TABLE schedule.messages ALTER changed_at SET DEFAULT clock.at_statement();
"""

# A task stands where its outcome says, or is open. The table is `shared.tasks.TRANSITIONS`, held by a test as well.
TASKS = """
CREATE TABLE tasks.transitions (
    from_state text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO tasks.transitions (from_state, to_state) VALUES
    ('open', 'done'), ('open', 'in_vain'), ('open', 'not_needed'), ('open', 'no_longer_wanted'), ('open', 'lapsed'),
    ('done', 'not_needed'), ('in_vain', 'not_needed'), ('lapsed', 'not_needed'),
    ('no_longer_wanted', 'not_needed'), ('no_longer_wanted', 'open');

CREATE FUNCTION tasks.change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(OLD.outcome, OLD.state);
    after text := coalesce(NEW.outcome, NEW.state);
BEGIN
    IF before <> after AND NOT EXISTS (
        SELECT FROM tasks.transitions t WHERE t.from_state = before AND t.to_state = after
    ) THEN
        RAISE check_violation USING
            MESSAGE = format('task %s is %s and cannot become %s', OLD.id, before, after),
            HINT = coalesce(
                (SELECT 'It can become ' || string_agg(to_state, ', ' ORDER BY to_state) || ': see tasks.transitions.'
                 FROM tasks.transitions WHERE from_state = before),
                'It is at its end: leave it as it is.');
    END IF;
    NEW.version := OLD.version + 1;
    NEW.changed_at := clock.at_statement();
    RETURN NEW;
END $$;

CREATE TRIGGER change BEFORE UPDATE ON tasks.tasks FOR EACH ROW WHEN (
    (OLD.version, OLD.kind, OLD.things, OLD.why, OLD.message_id, OLD.text_id, OLD.due_at, OLD.expires_at, OLD.state,
     OLD.outcome, OLD.raised_at, OLD.escalated_at, OLD.closed_at, OLD.people)
    IS DISTINCT FROM
    (NEW.version, NEW.kind, NEW.things, NEW.why, NEW.message_id, NEW.text_id, NEW.due_at, NEW.expires_at, NEW.state,
     NEW.outcome, NEW.raised_at, NEW.escalated_at, NEW.closed_at, NEW.people))
    EXECUTE FUNCTION tasks.change();
ALTER TABLE tasks.tasks ALTER changed_at SET DEFAULT clock.at_statement();
"""


def upgrade() -> None:
    """Change it."""
    for part in (CLOCK, MESSAGES, TASKS):
        execute(part)

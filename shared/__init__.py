"""What services share, in packages by idea. Knows no service.

In reading order, each on those before it:

- `calendar`: when messages may leave: opening hours, bank holidays, working days, a minute of each patient's own.
- `platform`: what the machine gives: database, clock, pauses that grow, metrics, health, ids.
- `audit`: who did what, and who looked at whose data: written by one function, and never changed.
- `replies`: what a text from a patient means.
- `events`: what crosses Kafka: CloudEvents, the types of their fields, the names of topics.
- `clinic`: what clinics publish: appointments, goals, patients, courses, deaths; their places by public name.
- `security`: encryption of what is kept, and links that only we can have made.
- `formats`: FHIR and CSV, read as our own events.
- `rules`: what a rule sees and wants: facts, plans, replies, tasks, waiting lists, as values and pure folds.
- `patients`: who is who, and how each is reached.
- `settings`: what the environment may set, for every service.
- `schedule`: what stands between plan and patient: messages, wake-ups, holds, tasks, texts, waiting lists.
- `words`: what messages say, and what a text costs.
- `kafka`: clients with safe defaults, batches, dead letters, the outbox.
- `planning`: the engine of every planner: load facts, let the rule decide, reconcile its plan.
- `service`: how a service starts, runs its loops and ends.
- `embedded`: PostgreSQL and Kafka for one machine where nothing is installed.
"""

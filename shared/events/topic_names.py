"""Names of our own topics; the names of clinics' topics stand in `shared.clinic`, beside their events."""

DEAD = ".dead"
TASKS = "clinic.tasks"
RESPONSES = "clinic.responses"
RECEIPTS = "messaging.receipts"
INBOUND = "messaging.inbound"
STATUS = "messaging.status"

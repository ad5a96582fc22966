"""Names of the topics that are ours; those of clinics stand beside the events that they carry."""

DEAD = ".dead"
TASKS = "clinic.tasks"
RESPONSES = "clinic.responses"
RECEIPTS = "messaging.receipts"
INBOUND = "messaging.inbound"
STATUS = "messaging.status"

"""FHIR R4 resources, read as our own events."""

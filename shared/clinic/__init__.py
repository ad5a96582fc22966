"""What clinics publish: appointments, goals, patients, courses, deaths, and the registry of places."""

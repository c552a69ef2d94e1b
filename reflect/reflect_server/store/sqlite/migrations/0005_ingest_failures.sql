-- Attempts that count against a trace: those that met an outage of the model's provider do not.

ALTER TABLE traces ADD COLUMN ingest_failures INTEGER NOT NULL DEFAULT 0;

UPDATE traces SET ingest_failures = ingest_attempts WHERE due_at IS NOT NULL;

-- Claims that end by themselves: while a trace is `processing`, until when.

ALTER TABLE traces ADD COLUMN claimed_until INTEGER;

-- By project, as each takes its turn.

DROP INDEX traces_queue;
CREATE INDEX traces_queue ON traces (ingest_status, project_id, due_at) WHERE due_at IS NOT NULL;

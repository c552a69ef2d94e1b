-- A run that its sender names and dates: a digest of its creation, by which a repetition is known as
-- long as the trace exists; how it ended, where not by itself; and when it was received.

ALTER TABLE traces ADD COLUMN fingerprint BLOB;
ALTER TABLE traces ADD COLUMN ended TEXT CHECK (ended IN ('interrupted'));
ALTER TABLE traces ADD COLUMN received_at INTEGER;

-- Reviews whose run has not arrived yet.

CREATE TABLE early_reviews (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    trace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('pass', 'fail')),
    feedback_text TEXT,
    alpha REAL,
    remember INTEGER NOT NULL CHECK (remember IN (0, 1)),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, trace_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX early_reviews_by_age ON early_reviews (created_at);

-- Whether a trace's review has taken full effect, as `domain.trace.review_status_of` says: written
-- where it changes, so that a list of such traces compares one column.

ALTER TABLE traces ADD COLUMN review_status TEXT NOT NULL DEFAULT 'pending'
    CHECK (review_status IN ('pending', 'reviewed'));

UPDATE traces SET review_status = 'reviewed'
WHERE id IN (
    SELECT r.trace_id FROM reviews AS r
    JOIN traces AS t ON t.id = r.trace_id
    WHERE r.mode = 'deferred' OR t.ingest_status = 'completed'
);

-- How long a trajectory is, in bytes: those that are long are read outside of writes.

ALTER TABLE traces ADD COLUMN trajectory_bytes INTEGER NOT NULL DEFAULT 0;

UPDATE traces SET trajectory_bytes = coalesce(
    (SELECT length(CAST(messages AS BLOB)) FROM trajectories WHERE trace_seq = traces.seq), 0
);

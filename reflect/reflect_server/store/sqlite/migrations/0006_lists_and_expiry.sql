-- Keys that end by themselves.

ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;

-- One row per key of a trace's metadata, as `memory_facts` has for memories.

CREATE TABLE trace_facts (
    project_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    trace_seq INTEGER NOT NULL REFERENCES traces (seq) ON DELETE CASCADE,
    PRIMARY KEY (project_id, digest, trace_seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX trace_facts_by_trace ON trace_facts (trace_seq);

INSERT INTO trace_facts (project_id, digest, trace_seq)
SELECT t.project_id, from_hex(fact.value), t.seq
FROM traces AS t, json_each(metadata_digests(t.metadata)) AS fact;

CREATE INDEX traces_by_model ON traces (project_id, model, seq) WHERE model IS NOT NULL;

-- The highest position that a deleted entry of a list had. No later entry takes it, so that none
-- appears behind the cursor of somebody who reads page by page.

CREATE TABLE deleted_positions (
    list TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO deleted_positions (list, seq) VALUES ('traces', 0), ('memories', 0);

CREATE TRIGGER traces_keep_position AFTER DELETE ON traces
WHEN OLD.seq > (SELECT seq FROM deleted_positions WHERE list = 'traces')
BEGIN
    UPDATE deleted_positions SET seq = OLD.seq WHERE list = 'traces';
END;

CREATE TRIGGER memories_keep_position AFTER DELETE ON memories
WHEN OLD.seq > (SELECT seq FROM deleted_positions WHERE list = 'memories')
BEGIN
    UPDATE deleted_positions SET seq = OLD.seq WHERE list = 'memories';
END;

-- Ids are the public ones. `seq` is the order of insertion, which pages and queues follow.
-- Timestamps are microseconds since 1970 in UTC. JSON is kept as text.

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE traces (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    ingest_status TEXT NOT NULL
        CHECK (ingest_status IN ('queued', 'processing', 'completed', 'failed')),
    ingest_attempts INTEGER NOT NULL,
    due_at INTEGER,
    last_ingest_error TEXT,
    created_at INTEGER NOT NULL,
    model TEXT,
    retrieved_memory_ids TEXT NOT NULL,
    used_memory_ids TEXT,
    task TEXT NOT NULL,
    final_response TEXT NOT NULL,
    metadata TEXT NOT NULL,
    reference_context TEXT,
    CHECK ((due_at IS NOT NULL) = (ingest_status IN ('queued', 'processing')))
) STRICT;

-- Apart from its trace, whose row the queue rewrites several times.
CREATE TABLE trajectories (
    trace_seq INTEGER PRIMARY KEY REFERENCES traces (seq) ON DELETE CASCADE,
    messages TEXT NOT NULL
) STRICT;

CREATE INDEX traces_by_project ON traces (project_id, seq, ingest_status);
CREATE INDEX traces_queue ON traces (ingest_status, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE reviews (
    trace_id TEXT PRIMARY KEY REFERENCES traces (id) ON DELETE CASCADE,
    id TEXT NOT NULL UNIQUE,
    result TEXT NOT NULL CHECK (result IN ('pass', 'fail')),
    mode TEXT NOT NULL CHECK (mode IN ('inline', 'deferred')),
    alpha REAL,
    created_at INTEGER NOT NULL,
    feedback_text TEXT,
    reflection TEXT
) STRICT, WITHOUT ROWID;

-- A trace makes at most one memory.
CREATE TABLE memories (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    trace_id TEXT NOT NULL UNIQUE REFERENCES traces (id) ON DELETE CASCADE,
    success INTEGER CHECK (success IN (0, 1)),
    q_value REAL NOT NULL CHECK (q_value BETWEEN 0 AND 1),
    created_at INTEGER NOT NULL,
    task TEXT NOT NULL,
    reflection TEXT NOT NULL,
    metadata TEXT NOT NULL
) STRICT;

CREATE INDEX memories_by_project ON memories (project_id, seq, id);

-- Little-endian float32 values, `dimensions` of them.
CREATE TABLE memory_vectors (
    memory_id TEXT NOT NULL REFERENCES memories (id) ON DELETE CASCADE,
    embedder TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    vector BLOB NOT NULL CHECK (length(vector) = 4 * dimensions),
    PRIMARY KEY (memory_id, embedder)
) STRICT;

-- One row per key of a memory's metadata: a digest of the key and its value, equal where both are
-- equal as JSON. Filters look up digests and never parse a document.
CREATE TABLE memory_facts (
    project_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    memory_id TEXT NOT NULL REFERENCES memories (id) ON DELETE CASCADE,
    PRIMARY KEY (project_id, digest, memory_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX memory_facts_by_memory ON memory_facts (memory_id);

-- An event names the trace and the review that caused it without a foreign key: it outlives them,
-- so that the history of a memory that still exists stays whole.
CREATE TABLE q_value_events (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    memory_id TEXT NOT NULL REFERENCES memories (id) ON DELETE CASCADE,
    trace_id TEXT NOT NULL,
    review_id TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('pass', 'fail')),
    alpha REAL NOT NULL,
    weight REAL NOT NULL,
    q_before REAL NOT NULL,
    q_after REAL NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (review_id, memory_id)
) STRICT;

CREATE INDEX q_value_events_by_memory ON q_value_events (memory_id, seq);

CREATE TABLE api_keys (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    public_id TEXT NOT NULL UNIQUE,
    secret_hash BLOB NOT NULL,
    label TEXT NOT NULL,
    scopes TEXT NOT NULL,
    environment TEXT NOT NULL,
    is_master INTEGER NOT NULL CHECK (is_master IN (0, 1)),
    project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,
    user_id TEXT,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE INDEX api_keys_by_project ON api_keys (project_id, seq);

CREATE TABLE idempotent_answers (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    resource_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, key)
) STRICT, WITHOUT ROWID;

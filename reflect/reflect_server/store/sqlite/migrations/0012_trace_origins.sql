-- The W3C trace context of the request that put a trace into the ingest queue, where spans are made.

CREATE TABLE trace_origins (
    trace_id TEXT PRIMARY KEY REFERENCES traces (id) ON DELETE CASCADE,
    traceparent TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Ids that memories had until they were deleted: a run that was given one may be recorded later.

CREATE TABLE deleted_memories (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    memory_id TEXT NOT NULL,
    PRIMARY KEY (project_id, memory_id)
) STRICT, WITHOUT ROWID;

-- Every version of a project's skill; the newest is the skill.

CREATE TABLE skills (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    version INTEGER NOT NULL CHECK (version >= 1),
    n_passed INTEGER NOT NULL,
    n_failed INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (project_id, version)
) STRICT, WITHOUT ROWID;

-- The evidence behind each Q-value. Sums are whole multiples of 1/256, so that floats add them up
-- without rounding, in any order: `learning.evidence_of` counts the same from the events.

ALTER TABLE memories ADD COLUMN uses INTEGER NOT NULL DEFAULT 0 CHECK (uses >= 0);
ALTER TABLE memories ADD COLUMN wins REAL NOT NULL DEFAULT 0 CHECK (wins >= 0);
ALTER TABLE memories ADD COLUMN losses REAL NOT NULL DEFAULT 0 CHECK (losses >= 0);
ALTER TABLE memories ADD COLUMN last_used_at INTEGER;

ALTER TABLE projects ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE projects ADD COLUMN wins REAL NOT NULL DEFAULT 0;
ALTER TABLE projects ADD COLUMN losses REAL NOT NULL DEFAULT 0;

-- A project's evidence is that of its memories together, whatever happens to them.
CREATE TRIGGER evidence_changed AFTER UPDATE OF uses, wins, losses ON memories
BEGIN
    UPDATE projects
    SET uses = uses + NEW.uses - OLD.uses,
        wins = wins + NEW.wins - OLD.wins,
        losses = losses + NEW.losses - OLD.losses
    WHERE id = NEW.project_id;
END;

CREATE TRIGGER evidence_deleted AFTER DELETE ON memories WHEN OLD.uses > 0
BEGIN
    UPDATE projects
    SET uses = uses - OLD.uses, wins = wins - OLD.wins, losses = losses - OLD.losses
    WHERE id = OLD.project_id;
END;

UPDATE memories
SET (uses, wins, losses, last_used_at) = (
    SELECT
        count(*),
        coalesce(sum(iif(result = 'pass', CAST(alpha * weight / 0.3 * 256 + 0.5 AS INTEGER), 0)), 0)
            / 256.0,
        coalesce(sum(iif(result = 'fail', CAST(alpha * weight / 0.3 * 256 + 0.5 AS INTEGER), 0)), 0)
            / 256.0,
        max(created_at)
    FROM q_value_events
    WHERE memory_id = memories.id
);

-- What a version consists of, what it changed, and whether it was published. JSON as text.

ALTER TABLE skills ADD COLUMN published INTEGER NOT NULL DEFAULT 1 CHECK (published IN (0, 1));
ALTER TABLE skills ADD COLUMN lines TEXT NOT NULL DEFAULT '[]';
ALTER TABLE skills ADD COLUMN changes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE skills ADD COLUMN comparison TEXT NOT NULL DEFAULT 'null';

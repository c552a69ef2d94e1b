-- A review may move Q-values without a memory being made of its run.

ALTER TABLE reviews ADD COLUMN remember INTEGER NOT NULL DEFAULT 1 CHECK (remember IN (0, 1));

-- What the run of each memory answered, as a digest that is equal for equal answers; empty for none,
-- and for memories of before.

ALTER TABLE memories ADD COLUMN answer BLOB NOT NULL DEFAULT x'';

-- A keyed hash of the subject's own row as the erasure left it, where it stays. Tombstones of before have none.
ALTER TABLE tombstone ADD COLUMN remainder TEXT;

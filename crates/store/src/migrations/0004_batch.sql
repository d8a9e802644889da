-- The batch of a step whose commit has not been noted: its rows, and the number of its transaction where the database numbers them.
ALTER TABLE erasure_step ADD COLUMN batch_rows INTEGER CHECK (batch_rows >= 0);
ALTER TABLE erasure_step ADD COLUMN batch_transaction TEXT CHECK (batch_transaction IS NULL OR batch_rows IS NOT NULL);

-- A run that partly failed and was given up: nobody will resume it, and its subject is free for another run.
ALTER TABLE erasure_run ADD COLUMN abandoned INTEGER NOT NULL DEFAULT 0 CHECK (abandoned IN (0, 1));

DROP INDEX erasure_run_unfinished;
CREATE UNIQUE INDEX erasure_run_unfinished ON erasure_run (kind, subject)
    WHERE state IN ('started', 'running', 'verifying', 'partly_failed') AND abandoned = 0;

-- Webhooks that are called: until when the former secret signs too, how long a receiver has failed and is left alone, and why it is disabled.
ALTER TABLE webhook ADD COLUMN former_until INTEGER;
-- Calls in a row that came to nothing, and since when.
ALTER TABLE webhook ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhook ADD COLUMN failing_since INTEGER;
ALTER TABLE webhook ADD COLUMN rests_until INTEGER;
ALTER TABLE webhook ADD COLUMN disabled_reason TEXT CHECK (disabled_reason IN ('asked', 'gone', 'failing'));
-- Its contract was erased: it is still told of that, and then removed.
ALTER TABLE webhook ADD COLUMN ending INTEGER;

-- Calls so far, the last one, and what was wrong with it.
ALTER TABLE delivery ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN attempted INTEGER;
ALTER TABLE delivery ADD COLUMN problem TEXT CHECK (problem IN ('status', 'timeout', 'unreachable', 'encryption', 'address'));
CREATE INDEX delivery_waiting ON delivery (webhook) WHERE delivered IS NULL AND abandoned IS NULL;

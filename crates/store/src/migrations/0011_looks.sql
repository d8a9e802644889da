-- What is looked for often, or among much, is found by an index.

-- Each worker asks for the next job of its share of a lane at each poll, and most of those that wait are reminders of days to come.
CREATE INDEX job_next_delivery ON job (lane, run_at) WHERE state = 'queued' AND kind = 'deliver_webhook';
CREATE INDEX job_next_other ON job (lane, run_at) WHERE state = 'queued' AND kind <> 'deliver_webhook';

-- What was settled is forgotten by its age.
CREATE INDEX delivery_created ON delivery (created);
CREATE INDEX mail_created ON mail (created);

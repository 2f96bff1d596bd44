-- A change that a client asked for carries the client's name for its transaction: a transaction's
-- number is given again when a server that was killed, or a copy that took over, never heard of it.

ALTER TABLE events ADD COLUMN transaction_id uuid;
ALTER TABLE events ALTER COLUMN transaction_id
	SET DEFAULT nullif(current_setting('portbook.transaction_id', true), '')::uuid;

-- What is of no project is not everyone's to spoil: numbers of events and looks only go on, and what
-- was answered to a call with a name is kept for the role that made it.

-- ---- numbers

-- The number that is `step` above the last event's; those to come go on above it.  For who may enter
-- events, or may become a role that may, and may not set the sequence: a number that leaves nothing
-- above would end the book.  The sequence is set under the book's lock: not while others, who share
-- it, take from it.
CREATE FUNCTION number_above(step integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
	IF step IS NULL OR step NOT BETWEEN 1 AND 2 THEN
		RAISE EXCEPTION 'an event''s number is above the last by 1 or 2, not by %', step
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF NOT has_table_privilege(session_user, 'events', 'INSERT') AND NOT EXISTS (SELECT FROM pg_roles r
			WHERE pg_has_role(session_user, r.oid, 'MEMBER')
			AND has_table_privilege(r.oid, 'events', 'INSERT')) THEN
		RAISE EXCEPTION 'permission denied: % may not enter events, and needs no number of one',
			session_user USING ERRCODE = 'insufficient_privilege';
	END IF;
	PERFORM pg_advisory_xact_lock(8101820098856054635);
	RETURN use_number('events_seq_seq', coalesce((SELECT max(seq) + step FROM events), 1));
END
$$;

-- `given`, or the one that is `step` above the last.  Only for who holds the book's lock alone; to
-- give one is for who may set the sequence, as who puts a whole book in the place of this one.
CREATE OR REPLACE FUNCTION next_event(given bigint, step integer) RETURNS bigint LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
	IF given IS NOT NULL THEN
		RETURN use_number('events_seq_seq', given);
	END IF;
	RETURN number_above(step);
END
$$;

-- Who may set a sequence: no longer who may enter, but who may replace the history.
DO $$
DECLARE
	given record;
BEGIN
	FOR given IN SELECT c.oid::regclass AS sequence, coalesce(quote_ident(r.rolname), 'PUBLIC') AS name
			FROM pg_class c, aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
			WHERE c.oid IN ('events_seq_seq'::regclass, 'port_health_checks_id_seq'::regclass)
			AND a.grantee <> c.relowner AND a.privilege_type = 'UPDATE' LOOP
		EXECUTE format('REVOKE UPDATE ON SEQUENCE %s FROM %s', given.sequence, given.name);
	END LOOP;
	FOR given IN SELECT coalesce(quote_ident(r.rolname), 'PUBLIC') AS name
			FROM pg_class c, aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
			WHERE c.oid = 'events'::regclass AND a.grantee <> c.relowner
			AND a.privilege_type = 'DELETE' LOOP
		EXECUTE format('GRANT UPDATE ON SEQUENCE events_seq_seq, port_health_checks_id_seq TO %s',
			given.name);
	END LOOP;
END
$$;

-- ---- answers

-- Of rows from before nobody knows the role (''): they answer to all, until they are too old.
ALTER TABLE requests ADD COLUMN role_name name NOT NULL DEFAULT '';
ALTER TABLE requests ALTER role_name SET DEFAULT current_user,
	DROP CONSTRAINT requests_pkey, ADD PRIMARY KEY (role_name, actor, key);
ALTER TABLE requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY keep_own ON requests USING (role_name IN (current_user, ''))
	WITH CHECK (role_name = current_user);

-- Slots: which ports of a span are free, a row for each, so that many who ask at once are given
-- different ones without waiting for each other.
--
-- A slot is derived, and only a hint: the index live_port is the law.  A span is opened by the
-- first claim in it; from then on triggers keep its slots, whoever writes.  Where the slots have
-- nothing to give, or are wrong, the entries themselves decide (choose_port), and who is about to
-- enter or release is waited for: so "no port is left" is said only when it is true.

CREATE TABLE port_slots (
	hostname text COLLATE "C" NOT NULL,
	protocol text COLLATE "C" NOT NULL,
	port_number integer NOT NULL,
	free boolean NOT NULL,
	released_at timestamptz,
	PRIMARY KEY (hostname, protocol, port_number)
-- Half of each page is left for what is updated: rows change in place, and the index stays.
) WITH (fillfactor = 50);

-- Which ports have slots; spans do not overlap.
CREATE TABLE port_slot_spans (
	hostname text COLLATE "C" NOT NULL,
	protocol text COLLATE "C" NOT NULL,
	start_port integer NOT NULL,
	end_port integer NOT NULL,
	PRIMARY KEY (hostname, protocol, start_port),
	CHECK (start_port <= end_port)
);

-- Who may enter ports may change their slots.
DO $$
DECLARE
	given record;
BEGIN
	FOR given IN SELECT coalesce(quote_ident(r.rolname), 'PUBLIC') AS name, a.privilege_type
			FROM pg_class c, aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
			WHERE c.oid = 'port_allocations'::regclass AND a.grantee <> c.relowner
			AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') LOOP
		EXECUTE format('GRANT %s ON port_slots, port_slot_spans TO %s', given.privilege_type,
			given.name);
	END LOOP;
END
$$;

-- A function with a SET costs as much as what it does: these name the schema, and what only
-- functions of ours call goes by the search_path of its caller.

-- What becomes of an entry, told to its slot.  Without a WHEN: the server reads those anew with each
-- statement, which takes longer than to look here.
CREATE FUNCTION keep_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'INSERT' AND NEW.released_at IS NULL THEN
		UPDATE public.port_slots s SET free = false WHERE s.hostname = NEW.hostname
			AND s.protocol = NEW.protocol AND s.port_number = NEW.port_number;
		RETURN NULL;
	END IF;
	IF TG_OP = 'UPDATE' AND NEW.port_number = OLD.port_number AND NEW.hostname = OLD.hostname
			AND NEW.protocol = OLD.protocol THEN
		IF OLD.released_at IS NULL AND NEW.released_at IS NOT NULL THEN
			UPDATE public.port_slots s SET free = true, released_at = NEW.released_at
				WHERE s.hostname = NEW.hostname AND s.protocol = NEW.protocol
				AND s.port_number = NEW.port_number;
			RETURN NULL;
		ELSIF OLD.released_at IS NOT DISTINCT FROM NEW.released_at THEN
			RETURN NULL;
		END IF;
	END IF;
	-- It is moved, taken back, deleted, or comes in as history.
	IF TG_OP <> 'INSERT' THEN
		UPDATE public.port_slots s SET free = s.free OR OLD.released_at IS NULL,
			released_at = nullif(s.released_at, OLD.released_at)
		WHERE s.hostname = OLD.hostname AND s.protocol = OLD.protocol
			AND s.port_number = OLD.port_number;
	END IF;
	IF TG_OP <> 'DELETE' THEN
		UPDATE public.port_slots s SET free = s.free AND NEW.released_at IS NOT NULL,
			released_at = greatest(s.released_at, NEW.released_at)
		WHERE s.hostname = NEW.hostname AND s.protocol = NEW.protocol
			AND s.port_number = NEW.port_number;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER keep_slot AFTER INSERT OR UPDATE OR DELETE ON port_allocations FOR EACH ROW
	EXECUTE FUNCTION keep_slot();

-- For the same reason one check for all that a row has to be.
CREATE FUNCTION entry_is_sound(protocol text, port_number integer, status text,
	released_at timestamptz) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RETURN protocol IN ('tcp', 'udp') AND port_number BETWEEN 1 AND 65535
		AND status IN ('allocated', 'reserved', 'legacy', 'released')
		AND (status = 'released') = (released_at IS NOT NULL);
END
$$;
ALTER TABLE port_allocations
	DROP CONSTRAINT port_allocations_protocol_check,
	DROP CONSTRAINT port_allocations_port_number_check,
	DROP CONSTRAINT port_allocations_status_check,
	DROP CONSTRAINT port_allocations_check,
	ADD CONSTRAINT entry_is_sound
		CHECK (entry_is_sound(protocol, port_number, status, released_at));

-- Give these spans their slots.  Who else opens there waits; who enters does not: an entry that
-- is not committed yet is met by the index.
CREATE FUNCTION open_slots(host text, proto text, lows integer[], highs integer[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	n record;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('slots ' || host || ' ' || proto,
		8101820098856054635));
	FOR n IN SELECT s.low, s.high FROM unnest(lows, highs) s(low, high) LOOP
		INSERT INTO port_slots (hostname, protocol, port_number, free)
		SELECT host, proto, p, NOT EXISTS (SELECT FROM port_allocations a WHERE a.hostname = host
			AND a.protocol = proto AND a.port_number = p AND a.released_at IS NULL)
		FROM generate_series(n.low, n.high) p
		ON CONFLICT DO NOTHING;
		WITH met AS (
			DELETE FROM port_slot_spans s WHERE s.hostname = host AND s.protocol = proto
				AND s.start_port <= n.high AND s.end_port >= n.low
				RETURNING s.start_port, s.end_port)
		INSERT INTO port_slot_spans (hostname, protocol, start_port, end_port)
		SELECT host, proto, least(n.low, min(start_port)), greatest(n.high, max(end_port)) FROM met;
	END LOOP;
END
$$;

-- They are made anew, from the entries, as claims come to them.
CREATE FUNCTION forget_slots() RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(8101820098856054635);
	DELETE FROM port_slots;
	DELETE FROM port_slot_spans;
END
$$;

-- In the order in which the latest is asked for: its first row is the answer, however long the
-- history of a service is.
DROP INDEX past_service;
CREATE INDEX past_service ON port_allocations (project_id, service_name, environment, instance,
	hostname, protocol, released_at DESC, id) WHERE released_at IS NOT NULL;

-- The blocks that there are.
SELECT open_slots(b.hostname, 'tcp', array_agg(b.start_port ORDER BY b.start_port),
	array_agg(b.end_port ORDER BY b.start_port)) FROM blocks b GROUP BY b.hostname;

-- ---- choosing

CREATE FUNCTION slots_are_open(host text, proto text, low integer, high integer) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	RETURN coalesce((SELECT s.end_port FROM port_slot_spans s WHERE s.hostname = host
		AND s.protocol = proto AND s.start_port <= low ORDER BY s.start_port DESC LIMIT 1)
		>= high, false);
END
$$;

-- Of strangers that stand in a span, before the port that was chosen, those on free slots.
CREATE FUNCTION strangers_passed(host text, proto text, strangers integer[], closed integer[],
	low integer, high integer, chosen integer, downwards boolean) RETURNS integer[]
LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT coalesce(array_agg(x.port ORDER BY CASE WHEN downwards THEN -x.port
		ELSE x.port END), '{}')
	FROM (SELECT DISTINCT port FROM unnest(strangers) u(port)) x
	WHERE x.port BETWEEN low AND high AND x.port <> ALL (closed)
	AND (chosen IS NULL OR CASE WHEN downwards THEN x.port > chosen ELSE x.port < chosen END)
	AND EXISTS (SELECT FROM port_slots s WHERE s.hostname = host AND s.protocol = proto
		AND s.port_number = x.port AND s.free));
END
$$;

-- The first port of a span whose slot is free and in nobody's hands; the slot is locked.
-- NULL: there is none, or the span is not open.
CREATE FUNCTION choose_slot(host text, proto text, low integer, high integer, shut integer[],
	since timestamptz, downwards boolean) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	chosen integer;
BEGIN
	IF downwards THEN
		SELECT s.port_number INTO chosen FROM port_slots s WHERE s.hostname = host
			AND s.protocol = proto AND s.port_number BETWEEN low AND high AND s.free
			AND s.port_number <> ALL (shut) AND (s.released_at > since) IS NOT TRUE
			AND (SELECT o.end_port FROM port_slot_spans o WHERE o.hostname = host
				AND o.protocol = proto AND o.start_port <= low
				ORDER BY o.start_port DESC LIMIT 1) >= high
			ORDER BY s.port_number DESC LIMIT 1 FOR NO KEY UPDATE OF s SKIP LOCKED;
	ELSE
		SELECT s.port_number INTO chosen FROM port_slots s WHERE s.hostname = host
			AND s.protocol = proto AND s.port_number BETWEEN low AND high AND s.free
			AND s.port_number <> ALL (shut) AND (s.released_at > since) IS NOT TRUE
			AND (SELECT o.end_port FROM port_slot_spans o WHERE o.hostname = host
				AND o.protocol = proto AND o.start_port <= low
				ORDER BY o.start_port DESC LIMIT 1) >= high
			ORDER BY s.port_number LIMIT 1 FOR NO KEY UPDATE OF s SKIP LOCKED;
	END IF;
	RETURN chosen;
END
$$;

-- Rounds 1 and 2 of choose_port by the slots: the port, its round and turn, and the strangers that
-- were passed.  NULL: they have nothing to give, and the entries decide.
CREATE FUNCTION choose_by_slots(host text, proto text, first integer[], lows integer[],
	highs integer[], closed integer[], strangers integer[], late integer[], since timestamptz,
	downwards boolean) RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
	shut integer[] := closed || strangers;
	passed integer[] := '{}';
	spans integer := cardinality(lows);
	chosen integer;
	n integer;
BEGIN
	FOR turn IN 1 .. cardinality(first) LOOP
		chosen := choose_slot(host, proto, first[turn], first[turn], shut, NULL, false);
		IF chosen IS NULL AND NOT slots_are_open(host, proto, first[turn], first[turn]) THEN
			PERFORM open_slots(host, proto, lows || first[turn], highs || first[turn]);
			chosen := choose_slot(host, proto, first[turn], first[turn], shut, NULL, false);
		END IF;
		IF chosen IS NOT NULL THEN
			RETURN ARRAY[chosen, 1, turn] || passed;
		ELSIF first[turn] = ANY (strangers) THEN
			passed := passed || strangers_passed(host, proto, strangers, closed || passed,
				first[turn], first[turn], NULL, downwards);
		END IF;
	END LOOP;
	shut := shut || late;
	FOR i IN 1 .. spans LOOP
		n := CASE WHEN downwards THEN spans + 1 - i ELSE i END;
		chosen := choose_slot(host, proto, lows[n], highs[n], shut, since, downwards);
		IF chosen IS NULL AND NOT slots_are_open(host, proto, lows[n], highs[n]) THEN
			PERFORM open_slots(host, proto, lows, highs);
			chosen := choose_slot(host, proto, lows[n], highs[n], shut, since, downwards);
		END IF;
		IF strangers <> '{}' THEN
			passed := passed || strangers_passed(host, proto, strangers,
				closed || late || passed, lows[n], highs[n], chosen, downwards);
		END IF;
		IF chosen IS NOT NULL THEN
			RETURN ARRAY[chosen, 2, 0] || passed[1:8];
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;

-- Enter a row of these columns on the port that the plan comes to (see choose_port); `ordinal` 0:
-- as the service's primary.  `since`: what was released later cools down, also where `cooling`
-- does not know it yet; NULL: nothing cools down.  Answers as choose_by_slots; port 0: none is left.
CREATE FUNCTION claim_port(id uuid, project_id uuid, instance integer, environment text,
	service_name text, ordinal integer, service_type text, role text, port_range_id uuid,
	range_name text, hostname text, protocol text, status text, description text, notes text, unit text,
	cloudflare_hostname text, cloudflare_tunnel_id text, metadata jsonb, allocated_by text,
	allocated_at timestamptz, last_used_at timestamptz, last_verified_at timestamptz,
	released_at timestamptz, expires_at timestamptz,
	first integer[], lows integer[], highs integer[], closed integer[], strangers integer[],
	late integer[], cooling integer[], since timestamptz, downwards boolean, seed numeric)
RETURNS integer[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	-- By chance: then all that are open are counted.
	by_slots boolean := seed IS NULL;
	got integer[];
	fresh integer[];
BEGIN
	LOOP
		IF by_slots THEN
			got := choose_by_slots(hostname, protocol, first, lows, highs, closed, strangers, late,
				since, downwards);
		ELSE
			-- To enter waits for who is about to enter there, and then either has the port, or
			-- looks again.
			got := (SELECT ARRAY[coalesce(c.chosen, 0), coalesce(c.round, 0), coalesce(c.turn, 0)]
				|| c.passed FROM choose_port(hostname, protocol, first, lows, highs, closed,
				strangers, late, cooling, downwards, seed) c);
			EXIT WHEN got[1] = 0;
		END IF;
		IF got IS NOT NULL THEN
			INSERT INTO port_allocations (id, project_id, instance, environment, service_name,
				ordinal, service_type, role, port_range_id, range_name, hostname, protocol,
				port_number, status, description, notes, unit, cloudflare_hostname,
				cloudflare_tunnel_id, metadata, allocated_by, allocated_at, last_used_at,
				last_verified_at, released_at, expires_at)
			VALUES (id, project_id, instance, environment, service_name,
				CASE ordinal WHEN 0 THEN 0 ELSE got[1] END, service_type, role, port_range_id,
				range_name, hostname, protocol, got[1], status, description, notes, unit, cloudflare_hostname,
				cloudflare_tunnel_id, metadata, allocated_by, allocated_at, last_used_at,
				last_verified_at, released_at, expires_at)
			ON CONFLICT (hostname, protocol, port_number) WHERE released_at IS NULL DO NOTHING;
			EXIT WHEN FOUND;
			-- The index is the law: the slot was wrong.
			UPDATE port_slots s SET free = false WHERE s.hostname = claim_port.hostname
				AND s.protocol = claim_port.protocol AND s.port_number = got[1];
			CONTINUE;
		END IF;
		by_slots := false;
		IF since IS NOT NULL THEN
			fresh := (SELECT coalesce(array_agg(s.port_number ORDER BY s.released_at), '{}')
				FROM unnest(lows, highs) n(low, high) JOIN port_slots s
				ON s.hostname = claim_port.hostname AND s.protocol = claim_port.protocol
				AND s.port_number BETWEEN n.low AND n.high
				WHERE s.released_at > since AND s.port_number <> ALL (cooling));
			cooling := cooling || fresh;
			late := late || fresh;
		END IF;
	END LOOP;
	RETURN got;
END
$$;

-- ---- who waits for whom

-- Until the transaction ends nobody else changes what this service has in the project, nor that of
-- another whose name makes the same variable ("a-b" and "a.b"; "dns" and "dns-udp").
CREATE FUNCTION hold_service(project uuid, service text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended(project || ' ' ||
		regexp_replace(translate(lower(service), '.-', '__'), '(_udp)+$', ''),
		8101820098856054635));
END
$$;

-- Who calls from SQL is one of those that share the book.
CREATE FUNCTION share_service(project uuid, service text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock_shared(8101820098856054635), hold_service(project, service);
END
$$;

-- ---- who follows the history

-- Of the event with that number, or the one before it.  '0': it is of another server, from which the
-- book was moved, so all of this one's come after it.
CREATE FUNCTION event_xid(number bigint) RETURNS xid8 LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN coalesce((SELECT CASE WHEN e.xid < pg_snapshot_xmax(pg_current_snapshot()) THEN e.xid END
		FROM events e WHERE e.seq <= number ORDER BY e.seq DESC LIMIT 1), '0');
END
$$;

-- ---- what of a range's rule is asked for with each allocation

CREATE FUNCTION json_integers(list json) RETURNS integer[] LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(array_agg(i::text::integer), '{}') FROM json_array_elements(list) i
$$;
CREATE FUNCTION json_is_empty(o json) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT NOT EXISTS (SELECT FROM json_each(o))
$$;
ALTER TABLE port_ranges
	ADD COLUMN avoid integer[] GENERATED ALWAYS AS (json_integers(rule->'avoid')) STORED,
	ADD COLUMN cooldown_ms bigint GENERATED ALWAYS AS ((rule->>'cooldownMs')::bigint) STORED,
	ADD COLUMN environment text GENERATED ALWAYS AS (rule->'environments'->>0) STORED,
	ADD COLUMN service_type text GENERATED ALWAYS AS (rule->'types'->>0) STORED,
	ADD COLUMN has_roles boolean GENERATED ALWAYS AS (NOT json_is_empty(rule->'roles')) STORED,
	ADD COLUMN is_random boolean
		GENERATED ALWAYS AS (coalesce(rule->>'strategy', '') = 'random') STORED,
	ADD COLUMN is_sliced boolean
		GENERATED ALWAYS AS (slice_size > 0 AND rule->>'slices' <> 'top') STORED;

-- ---- as before, but with plans that are kept: a function in SQL is planned with each call

CREATE OR REPLACE FUNCTION portbook_uuid() RETURNS uuid LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	RETURN encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
		substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
		FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid;
END
$$;

CREATE OR REPLACE FUNCTION name_range() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'INSERT' AND NEW.range_name IS NOT NULL AND NEW.port_range_id IS NOT NULL THEN
		RETURN NEW;
	ELSIF TG_OP = 'UPDATE' AND NEW.range_name IS NOT DISTINCT FROM OLD.range_name THEN
		RETURN NEW;
	ELSIF NEW.range_name IS NULL AND NEW.port_range_id IS NOT NULL AND TG_OP = 'INSERT' THEN
		NEW.range_name := (SELECT r.range_name FROM public.port_ranges r
			WHERE r.id = NEW.port_range_id);
	ELSE
		NEW.port_range_id := (SELECT r.id FROM public.port_ranges r
			WHERE r.range_name = NEW.range_name);
	END IF;
	RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION block_starts(r port_ranges, project uuid, host text) RETURNS integer[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT coalesce(array_agg(b.start_port ORDER BY b.created_at, b.start_port), '{}')
		FROM blocks b WHERE b.project_id = project AND b.hostname = host
		AND b.range_name = r.range_name);
END
$$;

-- Where a service of the project's instance 1 may stand, in order: the lowest and the highest
-- port of each span.  NULL: the project has no block.
CREATE FUNCTION candidate_ends(r port_ranges, project uuid, host text, OUT lows integer[],
	OUT highs integer[]) LANGUAGE plpgsql STABLE AS $$
DECLARE
	starts integer[];
	own integer;
	cut int4multirange;
BEGIN
	IF r.block_size = 0 THEN
		SELECT array_agg(lower(s)), array_agg(upper(s) - 1) INTO lows, highs
			FROM unnest(range_ports(r)) s;
		RETURN;
	END IF;
	starts := block_starts(r, project, host);
	IF r.is_sliced THEN
		SELECT i.slice INTO own FROM instances i WHERE i.project_id = project
			AND i.number = 1 AND i.released_at IS NULL AND i.slice >= 0;
		SELECT array_agg(lower(s)), array_agg(upper(s) - 1) INTO lows, highs
			FROM (SELECT slice_ports(r, starts, coalesce(own, 0))) v(s) WHERE s IS NOT NULL;
		RETURN;
	END IF;
	SELECT range_agg(slice_ports(r, starts, i.slice)) INTO cut FROM instances i
		WHERE i.project_id = project AND i.number > 1 AND i.released_at IS NULL AND i.slice >= 0
		AND slice_ports(r, starts, i.slice) IS NOT NULL;
	IF cut IS NULL THEN
		FOR n IN 1 .. cardinality(starts) LOOP
			lows := lows || starts[n];
			highs := highs || starts[n] + r.block_size - 1;
		END LOOP;
		RETURN;
	END IF;
	SELECT array_agg(lower(s) ORDER BY n, s), array_agg(upper(s) - 1 ORDER BY n, s)
		INTO lows, highs FROM unnest(starts) WITH ORDINALITY b(start, n),
		unnest(int4multirange(int4range(start, start + r.block_size)) - cut) s;
END
$$;
DROP FUNCTION candidate_spans(port_ranges, uuid, text);

CREATE OR REPLACE FUNCTION closed_ports(host text, project text) RETURNS integer[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT coalesce(array_agg(p), '{}')
		FROM reserved_ports r, generate_series(r.start_port, r.end_port) p
		WHERE r.hostname IN ('*', host) AND r.project_name IS DISTINCT FROM project
		AND (r.until IS NULL OR r.until > now()));
END
$$;

CREATE OR REPLACE FUNCTION avoided_ports(r port_ranges) RETURNS integer[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN r.avoid;
END
$$;

CREATE OR REPLACE FUNCTION cooling_ports(r port_ranges, host text, of_protocol text)
RETURNS integer[] LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF coalesce(r.cooldown_ms, 0) = 0 THEN
		RETURN '{}';
	END IF;
	RETURN (SELECT coalesce(array_agg(c.port_number ORDER BY c.last, c.port_number), '{}') FROM (
		SELECT a.port_number, max(a.released_at) AS last FROM port_allocations a
		WHERE a.hostname = host
		AND a.protocol = of_protocol AND a.port_number BETWEEN r.start_port AND r.end_port
		AND a.released_at > now() - r.cooldown_ms * interval '1 ms'
		GROUP BY a.port_number) c);
END
$$;

DROP FUNCTION record_entry(bigint, text, json, port_allocations);
DROP FUNCTION entry_json(port_allocations);
-- These two become part of the statement that calls them: no SET, no STRICT.
CREATE FUNCTION json_time(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
CREATE FUNCTION entry_json(a port_allocations, project text, number integer, worktree text)
RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('port', a.port_number, 'projectName', project,
		'serviceName', a.service_name, 'serviceType', a.service_type, 'instance', a.instance,
		'environment', a.environment, 'host', a.hostname, 'protocol', a.protocol,
		'status', a.status, 'description', a.description,
		'cloudflareHostname', a.cloudflare_hostname,
		'cloudflareTunnelId', a.cloudflare_tunnel_id, 'metadata', coalesce(a.metadata, '{}'),
		'allocatedAt', json_time(a.allocated_at), 'lastVerifiedAt', json_time(a.last_verified_at),
		'releasedAt', json_time(a.released_at), 'allocatedBy', a.allocated_by,
		'primary', a.ordinal = 0, 'role', a.role, 'notes', a.notes, 'unit', a.unit,
		'expiresAt', json_time(a.expires_at), 'projectNumber', number, 'worktreePath', worktree,
		'range', a.range_name, 'id', a.id)
$$;
CREATE FUNCTION entry_subject(project text, instance integer, service text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT project || CASE instance WHEN 1 THEN '' ELSE '@' || instance END || '/' || service
$$;

-- What an entry is now, as an event.
CREATE FUNCTION record_entry(change bigint, what text, entry uuid, was json) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO events (seq, actor, op, project_id, subject, service, port, before, after)
	SELECT change, session_user, what, p.id, entry_subject(p.name, a.instance, a.service_name),
		a.service_name, a.port_number, was, entry_json(a, p.name, p.number, i.worktree_path)
	FROM port_allocations a JOIN projects p ON p.id = a.project_id
	LEFT JOIN instances i ON i.project_id = a.project_id AND i.number = a.instance
	WHERE a.id = entry;
END
$$;

-- What it is, to be said later that it was.
CREATE FUNCTION json_of_entry(entry uuid) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT entry_json(a, p.name, p.number, i.worktree_path)
		FROM port_allocations a JOIN projects p ON p.id = a.project_id
		LEFT JOIN instances i ON i.project_id = a.project_id AND i.number = a.instance
		WHERE a.id = entry);
END
$$;

-- ---- what is called

CREATE OR REPLACE FUNCTION allocate_port(project_id uuid, range_id uuid, service_name text,
	service_type text DEFAULT NULL, hostname text DEFAULT 'localhost',
	protocol text DEFAULT 'tcp') RETURNS integer LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	service text := lower(allocate_port.service_name);
	host text := lower(allocate_port.hostname);
	proto text := lower(allocate_port.protocol);
	kind text := lower(allocate_port.service_type);
	project projects;
	r port_ranges;
	entry uuid := portbook_uuid();
	d record;
	lows integer[];
	highs integer[];
	before integer;
	role_name text;
	role_port integer;
	cooling integer[] := '{}';
	change bigint;
	got integer[];
BEGIN
	IF service IS NULL OR service !~ '^[a-z0-9][a-z0-9._-]{0,62}$' THEN
		RAISE EXCEPTION '''%'' cannot name a service: letters, digits, and inside . _ -', service
			USING ERRCODE = 'PB002';
	END IF;
	IF host !~ '^[a-z0-9][a-z0-9._-]{0,62}$' OR proto NOT IN ('tcp', 'udp')
		OR kind !~ '^[a-z0-9][a-z0-9._-]{0,62}$' THEN
		RAISE EXCEPTION 'a host or a type is a name, and a protocol tcp or udp'
			USING ERRCODE = 'PB002';
	END IF;
	PERFORM share_service(allocate_port.project_id, service);
	-- All that decides, in one look.
	SELECT p.name, p.status, x.id, x.range_name, x.start_port, x.end_port, x.block_size, x.is_sliced,
		x.avoid, x.cooldown_ms, x.has_roles, x.is_random, x.service_type, e.environment, o.starts,
		EXISTS (SELECT FROM instances i WHERE i.project_id = p.id AND i.number > 1
			AND i.released_at IS NULL AND i.slice >= 0) AS is_cut,
		EXISTS (SELECT FROM port_allocations a WHERE a.project_id = p.id
			AND a.service_name = service AND a.environment = e.environment AND a.instance = 1
			AND a.hostname = host AND a.protocol = proto AND a.ordinal = 0
			AND a.released_at IS NULL) AS is_more,
		(SELECT a.port_number FROM port_allocations a WHERE a.project_id = p.id
			AND a.service_name = service AND a.environment = e.environment AND a.instance = 1
			AND a.hostname = host AND a.protocol = proto AND a.released_at IS NOT NULL
			ORDER BY a.released_at DESC, a.id LIMIT 1) AS before,
		(SELECT coalesce(array_agg(n), '{}')
			FROM reserved_ports v, generate_series(v.start_port, v.end_port) n
			WHERE v.hostname IN ('*', host) AND v.project_name IS DISTINCT FROM p.name
			AND (v.until IS NULL OR v.until > now())) AS closed
	INTO d FROM (VALUES (1)) one
	LEFT JOIN projects p ON p.id = allocate_port.project_id
	LEFT JOIN port_ranges x ON x.id = range_id AND x.is_active
	LEFT JOIN LATERAL (SELECT coalesce(x.environment,
		(SELECT s.value FROM settings s WHERE s.name = 'environment'), 'dev')) e(environment) ON true
	LEFT JOIN LATERAL (SELECT array_agg(b.start_port ORDER BY b.created_at, b.start_port)
		FROM blocks b WHERE b.project_id = p.id AND b.hostname = host
		AND b.range_name = x.range_name) o(starts) ON true;
	IF d.name IS NULL THEN
		RAISE EXCEPTION 'there is no project %', allocate_port.project_id
			USING ERRCODE = 'PB001';
	ELSIF d.status = 'archived' THEN
		RAISE EXCEPTION '''%'' is archived: it keeps its ports, and is given no more', d.name
			USING ERRCODE = 'PB002';
	ELSIF d.id IS NULL THEN
		RAISE EXCEPTION 'there is no port range %', range_id USING ERRCODE = 'PB001';
	END IF;
	IF service ~ '[._-]' AND EXISTS (SELECT FROM port_allocations a
			WHERE a.project_id = allocate_port.project_id AND a.instance = 1
			AND a.released_at IS NULL AND a.service_name <> service
			AND translate(a.service_name, '.-', '__') = translate(service, '.-', '__')) THEN
		RAISE EXCEPTION '''%'' would share a variable with another service of ''%''', service,
			d.name USING ERRCODE = 'PB002';
	END IF;
	kind := coalesce(kind, d.service_type);
	IF d.block_size > 0 AND NOT d.is_sliced AND NOT d.is_cut AND cardinality(d.starts) = 1 THEN
		lows := d.starts;
		highs := ARRAY[d.starts[1] + d.block_size - 1];
	ELSE
		SELECT * INTO r FROM port_ranges x WHERE x.id = range_id;
		IF d.block_size > 0 AND d.starts IS NULL THEN
			PERFORM share_book('blocks ' || host);
			IF block_starts(r, allocate_port.project_id, host) = '{}' THEN
				change := nextval('events_seq_seq') + 1;
				SELECT * INTO project FROM projects x WHERE x.id = allocate_port.project_id;
				PERFORM open_block(change - 1, r, project, host);
			END IF;
		END IF;
		SELECT coalesce(e.lows, '{}'), coalesce(e.highs, '{}') INTO lows, highs
			FROM candidate_ends(r, allocate_port.project_id, host) e;
	END IF;
	before := d.before;
	IF before IS NOT NULL AND NOT d.is_more THEN
		-- Of several that were released together, the one the service is known by.
		before := coalesce((SELECT a.port_number FROM port_allocations a
			WHERE a.project_id = allocate_port.project_id AND a.service_name = service
			AND a.environment = d.environment AND a.instance = 1 AND a.hostname = host
			AND a.protocol = proto AND a.released_at IS NOT NULL AND a.ordinal = 0
			ORDER BY a.released_at DESC, a.id LIMIT 1), before);
	END IF;
	IF before IS NOT NULL AND (before BETWEEN lows[1] AND highs[1]) IS NOT TRUE
		AND NOT EXISTS (SELECT FROM unnest(lows, highs) s(low, high)
			WHERE before BETWEEN low AND high) THEN
		before := NULL;
	END IF;
	IF d.has_roles THEN
		SELECT j.key, lows[1] + j.value::integer INTO role_name, role_port
			FROM port_ranges x, json_each_text(x.rule->'roles') j
			WHERE x.id = range_id AND j.key IN (service, kind)
			AND lows[1] + j.value::integer <= highs[1] ORDER BY j.key <> service LIMIT 1;
	END IF;
	IF d.cooldown_ms > 0 THEN
		cooling := (SELECT cooling_ports(x, host, proto) FROM port_ranges x WHERE x.id = range_id);
	END IF;
	got := claim_port(entry, allocate_port.project_id, 1, d.environment, service,
		d.is_more::integer, kind, NULL, range_id, d.range_name, host, proto, 'allocated', NULL,
		NULL, NULL, NULL, NULL, '{}', session_user, now(), NULL, NULL, NULL, NULL,
		array_remove(ARRAY[before, role_port], NULL), lows, highs, d.closed, '{}',
		d.avoid || cooling, cooling, now() - nullif(d.cooldown_ms, 0) * interval '1 ms',
		d.has_roles, CASE WHEN d.is_random THEN floor(random() * 1e9)::numeric END);
	IF got[1] = 0 THEN
		RAISE EXCEPTION 'no port is left for ''%/%'' in %-%', d.name, service,
			coalesce(lows[1], d.start_port), coalesce(highs[cardinality(highs)], d.end_port)
			USING ERRCODE = 'PB004';
	END IF;
	IF got[1] = role_port THEN
		UPDATE port_allocations a SET role = role_name WHERE a.id = entry;
	END IF;
	-- Eight numbers are one change, whatever it takes: a block and an entry.  They are taken when
	-- the port is ours, so that its events stand in the order in which it was had.
	PERFORM record_entry(coalesce(change, nextval('events_seq_seq')), 'allocate', entry, NULL);
	RETURN got[1];
END
$$;

CREATE OR REPLACE FUNCTION release_port(port integer, hostname text DEFAULT 'localhost')
RETURNS boolean LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	host text := lower(release_port.hostname);
	change bigint;
	entry record;
	next uuid;
	was json;
BEGIN
	FOR entry IN SELECT a.id, a.project_id, a.service_name FROM port_allocations a
			WHERE a.hostname = host AND a.port_number = release_port.port
			AND a.protocol IN ('tcp', 'udp') AND a.released_at IS NULL ORDER BY a.protocol LOOP
		PERFORM share_service(entry.project_id, entry.service_name);
		was := json_of_entry(entry.id);
		-- If it is so still, behind the lock.
		UPDATE port_allocations a SET status = 'released', released_at = now()
			WHERE a.id = entry.id AND a.released_at IS NULL AND a.hostname = host
			AND a.port_number = release_port.port;
		IF NOT FOUND THEN
			-- Row-level security passes over what a role may not change, without a word.
			IF EXISTS (SELECT FROM port_allocations a WHERE a.id = entry.id
					AND a.released_at IS NULL AND a.hostname = host
					AND a.port_number = release_port.port) THEN
				RAISE EXCEPTION 'the role % may not release port %: it is of a project that is '
					'not bound to it', current_user, release_port.port
					USING ERRCODE = 'insufficient_privilege';
			END IF;
			CONTINUE;
		END IF;
		change := coalesce(change, nextval('events_seq_seq'));
		PERFORM record_entry(change, 'release', entry.id, was);
		change := change + 1;
		next := (SELECT n.id FROM port_allocations a JOIN port_allocations n
			ON n.project_id = a.project_id AND n.instance = a.instance
			AND n.environment = a.environment AND n.service_name = a.service_name
			AND n.hostname = a.hostname AND n.protocol = a.protocol AND n.released_at IS NULL
			WHERE a.id = entry.id AND a.ordinal = 0 ORDER BY n.allocated_at, n.id LIMIT 1);
		CONTINUE WHEN next IS NULL;
		was := json_of_entry(next);
		UPDATE port_allocations a SET ordinal = 0 WHERE a.id = next;
		PERFORM record_entry(change, 'promote', next, was);
		change := change + 1;
	END LOOP;
	RETURN change IS NOT NULL;
END
$$;

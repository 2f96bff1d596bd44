-- What programs that talk SQL call, and the views that readers of older schemas know.
--
-- choose_port is the engine's one way to choose: the program calls it, too, with what it has
-- gathered (src/ports/plan.h says what decides, and a test holds all engines against each other).
--
-- Who calls allocate_port or release_port shares the book's lock, which who writes through
-- portbook takes alone, and then holds the lock of a project or a range until its transaction
-- ends: changes of different projects go on beside each other.
--
-- Errors have SQLSTATEs of their own, PB00N, where N is portbook's exit status for it.

CREATE FUNCTION choose_port(the_host text, the_protocol text, first integer[], lows integer[],
	highs integer[], closed integer[], strangers integer[], late integer[], cooling integer[],
	downwards boolean, seed numeric,
	OUT chosen integer, OUT round integer, OUT turn integer, OUT passed integer[])
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	t record;
BEGIN
	passed := '{}';
	FOR t IN
		WITH spans AS (
			SELECT s.low, s.high, s.n FROM unnest(lows, highs) WITH ORDINALITY s(low, high, n)
		), candidates AS (
			SELECT p.port, row_number() OVER (ORDER BY
				CASE WHEN downwards THEN -s.n ELSE s.n END,
				CASE WHEN downwards THEN -p.port ELSE p.port END) AS nth
			FROM spans s, generate_series(s.low, s.high) p(port)
		), tried AS (
			SELECT 1 AS step, f.nth, f.port FROM unnest(first) WITH ORDINALITY f(port, nth)
			UNION ALL
			SELECT CASE WHEN c.port = ANY (late) THEN 3 ELSE 2 END, c.nth, c.port
			FROM candidates c WHERE c.port <> ALL (cooling)
			UNION ALL
			SELECT 4, k.nth, k.port FROM unnest(cooling) WITH ORDINALITY k(port, nth)
			WHERE EXISTS (SELECT FROM spans s WHERE k.port BETWEEN s.low AND s.high)
		), open AS (
			SELECT x.step, x.nth, x.port, x.port = ANY (strangers) AS strange FROM tried x
			WHERE x.port <> ALL (closed) AND NOT EXISTS (
				SELECT FROM port_allocations a WHERE a.hostname = the_host
				AND a.protocol = the_protocol AND a.port_number = x.port
				AND a.released_at IS NULL)
		)
		SELECT o.*, count(*) FILTER (WHERE o.step = 2 AND NOT o.strange) OVER () AS free,
			row_number() OVER (PARTITION BY o.step, o.strange ORDER BY o.nth) - 1 AS skipped
		FROM open o ORDER BY o.step, o.nth
	LOOP
		IF t.step = 2 AND seed IS NOT NULL AND t.free > 0 THEN
			-- By chance another had been taken anyway: no stranger stood in the way.
			CONTINUE WHEN t.strange OR t.skipped <> mod(seed, t.free);
		ELSIF t.strange THEN
			IF t.port <> ALL (passed) AND cardinality(passed) < 8 THEN
				passed := passed || t.port;
			END IF;
			CONTINUE;
		END IF;
		chosen := t.port;
		round := t.step;
		turn := t.nth;
		RETURN;
	END LOOP;
END
$$;

-- ---- what decides

CREATE FUNCTION range_ports(r port_ranges) RETURNS int4multirange LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
	SELECT int4multirange(int4range(r.start_port, r.end_port, '[]')) - coalesce(
		(SELECT range_agg(int4range((e->>0)::integer, (e->>1)::integer, '[]'))
		 FROM json_array_elements(r.rule->'except') e), '{}')
$$;

-- Slice `index` of a project with these blocks, the oldest first; NULL: there is none.
CREATE FUNCTION slice_ports(r port_ranges, starts integer[], index integer) RETURNS int4range
LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
DECLARE
	per_block integer;
	b integer;
	at integer;
BEGIN
	IF r.slice_size = 0 OR r.block_size < r.slice_size THEN
		RETURN NULL;
	END IF;
	per_block := r.block_size / r.slice_size;
	IF r.rule->>'slices' <> 'top' THEN
		b := index / per_block;
		at := index % per_block;
	ELSIF index < per_block - 1 THEN
		-- The lowest slice of the first block stays instance 1's: one less there.
		b := 0;
		at := per_block - 1 - index;
	ELSE
		b := (index + 1) / per_block;
		at := per_block - 1 - (index + 1) % per_block;
	END IF;
	IF b >= cardinality(starts) THEN
		RETURN NULL;
	END IF;
	RETURN int4range(starts[b + 1] + at * r.slice_size, starts[b + 1] + (at + 1) * r.slice_size);
END
$$;

CREATE FUNCTION block_starts(r port_ranges, project uuid, host text) RETURNS integer[]
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
	SELECT coalesce(array_agg(b.start_port ORDER BY b.created_at, b.start_port), '{}')
	FROM blocks b WHERE b.project_id = project AND b.hostname = host AND b.range_name = r.range_name
$$;

-- Where a service of the project's instance 1 may stand, in order.  The project has its block.
CREATE FUNCTION candidate_spans(r port_ranges, project uuid, host text)
RETURNS TABLE (low integer, high integer) LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp AS $$
DECLARE
	starts integer[];
	own integer;
	cut int4multirange;
BEGIN
	IF r.block_size = 0 THEN
		RETURN QUERY SELECT lower(s), upper(s) - 1 FROM unnest(range_ports(r)) s;
		RETURN;
	END IF;
	starts := block_starts(r, project, host);
	IF r.slice_size > 0 AND r.rule->>'slices' <> 'top' THEN
		SELECT i.slice INTO own FROM instances i WHERE i.project_id = project
			AND i.number = 1 AND i.released_at IS NULL AND i.slice >= 0;
		RETURN QUERY SELECT lower(s), upper(s) - 1
			FROM (SELECT slice_ports(r, starts, coalesce(own, 0))) v(s) WHERE s IS NOT NULL;
		RETURN;
	END IF;
	SELECT coalesce(range_agg(slice_ports(r, starts, i.slice)), '{}') INTO cut FROM instances i
		WHERE i.project_id = project AND i.number > 1 AND i.released_at IS NULL AND i.slice >= 0
		AND slice_ports(r, starts, i.slice) IS NOT NULL;
	RETURN QUERY SELECT lower(s), upper(s) - 1
		FROM unnest(starts) WITH ORDINALITY b(start, n),
		unnest(int4multirange(int4range(start, start + r.block_size)) - cut) s
		ORDER BY n, lower(s);
END
$$;

-- Ports that are never given to this project (NULL: to anybody) on this host.
CREATE FUNCTION closed_ports(host text, project text) RETURNS integer[] LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
	SELECT coalesce(array_agg(DISTINCT p), '{}')
	FROM reserved_ports r, generate_series(r.start_port, r.end_port) p
	WHERE r.hostname IN ('*', host) AND r.project_name IS DISTINCT FROM project
	AND (r.until IS NULL OR r.until > now())
$$;

CREATE FUNCTION avoided_ports(r port_ranges) RETURNS integer[] LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
	SELECT coalesce(array_agg(a::text::integer), '{}') FROM json_array_elements(r.rule->'avoid') a
$$;

-- Released a short while ago, the oldest release first.
CREATE FUNCTION cooling_ports(r port_ranges, host text, of_protocol text) RETURNS integer[]
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
	SELECT coalesce(array_agg(c.port_number ORDER BY c.last, c.port_number), '{}') FROM (
		SELECT a.port_number, max(a.released_at) AS last FROM port_allocations a
		WHERE (r.rule->>'cooldownMs')::bigint > 0 AND a.hostname = host
		AND a.protocol = of_protocol AND a.port_number BETWEEN r.start_port AND r.end_port
		AND a.released_at > now() - (r.rule->>'cooldownMs')::bigint * interval '1 ms'
		GROUP BY a.port_number) c
$$;

-- ---- events

CREATE FUNCTION entry_json(a port_allocations) RETURNS json LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
	WITH form(f) AS (VALUES ('YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
	SELECT json_build_object('port', a.port_number, 'projectName', p.name,
		'serviceName', a.service_name, 'serviceType', a.service_type, 'instance', a.instance,
		'environment', a.environment, 'host', a.hostname, 'protocol', a.protocol,
		'status', a.status, 'description', a.description,
		'cloudflareHostname', a.cloudflare_hostname,
		'cloudflareTunnelId', a.cloudflare_tunnel_id, 'metadata', coalesce(a.metadata, '{}'),
		'allocatedAt', to_char(a.allocated_at AT TIME ZONE 'UTC', f),
		'lastVerifiedAt', to_char(a.last_verified_at AT TIME ZONE 'UTC', f),
		'releasedAt', to_char(a.released_at AT TIME ZONE 'UTC', f),
		'allocatedBy', a.allocated_by, 'primary', a.ordinal = 0, 'role', a.role,
		'notes', a.notes, 'unit', a.unit,
		'expiresAt', to_char(a.expires_at AT TIME ZONE 'UTC', f),
		'projectNumber', p.number, 'worktreePath', (SELECT i.worktree_path FROM instances i
			WHERE i.project_id = a.project_id AND i.number = a.instance),
		'range', a.range_name, 'id', a.id)
	FROM form, projects p WHERE p.id = a.project_id
$$;

CREATE FUNCTION record_entry(change bigint, what text, was json, a port_allocations) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
	INSERT INTO events (seq, actor, op, project_id, subject, service, port, before, after)
	SELECT change, session_user, what, p.id, p.name ||
		CASE a.instance WHEN 1 THEN '' ELSE '@' || a.instance END || '/' || a.service_name,
		a.service_name, a.port_number, was, entry_json(a)
	FROM projects p WHERE p.id = a.project_id
$$;

-- ---- locks

CREATE FUNCTION share_book(what text) RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
	PERFORM pg_advisory_xact_lock_shared(8101820098856054635);
	PERFORM pg_advisory_xact_lock(hashtextextended(what, 8101820098856054635));
END
$$;

-- ---- a project's first block

CREATE FUNCTION open_block(change bigint, r port_ranges, project projects, host text)
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	count integer := (r.end_port - r.start_port + 1) / r.block_size;
	start integer;
BEGIN
	PERFORM share_book('blocks ' || host);
	SELECT b.start INTO start FROM (
		SELECT r.start_port + n * r.block_size AS start, n FROM generate_series(0, count - 1) n
		WHERE n = project.number OR n >= coalesce((r.rule->>'firstNumber')::integer, 0)) b
	WHERE int4range(b.start, b.start + r.block_size) <@ range_ports(r)
	AND NOT EXISTS (SELECT FROM port_ranges o WHERE o.is_active AND o.id <> r.id
		AND o.start_port < b.start + r.block_size AND o.end_port >= b.start)
	AND NOT EXISTS (SELECT FROM blocks x WHERE x.hostname = host
		AND x.start_port < b.start + r.block_size AND x.end_port >= b.start)
	ORDER BY n IS DISTINCT FROM project.number, n LIMIT 1;
	IF start IS NULL THEN
		RAISE EXCEPTION 'every block of % ports in %-% belongs to a project', r.block_size,
			r.start_port, r.end_port USING ERRCODE = 'PB004';
	END IF;
	INSERT INTO blocks (hostname, start_port, end_port, range_name, project_id)
		VALUES (host, start, start + r.block_size - 1, r.range_name, project.id);
	INSERT INTO events (seq, actor, op, project_id, subject, after)
		VALUES (change, session_user, 'add-block', project.id, project.name,
			json_build_object('rangeStart', start, 'rangeEnd', start + r.block_size - 1));
END
$$;

-- ---- what is called

-- The first free port of the range: outside of all projects' blocks; NULL: there is none.
CREATE FUNCTION find_available_port(range_id uuid, hostname text DEFAULT 'localhost',
	protocol text DEFAULT 'tcp') RETURNS integer LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
	r port_ranges;
	lows integer[];
	highs integer[];
BEGIN
	SELECT * INTO r FROM port_ranges x WHERE x.id = range_id AND x.is_active;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no port range %', range_id USING ERRCODE = 'PB001';
	END IF;
	SELECT array_agg(lower(s)), array_agg(upper(s) - 1) INTO lows, highs
	FROM unnest(range_ports(r) - coalesce((SELECT range_agg(int4range(b.start_port, b.end_port, '[]'))
		FROM blocks b WHERE b.hostname = find_available_port.hostname), '{}')) s;
	RETURN (SELECT c.chosen FROM choose_port(hostname, protocol, '{}', lows, highs,
		closed_ports(hostname, NULL), '{}',
		avoided_ports(r) || cooling_ports(r, hostname, protocol),
		cooling_ports(r, hostname, protocol), false, NULL) c);
END
$$;

-- One more port for a service of the project's instance 1, as `portbook allocate`.
CREATE FUNCTION allocate_port(project_id uuid, range_id uuid, service_name text,
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
	entry port_allocations;
	env text;
	lows integer[];
	highs integer[];
	before integer;
	role_name text;
	role_port integer;
	cooling integer[];
	change bigint;
	had_block boolean := true;
	c record;
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
	PERFORM share_book('project ' || allocate_port.project_id);
	SELECT * INTO project FROM projects x WHERE x.id = allocate_port.project_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no project %', allocate_port.project_id
			USING ERRCODE = 'PB001';
	END IF;
	IF project.status = 'archived' THEN
		RAISE EXCEPTION '''%'' is archived: it keeps its ports, and is given no more',
			project.name USING ERRCODE = 'PB002';
	END IF;
	SELECT * INTO r FROM port_ranges x WHERE x.id = range_id AND x.is_active;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no port range %', range_id USING ERRCODE = 'PB001';
	END IF;
	env := coalesce(r.rule->'environments'->>0,
		(SELECT s.value FROM settings s WHERE s.name = 'environment'), 'dev');
	kind := coalesce(kind, r.rule->'types'->>0);
	IF EXISTS (SELECT FROM port_allocations a WHERE a.project_id = project.id AND a.instance = 1
			AND a.released_at IS NULL AND a.service_name <> service
			AND translate(a.service_name, '.-', '__') = translate(service, '.-', '__')) THEN
		RAISE EXCEPTION '''%'' would share a variable with another service of ''%''', service,
			project.name USING ERRCODE = 'PB002';
	END IF;

	-- Eight numbers: one change, whatever it takes.
	change := nextval('events_seq_seq');
	IF r.block_size > 0 AND block_starts(r, project.id, host) = '{}' THEN
		PERFORM open_block(change, r, project, host);
		change := change + 1;
	ELSIF r.block_size = 0 THEN
		PERFORM share_book('range ' || r.range_name || ' ' || host || ' ' || proto);
	END IF;

	SELECT array_agg(s.low), array_agg(s.high) INTO lows, highs
		FROM candidate_spans(r, project.id, host) s;
	SELECT a.port_number INTO before FROM port_allocations a
		WHERE a.project_id = project.id AND a.service_name = service AND a.environment = env
		AND a.instance = 1 AND a.hostname = host AND a.protocol = proto
		AND a.released_at IS NOT NULL AND EXISTS (SELECT FROM unnest(lows, highs) s(low, high)
			WHERE a.port_number BETWEEN low AND high)
		ORDER BY a.released_at DESC, a.ordinal <> 0, a.id LIMIT 1;
	SELECT j.key, lows[1] + j.value::integer INTO role_name, role_port
		FROM json_each_text(r.rule->'roles') j WHERE j.key IN (service, kind)
		AND lows[1] + j.value::integer <= highs[1] ORDER BY j.key <> service LIMIT 1;
	cooling := cooling_ports(r, host, proto);
	SELECT * INTO c FROM choose_port(host, proto,
		array_remove(ARRAY[before, role_port], NULL), lows, highs,
		closed_ports(host, project.name), '{}', avoided_ports(r) || cooling, cooling,
		r.rule->'roles'->>0 IS NOT NULL OR EXISTS (SELECT FROM json_each(r.rule->'roles')),
		CASE WHEN r.rule->>'strategy' = 'random' THEN floor(random() * 1e9)::numeric END);
	IF c.chosen IS NULL THEN
		RAISE EXCEPTION 'no port is left for ''%/%'' in %-%', project.name, service,
			coalesce(lows[1], r.start_port), coalesce(highs[cardinality(highs)], r.end_port)
			USING ERRCODE = 'PB004';
	END IF;

	INSERT INTO port_allocations (project_id, environment, service_name, service_type, role,
			range_name, hostname, protocol, port_number, allocated_by, ordinal)
		VALUES (project.id, env, service, kind,
			CASE WHEN c.chosen = role_port THEN role_name END, r.range_name, host, proto,
			c.chosen, session_user,
			CASE WHEN EXISTS (SELECT FROM port_allocations a WHERE a.project_id = project.id
				AND a.service_name = service AND a.environment = env AND a.instance = 1
				AND a.hostname = host AND a.protocol = proto AND a.ordinal = 0
				AND a.released_at IS NULL) THEN c.chosen ELSE 0 END)
		RETURNING * INTO entry;
	PERFORM record_entry(change, 'allocate', NULL, entry);
	RETURN c.chosen;
END
$$;

-- Give a port back, whichever protocol; false: nobody had it.
CREATE FUNCTION release_port(port integer, hostname text DEFAULT 'localhost') RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	host text := lower(release_port.hostname);
	change bigint;
	was port_allocations;
	gone port_allocations;
	next port_allocations;
BEGIN
	FOR was IN SELECT a.* FROM port_allocations a WHERE a.hostname = host
			AND a.port_number = release_port.port AND a.protocol IN ('tcp', 'udp')
			AND a.released_at IS NULL ORDER BY a.protocol LOOP
		PERFORM share_book('project ' || was.project_id);
		-- What it is by now, behind the lock.
		SELECT a.* INTO was FROM port_allocations a WHERE a.id = was.id AND a.released_at IS NULL
			AND a.hostname = host AND a.port_number = release_port.port FOR UPDATE;
		CONTINUE WHEN NOT FOUND;
		change := coalesce(change, nextval('events_seq_seq'));
		UPDATE port_allocations a SET status = 'released', released_at = now()
			WHERE a.id = was.id RETURNING a.* INTO gone;
		PERFORM record_entry(change, 'release', entry_json(was), gone);
		change := change + 1;
		CONTINUE WHEN was.ordinal <> 0;
		SELECT a.* INTO was FROM port_allocations a WHERE a.project_id = was.project_id
			AND a.instance = was.instance AND a.environment = was.environment
			AND a.service_name = was.service_name AND a.hostname = host
			AND a.protocol = was.protocol AND a.released_at IS NULL
			ORDER BY a.allocated_at, a.id LIMIT 1;
		CONTINUE WHEN NOT FOUND;
		UPDATE port_allocations a SET ordinal = 0 WHERE a.id = was.id RETURNING a.* INTO next;
		PERFORM record_entry(change, 'promote', entry_json(was), next);
		change := change + 1;
	END LOOP;
	RETURN change IS NOT NULL;
END
$$;

-- ---- for readers of older schemas

CREATE VIEW project_port_ranges AS
	SELECT p.number AS project_id, p.name AS project_name, b.start_port AS port_range_start,
		b.end_port AS port_range_end, u.used AS ports_used,
		b.end_port - b.start_port + 1 - u.used AS ports_available, b.hostname, b.range_name
	FROM blocks b JOIN projects p ON p.id = b.project_id, LATERAL (
		SELECT count(DISTINCT a.port_number)::integer AS used FROM port_allocations a
		WHERE a.hostname = b.hostname AND a.protocol IN ('tcp', 'udp')
		AND a.port_number BETWEEN b.start_port AND b.end_port AND a.released_at IS NULL) u;

CREATE VIEW shared_service_ports AS
	SELECT a.port_number AS port, a.service_name, a.service_type, a.description, a.status,
		a.hostname, a.protocol, a.environment, a.allocated_at, a.metadata
	FROM port_allocations a JOIN projects p ON p.id = a.project_id
	WHERE p.name = 'shared-services' AND a.released_at IS NULL;

-- Nobody's process is kept in the book: process_id is always NULL.
CREATE VIEW remote_agent_port_allocations AS
	SELECT a.port_number AS port, a.service_name, a.environment, i.worktree_path, a.status,
		NULL::integer AS process_id, p.name AS project_name, a.hostname, a.protocol,
		a.allocated_by, a.allocated_at, a.released_at
	FROM port_allocations a JOIN projects p ON p.id = a.project_id
	LEFT JOIN instances i ON i.project_id = a.project_id AND i.number = a.instance;

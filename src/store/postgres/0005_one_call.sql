-- One function enters a port by all rules and leaves its event (enter_port), one gives ports back
-- (release_entries): programs that talk SQL reach them by allocate_port and release_port, and
-- portbook calls them itself.
--
-- Each statement that a function runs costs more than what it does, and so does a SET, a record, or
-- an array that is handed on.  So what each port goes through looks once at all that decides, writes
-- a row and its event together, takes locks in expressions, which need no statement, has NULL for an
-- empty array, and names the schema of what it uses; what only some go through has a SET.

-- ---- times are kept in milliseconds, as books in files keep them

ALTER TABLE projects ALTER created_at SET DEFAULT date_trunc('milliseconds', now());
ALTER TABLE instances ALTER created_at SET DEFAULT date_trunc('milliseconds', now());
ALTER TABLE blocks ALTER created_at SET DEFAULT date_trunc('milliseconds', now());
ALTER TABLE port_allocations ALTER allocated_at SET DEFAULT date_trunc('milliseconds', now());
ALTER TABLE port_health_checks ALTER checked_at SET DEFAULT date_trunc('milliseconds', now());
ALTER TABLE events ALTER at SET DEFAULT date_trunc('milliseconds', now());
ALTER TABLE requests ALTER at SET DEFAULT date_trunc('milliseconds', now());

UPDATE port_allocations SET allocated_at = date_trunc('milliseconds', allocated_at),
	released_at = date_trunc('milliseconds', released_at)
WHERE allocated_at <> date_trunc('milliseconds', allocated_at)
	OR released_at <> date_trunc('milliseconds', released_at);
UPDATE blocks SET created_at = date_trunc('milliseconds', created_at)
WHERE created_at <> date_trunc('milliseconds', created_at);
UPDATE projects SET created_at = date_trunc('milliseconds', created_at)
WHERE created_at <> date_trunc('milliseconds', created_at);
UPDATE events SET at = date_trunc('milliseconds', at)
WHERE at <> date_trunc('milliseconds', at);

-- ---- what is called for each port

CREATE OR REPLACE FUNCTION portbook_uuid() RETURNS uuid LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	-- Of version 4 only the version's digit and the digits before it are others.
	RETURN (lpad(to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint), 12, '0') ||
		'7' || substr(gen_random_uuid()::text, 16))::uuid;
END
$$;

-- These become part of the statement that calls them: none of their parts is less stable than they
-- say.
DROP FUNCTION entry_subject(text, integer, text);
CREATE FUNCTION entry_subject(project text, instance integer, service text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT project || CASE instance WHEN 1 THEN '' ELSE '@' || instance::text END || '/' || service
$$;
CREATE OR REPLACE FUNCTION entry_json(a port_allocations, project text, number integer,
	worktree text) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('port', a.port_number, 'projectName', project,
		'serviceName', a.service_name, 'serviceType', a.service_type, 'instance', a.instance,
		'environment', a.environment, 'host', a.hostname, 'protocol', a.protocol,
		'status', a.status, 'description', a.description,
		'cloudflareHostname', a.cloudflare_hostname,
		'cloudflareTunnelId', a.cloudflare_tunnel_id, 'metadata', coalesce(a.metadata, '{}'),
		'allocatedAt', public.json_time(a.allocated_at),
		'lastVerifiedAt', public.json_time(a.last_verified_at),
		'releasedAt', public.json_time(a.released_at), 'allocatedBy', a.allocated_by,
		'primary', a.ordinal = 0, 'role', a.role, 'notes', a.notes, 'unit', a.unit,
		'expiresAt', public.json_time(a.expires_at), 'projectNumber', number,
		'worktreePath', worktree, 'range', a.range_name, 'id', a.id)
$$;

DROP FUNCTION share_service(uuid, text);
DROP FUNCTION hold_service(uuid, text);

-- Until the transaction ends nobody else changes what this service has in the project, nor that of
-- another whose name makes the same variable ("a-b" and "a.b"; "dns" and "dns-udp").
CREATE FUNCTION hold_service(project uuid, service text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	variable text := translate(lower(service), '.-', '__');
BEGIN
	IF right(variable, 4) = '_udp' THEN
		variable := regexp_replace(variable, '(_udp)+$', '');
	END IF;
	RETURN pg_advisory_xact_lock(hashtextextended(project || ' ' || variable,
		8101820098856054635)) IS NOT NULL;
END
$$;

-- Who calls from SQL is one of those that share the book.
CREATE FUNCTION share_service(project uuid, service text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RETURN pg_advisory_xact_lock_shared(8101820098856054635) IS NOT NULL
		AND public.hold_service(project, service);
END
$$;

-- May the service have a variable of its own among those of instance 1?  "a-b" and "a.b" have one,
-- and so have "dns-udp" and what "dns" has on UDP.
CREATE FUNCTION variable_is_free(project uuid, service text, proto text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
	wanted text := translate(service, '.-', '__');
BEGIN
	RETURN NOT EXISTS (SELECT FROM port_allocations a, translate(a.service_name, '.-', '__') v(name)
		WHERE a.project_id = project AND a.instance = 1 AND a.released_at IS NULL
		AND a.ordinal = 0 AND a.service_name <> service AND (v.name = wanted
			OR (a.protocol = 'udp' AND wanted = v.name || '_udp')
			OR (proto = 'udp' AND v.name = wanted || '_udp')));
END
$$;

-- Of these ports, in their order, those that one of the spans has.
CREATE FUNCTION ports_within(ports integer[], lows integer[], highs integer[]) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
BEGIN
	RETURN (SELECT array_agg(p.port ORDER BY p.n) FROM unnest(ports) WITH ORDINALITY p(port, n)
		WHERE EXISTS (SELECT FROM unnest(lows, highs) s(low, high)
			WHERE p.port BETWEEN s.low AND s.high));
END
$$;

-- ---- entering

-- What only functions that have no SET call.
ALTER FUNCTION choose_by_slots SET search_path = public, pg_temp;
ALTER FUNCTION candidate_ends SET search_path = public, pg_temp;
ALTER FUNCTION cooling_ports SET search_path = public, pg_temp;

-- As before; an array may be NULL for an empty one.  What is usual, one span, at most one port that
-- is named, and nothing that is listened on or cools down, takes its slot at once.
CREATE OR REPLACE FUNCTION claim_port(id uuid, project_id uuid, instance integer, environment text,
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
	is_usual boolean := strangers IS NULL AND since IS NULL AND seed IS NULL AND NOT downwards
		AND cardinality(lows) = 1 AND (first IS NULL OR cardinality(first) = 1);
	named integer := first[1];
	low integer := lows[1];
	high integer := highs[1];
	-- By chance: then all that are open are counted.
	by_slots boolean := seed IS NULL;
	chosen integer;
	got integer[];
	fresh integer[];
BEGIN
	LOOP
		IF is_usual THEN
			SELECT s.port_number INTO chosen FROM public.port_slots s
				WHERE s.hostname = claim_port.hostname AND s.protocol = claim_port.protocol
				AND s.port_number BETWEEN coalesce(named, low) AND coalesce(named, high)
				AND s.free AND (closed IS NULL OR s.port_number <> ALL (closed))
				AND (late IS NULL OR named IS NOT NULL OR s.port_number <> ALL (late))
				AND (SELECT o.end_port FROM public.port_slot_spans o
					WHERE o.hostname = claim_port.hostname AND o.protocol = claim_port.protocol
					AND o.start_port <= low ORDER BY o.start_port DESC LIMIT 1) >= high
				ORDER BY s.port_number LIMIT 1 FOR NO KEY UPDATE OF s SKIP LOCKED;
			IF NOT FOUND THEN
				is_usual := named IS NOT NULL;
				named := NULL;
				CONTINUE;
			END IF;
		ELSIF by_slots THEN
			got := public.choose_by_slots(hostname, protocol, coalesce(first, '{}'), lows, highs,
				coalesce(closed, '{}'), coalesce(strangers, '{}'), coalesce(late, '{}'), since,
				downwards);
			chosen := got[1];
		ELSE
			-- To enter waits for who is about to enter there, and then either has the port, or
			-- looks again.
			got := (SELECT ARRAY[coalesce(c.chosen, 0), coalesce(c.round, 0), coalesce(c.turn, 0)]
				|| c.passed FROM public.choose_port(hostname, protocol, coalesce(first, '{}'), lows,
				highs, coalesce(closed, '{}'), coalesce(strangers, '{}'), coalesce(late, '{}'),
				coalesce(cooling, '{}'), downwards, seed) c);
			chosen := got[1];
			EXIT WHEN chosen = 0;
		END IF;
		IF chosen IS NOT NULL THEN
			INSERT INTO public.port_allocations (id, project_id, instance, environment,
				service_name, ordinal, service_type, role, port_range_id, range_name, hostname,
				protocol, port_number, status, description, notes, unit, cloudflare_hostname,
				cloudflare_tunnel_id, metadata, allocated_by, allocated_at, last_used_at,
				last_verified_at, released_at, expires_at)
			VALUES (id, project_id, instance, environment, service_name,
				CASE ordinal WHEN 0 THEN 0 ELSE chosen END, service_type, role, port_range_id,
				range_name, hostname, protocol, chosen, status, description, notes, unit,
				cloudflare_hostname, cloudflare_tunnel_id, metadata, allocated_by, allocated_at,
				last_used_at, last_verified_at, released_at, expires_at)
			ON CONFLICT (hostname, protocol, port_number) WHERE released_at IS NULL DO NOTHING;
			EXIT WHEN FOUND;
			-- The index is the law: the slot was wrong.
			UPDATE public.port_slots s SET free = false WHERE s.hostname = claim_port.hostname
				AND s.protocol = claim_port.protocol AND s.port_number = chosen;
			CONTINUE;
		END IF;
		by_slots := false;
		IF since IS NOT NULL THEN
			fresh := (SELECT coalesce(array_agg(s.port_number ORDER BY s.released_at), '{}')
				FROM unnest(lows, highs) n(low, high) JOIN public.port_slots s
				ON s.hostname = claim_port.hostname AND s.protocol = claim_port.protocol
				AND s.port_number BETWEEN n.low AND n.high
				WHERE s.released_at > since
				AND s.port_number <> ALL (coalesce(cooling, '{}')));
			cooling := cooling || fresh;
			late := late || fresh;
		END IF;
	END LOOP;
	IF is_usual THEN
		RETURN ARRAY[chosen, CASE WHEN chosen = named THEN 1 ELSE 2 END,
			CASE WHEN chosen = named THEN 1 ELSE 0 END];
	END IF;
	RETURN got;
END
$$;

-- Enter one more port for a service of the project's instance 1, and the event that says so: what
-- `allocate` means.  The service is held already.  `env` NULL: a program that talks SQL asks, and the
-- range says environment and type.  `strangers`: who listens there is nobody of the project.
-- `change`: the number of the event; NULL: the next one.
--
-- Answers the port, why (an enum plan_why, src/ports/plan.h), 1 if it is the service's primary, 1 if
-- it is the port of its role, and the strangers that were passed.  Or 0 and what is in the way: 1
-- there is no such project, 2 it is archived, 3 there is no such range, 4 another service has the same
-- variable, 5 the project has no block, 6 no port is left, 7 a stranger is on a port that it should
-- have: whose process that is, a server does not know.
CREATE FUNCTION enter_port(entry uuid, project uuid, range_id uuid, env text, service text,
	kind text, role text, host text, proto text, description text, notes text, unit text,
	tunnel text, tunnel_id text, metadata jsonb, expires timestamptz, actor text, at timestamptz,
	preferred integer, strangers integer[], change bigint) RETURNS integer[]
LANGUAGE plpgsql AS $$
DECLARE
	project_name text;
	project_number integer;
	is_archived boolean;
	range_name text;
	block_size integer;
	cooldown_ms bigint;
	has_roles boolean;
	is_random boolean;
	is_simple boolean;
	type_of_range text;
	environment_of text;
	late integer[];
	closed integer[];
	lows integer[];
	highs integer[];
	is_more boolean;
	before integer;
	role_name text;
	role_port integer;
	first integer[];
	cooling integer[];
	got integer[];
BEGIN
	-- All that decides, in one look; of the port before, less than 0: it was not the primary.
	SELECT p.name, p.number, p.status = 'archived', x.range_name, x.block_size, x.cooldown_ms,
		x.has_roles, x.is_random, x.service_type, e.environment, nullif(x.avoid, '{}'), o.starts,
		x.block_size > 0 AND NOT x.is_sliced AND cardinality(o.starts) = 1
			AND NOT EXISTS (SELECT FROM public.instances i WHERE i.project_id = p.id
				AND i.number > 1 AND i.released_at IS NULL AND i.slice >= 0),
		EXISTS (SELECT FROM public.port_allocations a WHERE a.project_id = p.id
			AND a.service_name = service AND a.environment = e.environment AND a.instance = 1
			AND a.hostname = host AND a.protocol = proto AND a.ordinal = 0
			AND a.released_at IS NULL),
		(SELECT CASE a.ordinal WHEN 0 THEN a.port_number ELSE -a.port_number END
			FROM public.port_allocations a WHERE a.project_id = p.id
			AND a.service_name = service AND a.environment = e.environment AND a.instance = 1
			AND a.hostname = host AND a.protocol = proto AND a.released_at IS NOT NULL
			ORDER BY a.released_at DESC, a.id LIMIT 1),
		(SELECT array_agg(n)
			FROM public.reserved_ports v, generate_series(v.start_port, v.end_port) n
			WHERE v.hostname IN ('*', host) AND v.project_name IS DISTINCT FROM p.name
			AND (v.until IS NULL OR v.until > at))
	INTO project_name, project_number, is_archived, range_name, block_size, cooldown_ms, has_roles,
		is_random, type_of_range, environment_of, late, lows, is_simple, is_more, before, closed
	FROM (VALUES (1)) one
	LEFT JOIN public.projects p ON p.id = project
	LEFT JOIN public.port_ranges x ON x.id = range_id AND x.is_active
	LEFT JOIN LATERAL (SELECT coalesce(env, x.environment, (SELECT s.value FROM public.settings s
		WHERE s.name = 'environment'), 'dev')) e(environment) ON true
	LEFT JOIN LATERAL (SELECT array_agg(b.start_port ORDER BY b.created_at, b.start_port)
		FROM public.blocks b WHERE b.project_id = p.id AND b.hostname = host
		AND b.range_name = x.range_name) o(starts) ON true;
	IF is_archived IS NOT FALSE OR range_name IS NULL THEN
		RETURN ARRAY[0, CASE WHEN project_name IS NULL THEN 1 WHEN is_archived THEN 2 ELSE 3 END];
	ELSIF (proto = 'udp' OR service ~ '[._-]')
			AND NOT public.variable_is_free(project, service, proto) THEN
		RETURN '{0,4}';
	END IF;
	IF is_simple THEN
		highs := ARRAY[lows[1] + block_size - 1];
	ELSIF block_size > 0 AND lows IS NULL THEN
		RETURN '{0,5}';
	ELSE
		SELECT coalesce(e.lows, '{}'), coalesce(e.highs, '{}') INTO lows, highs
			FROM public.port_ranges x, public.candidate_ends(x, project, host) e
			WHERE x.id = range_id;
	END IF;
	IF env IS NULL THEN
		kind := coalesce(kind, type_of_range);
	END IF;
	IF has_roles THEN
		SELECT j.key, lows[1] + j.value::integer INTO role_name, role_port
			FROM public.port_ranges x, json_each_text(x.rule->'roles') j
			WHERE x.id = range_id AND CASE WHEN role IS NULL THEN j.key IN (service, kind)
				ELSE j.key = role END
			AND lows[1] + j.value::integer <= highs[1] ORDER BY j.key <> service LIMIT 1;
	END IF;
	IF before IS NOT NULL OR preferred IS NOT NULL OR role_port IS NOT NULL THEN
		IF before < 0 AND NOT is_more THEN
			-- Of several that were released together, the one the service is known by.
			before := coalesce((SELECT a.port_number FROM public.port_allocations a
				WHERE a.project_id = project AND a.service_name = service
				AND a.environment = environment_of AND a.instance = 1 AND a.hostname = host
				AND a.protocol = proto AND a.released_at IS NOT NULL AND a.ordinal = 0
				ORDER BY a.released_at DESC, a.id LIMIT 1), before);
		END IF;
		before := abs(before);
		IF is_simple AND preferred IS NULL AND role_port IS NULL THEN
			IF before BETWEEN lows[1] AND highs[1] THEN
				first := ARRAY[before];
			END IF;
		ELSE
			first := public.ports_within(ARRAY[before, preferred, role_port], lows, highs);
		END IF;
		IF before = ANY (strangers) OR role_port = ANY (strangers) THEN
			RETURN '{0,7}';
		END IF;
	END IF;
	IF cooldown_ms > 0 THEN
		cooling := (SELECT public.cooling_ports(x, host, proto) FROM public.port_ranges x
			WHERE x.id = range_id);
		late := late || cooling;
	END IF;
	got := public.claim_port(entry, project, 1, environment_of, service, is_more::integer, kind,
		NULL, range_id, range_name, host, proto, 'allocated', description, notes, unit, tunnel,
		tunnel_id, coalesce(metadata, '{}'), actor, at, NULL, NULL, NULL, expires, first, lows,
		highs, closed, strangers, late, cooling,
		at - nullif(cooldown_ms, 0) * interval '1 ms', has_roles,
		CASE WHEN is_random THEN floor(random() * 1e9)::numeric END);
	IF got[1] = 0 THEN
		RETURN '{0,6}';
	ELSIF got[1] = role_port THEN
		UPDATE public.port_allocations a SET role = role_name WHERE a.id = entry;
	ELSE
		role_name := NULL;
	END IF;
	-- Eight numbers are one change, whatever it takes: a block and an entry.  They are taken when
	-- the port is ours, so that its events stand in the order in which it was had.
	INSERT INTO public.events (seq, at, actor, op, project_id, subject, service, port, after)
	VALUES (coalesce(change, nextval('public.events_seq_seq')), at, actor, 'allocate', project,
		project_name || '/' || service, service, got[1],
		json_build_object('port', got[1], 'projectName', project_name, 'serviceName', service,
			'serviceType', kind, 'instance', 1, 'environment', environment_of, 'host', host,
			'protocol', proto, 'status', 'allocated', 'description', description,
			'cloudflareHostname', tunnel, 'cloudflareTunnelId', tunnel_id,
			'metadata', coalesce(metadata, '{}'), 'allocatedAt', public.json_time(at),
			'lastVerifiedAt', NULL, 'releasedAt', NULL, 'allocatedBy', actor,
			'primary', NOT is_more, 'role', role_name, 'notes', notes, 'unit', unit,
			'expiresAt', public.json_time(expires), 'projectNumber', project_number,
			'worktreePath', NULL, 'range', range_name, 'id', entry));
	RETURN ARRAY[got[1], CASE WHEN got[2] > 1 THEN got[2] + 3 WHEN got[1] = before THEN 1
		WHEN got[1] = preferred THEN 2 ELSE 3 END, (NOT is_more)::integer,
		(role_name IS NOT NULL)::integer] || got[4:];
END
$$;

-- One more port for a service of the project's instance 1, as `portbook allocate`.
CREATE OR REPLACE FUNCTION allocate_port(project_id uuid, range_id uuid, service_name text,
	service_type text DEFAULT NULL, hostname text DEFAULT 'localhost',
	protocol text DEFAULT 'tcp') RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	service text := lower(service_name);
	host text := lower(hostname);
	proto text := lower(protocol);
	kind text := lower(service_type);
	at timestamptz := date_trunc('milliseconds', now());
	got integer[];
BEGIN
	IF service IS NULL OR service !~ '^[a-z0-9][a-z0-9._-]{0,62}$' THEN
		RAISE EXCEPTION '''%'' cannot name a service: letters, digits, and inside . _ -', service
			USING ERRCODE = 'PB002';
	ELSIF host !~ '^[a-z0-9][a-z0-9._-]{0,62}$' OR proto NOT IN ('tcp', 'udp')
			OR kind !~ '^[a-z0-9][a-z0-9._-]{0,62}$' THEN
		RAISE EXCEPTION 'a host or a type is a name, and a protocol tcp or udp'
			USING ERRCODE = 'PB002';
	END IF;
	IF public.share_service(project_id, service) THEN
		got := public.enter_port(public.portbook_uuid(), project_id, range_id, NULL, service, kind,
			NULL, host, proto, NULL, NULL, NULL, NULL, NULL, NULL, NULL, session_user, at, NULL,
			NULL, NULL);
	END IF;
	IF got[2] = 5 AND got[1] = 0 THEN
		got := public.enter_with_block(project_id, range_id, service, kind, host, proto, at);
	END IF;
	IF got[1] > 0 THEN
		RETURN got[1];
	END IF;
	PERFORM public.fail_entering(got[2], project_id, range_id, service);
END
$$;
ALTER FUNCTION allocate_port RESET search_path;

-- The project's first port on that host: its block comes before.
CREATE FUNCTION enter_with_block(project uuid, range uuid, service text, kind text, host text,
	proto text, at timestamptz) RETURNS integer[] LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
	change bigint;
	r port_ranges;
	p projects;
BEGIN
	PERFORM share_book('blocks ' || host);
	SELECT * INTO r FROM port_ranges x WHERE x.id = range;
	IF block_starts(r, project, host) = '{}' THEN
		change := nextval('events_seq_seq') + 1;
		SELECT * INTO p FROM projects x WHERE x.id = project;
		PERFORM open_block(change - 1, r, p, host);
	END IF;
	RETURN enter_port(portbook_uuid(), project, range, NULL, service, kind, NULL, host, proto, NULL,
		NULL, NULL, NULL, NULL, NULL, NULL, session_user, at, NULL, NULL, change);
END
$$;

-- Say what is in the way (see enter_port).
CREATE FUNCTION fail_entering(why integer, project uuid, range uuid, service text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
	name text := (SELECT p.name FROM projects p WHERE p.id = project);
	r port_ranges;
BEGIN
	SELECT * INTO r FROM port_ranges x WHERE x.id = range;
	CASE why
	WHEN 1 THEN
		RAISE EXCEPTION 'there is no project %', project USING ERRCODE = 'PB001';
	WHEN 2 THEN
		RAISE EXCEPTION '''%'' is archived: it keeps its ports, and is given no more', name
			USING ERRCODE = 'PB002';
	WHEN 3 THEN
		RAISE EXCEPTION 'there is no port range %', range USING ERRCODE = 'PB001';
	WHEN 4 THEN
		RAISE EXCEPTION '''%'' would share a variable with another service of ''%''', service,
			name USING ERRCODE = 'PB002';
	ELSE
		RAISE EXCEPTION 'no port is left for ''%/%'' in %-%', name, service, r.start_port,
			r.end_port USING ERRCODE = 'PB004';
	END CASE;
END
$$;

-- ---- giving back

-- Release these entries, which are live and of services that are held, and leave their events; then
-- whatever is the next of a service that has lost its primary becomes that.  Those that are not live
-- any more, or not on `host` and `port` (NULL: anywhere), are left.  How many were released, and how
-- many events there are.
CREATE FUNCTION release_entries(entries uuid[], host text, port integer, actor text,
	at timestamptz) RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
	n integer := 0;
	change bigint;
	risen integer := 0;
	next uuid;
	nexts uuid[];
BEGIN
	FOR i IN 1 .. cardinality(entries) LOOP
		WITH gone AS (
			UPDATE public.port_allocations a SET status = 'released', released_at = at
			FROM public.port_allocations o JOIN public.projects p ON p.id = o.project_id
			LEFT JOIN public.instances w ON w.project_id = o.project_id AND w.number = o.instance
			WHERE o.id = entries[i] AND o.released_at IS NULL AND a.id = o.id
				AND (host IS NULL OR o.hostname = host) AND (port IS NULL OR o.port_number = port)
			RETURNING a.project_id, a.service_name, a.port_number,
				CASE o.ordinal WHEN 0 THEN (SELECT x.id FROM public.port_allocations x
					WHERE x.project_id = o.project_id AND x.instance = o.instance
					AND x.environment = o.environment AND x.service_name = o.service_name
					AND x.hostname = o.hostname AND x.protocol = o.protocol
					AND x.released_at IS NULL AND x.id <> ALL (entries)
					ORDER BY x.allocated_at, x.id LIMIT 1) END AS next,
				public.entry_subject(p.name, a.instance, a.service_name) AS subject,
				public.entry_json(o, p.name, p.number, w.worktree_path) AS before,
				public.entry_json(a, p.name, p.number, w.worktree_path) AS after
		), told AS (
			INSERT INTO public.events (seq, at, actor, op, project_id, subject, service, port,
				before, after)
			SELECT coalesce(change + n, nextval('public.events_seq_seq')), at, actor, 'release',
				g.project_id, g.subject, g.service_name, g.port_number, g.before, g.after
			FROM gone g RETURNING seq)
		SELECT t.seq - n, g.next INTO change, next FROM gone g, told t;
		IF NOT FOUND THEN
			-- Row-level security passes over what a role may not change, without a word.
			IF EXISTS (SELECT FROM public.port_allocations a WHERE a.id = entries[i]
					AND a.released_at IS NULL AND (host IS NULL OR a.hostname = host)
					AND (port IS NULL OR a.port_number = port)) THEN
				RAISE EXCEPTION 'the role % may not release port %: it is of a project that is '
					'not bound to it', current_user, (SELECT a.port_number
					FROM public.port_allocations a WHERE a.id = entries[i])
					USING ERRCODE = 'insufficient_privilege';
			END IF;
			CONTINUE;
		END IF;
		n := n + 1;
		IF next IS NOT NULL THEN
			nexts := nexts || next;
		END IF;
	END LOOP;
	IF nexts IS NOT NULL THEN
		FOREACH next IN ARRAY nexts LOOP
			IF public.promote_entry(next, actor, at, change + n + risen) THEN
				risen := risen + 1;
			END IF;
		END LOOP;
	END IF;
	RETURN ARRAY[n, n + risen];
END
$$;

-- Make it the primary of its service, unless it is.
CREATE FUNCTION promote_entry(entry uuid, actor text, at timestamptz, change bigint)
RETURNS boolean LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
	WITH risen AS (
		UPDATE port_allocations a SET ordinal = 0
		FROM port_allocations o JOIN projects p ON p.id = o.project_id
		LEFT JOIN instances w ON w.project_id = o.project_id AND w.number = o.instance
		WHERE o.id = entry AND o.ordinal <> 0 AND a.id = o.id
		RETURNING a.project_id, a.service_name, a.port_number,
			entry_subject(p.name, a.instance, a.service_name) AS subject,
			entry_json(o, p.name, p.number, w.worktree_path) AS before,
			entry_json(a, p.name, p.number, w.worktree_path) AS after)
	INSERT INTO events (seq, at, actor, op, project_id, subject, service, port, before, after)
	SELECT change, at, actor, 'promote', r.project_id, r.subject, r.service_name, r.port_number,
		r.before, r.after FROM risen r;
	RETURN FOUND;
END
$$;

-- Give a port back, whichever protocol; false: nobody had it.
CREATE OR REPLACE FUNCTION release_port(port integer, hostname text DEFAULT 'localhost')
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	host text := lower(hostname);
	at timestamptz := date_trunc('milliseconds', now());
	entry uuid;
	project uuid;
	service text;
	others uuid[];
	n integer := 0;
BEGIN
	-- Nearly always it is one.
	SELECT a.id, a.project_id, a.service_name, (SELECT array_agg(b.id)
			FROM public.port_allocations b WHERE b.hostname = host AND b.protocol = 'udp'
			AND b.port_number = port AND b.released_at IS NULL AND b.id <> a.id)
	INTO entry, project, service, others
	FROM public.port_allocations a WHERE a.hostname = host AND a.port_number = port
		AND a.protocol IN ('tcp', 'udp') AND a.released_at IS NULL ORDER BY a.protocol LIMIT 1;
	IF entry IS NULL THEN
		RETURN false;
	END IF;
	IF public.share_service(project, service) THEN
		IF others IS NOT NULL THEN
			PERFORM public.share_service(a.project_id, a.service_name)
				FROM public.port_allocations a WHERE a.id = ANY (others);
		END IF;
		n := (public.release_entries(entry || others, host, port, session_user, at))[1];
	END IF;
	RETURN n > 0;
END
$$;
ALTER FUNCTION release_port RESET search_path;

DROP FUNCTION record_entry(bigint, text, uuid, json);
DROP FUNCTION json_of_entry(uuid);

-- Programs that talk SQL keep to what a range says of itself, too: ports of a temporary one expire,
-- of a legacy one none is given.  And what is NULL, or in capitals, means for each function the same.

ALTER TABLE port_ranges
	ADD COLUMN is_legacy boolean
		GENERATED ALWAYS AS (coalesce(rule->>'legacy', '') = 'true') STORED,
	ADD COLUMN lasts_ms bigint GENERATED ALWAYS AS (nullif(
		(rule->>'temporary')::boolean::integer * (rule->>'expiresMs')::bigint, 0)) STORED;

-- Enter one more port for a service of the project's instance 1, and the event that says so: what
-- `allocate` means.  The service is held already.  `env` NULL: a program that talks SQL asks, and the
-- range says environment, type and when it expires.  `strangers`: who listens there is nobody of the
-- project.  `change`: the number of the event; NULL: the next one.
--
-- Answers the port, why (an enum plan_why, src/ports/plan.h), 1 if it is the service's primary, 1 if
-- it is the port of its role, and the strangers that were passed.  Or 0 and what is in the way: 1
-- there is no such project, 2 it is archived, 3 there is no such range, 4 another service has the same
-- variable, 5 the project has no block, 6 no port is left, 7 a stranger is on a port that it should
-- have: whose process that is, a server does not know, 8 nothing is given from that range.
CREATE OR REPLACE FUNCTION enter_port(entry uuid, project uuid, range_id uuid, env text, service text,
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
	is_legacy boolean;
	lasts_ms bigint;
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
		x.has_roles, x.is_random, x.is_legacy, x.lasts_ms, x.service_type, e.environment,
		nullif(x.avoid, '{}'), o.starts,
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
		is_random, is_legacy, lasts_ms, type_of_range, environment_of, late, lows, is_simple, is_more,
		before, closed
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
	ELSIF is_legacy THEN
		RETURN '{0,8}';
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
		expires := at + lasts_ms * interval '1 ms';
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
	ELSIF host IS NULL OR host !~ '^[a-z0-9][a-z0-9._-]{0,62}$' OR proto IS NULL
			OR proto NOT IN ('tcp', 'udp') OR kind !~ '^[a-z0-9][a-z0-9._-]{0,62}$' THEN
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
	PERFORM public.fail_entering(coalesce(got[2], 1), project_id, range_id, service);
END
$$;

-- Say what is in the way (see enter_port).
CREATE OR REPLACE FUNCTION fail_entering(why integer, project uuid, range uuid, service text)
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
	WHEN 8 THEN
		RAISE EXCEPTION '''%'' is a legacy range: its ports are known, and none is given',
			r.range_name USING ERRCODE = 'PB002';
	ELSE
		RAISE EXCEPTION 'no port is left for ''%/%'' in %-%', name, service, r.start_port,
			r.end_port USING ERRCODE = 'PB004';
	END CASE;
END
$$;

-- The first free port of the range: outside of all projects' blocks; NULL: there is none.
CREATE OR REPLACE FUNCTION find_available_port(range_id uuid, hostname text DEFAULT 'localhost',
	protocol text DEFAULT 'tcp') RETURNS integer LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
	host text := lower(hostname);
	proto text := lower(protocol);
	r port_ranges;
	lows integer[];
	highs integer[];
BEGIN
	SELECT * INTO r FROM port_ranges x WHERE x.id = range_id AND x.is_active;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no port range %', range_id USING ERRCODE = 'PB001';
	ELSIF host IS NULL OR host !~ '^[a-z0-9][a-z0-9._-]{0,62}$' OR proto IS NULL
			OR proto NOT IN ('tcp', 'udp') THEN
		RAISE EXCEPTION 'a host is a name, and a protocol tcp or udp' USING ERRCODE = 'PB002';
	ELSIF r.is_legacy THEN
		RETURN NULL;
	END IF;
	SELECT array_agg(lower(s)), array_agg(upper(s) - 1) INTO lows, highs
	FROM unnest(range_ports(r) - coalesce((SELECT range_agg(int4range(b.start_port, b.end_port, '[]'))
		FROM blocks b WHERE b.hostname = host), '{}')) s;
	RETURN (SELECT c.chosen FROM choose_port(host, proto, '{}', lows, highs,
		closed_ports(host, NULL), '{}',
		avoided_ports(r) || cooling_ports(r, host, proto),
		cooling_ports(r, host, proto), false, NULL) c);
END
$$;

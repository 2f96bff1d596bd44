-- The tables of a book.  Released: never changed, as it never runs again.
--
-- Names are compared byte by byte (COLLATE "C"), as all engines do.  `ordinal` is 0 for the
-- service's primary port, else the port itself, so that live_service allows one primary and any
-- number of others.  `range_name` NULL: registered outside of all ranges.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- A version 7 UUID (RFC 9562, section 5.7): sorted by age.
CREATE FUNCTION portbook_uuid() RETURNS uuid LANGUAGE sql VOLATILE
SET search_path = public, pg_temp AS $$
	SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
		substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
		FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

CREATE TABLE settings (
	name text COLLATE "C" PRIMARY KEY,
	value text NOT NULL
);

CREATE TABLE projects (
	id uuid PRIMARY KEY DEFAULT portbook_uuid(),
	number integer UNIQUE,
	name text COLLATE "C" NOT NULL UNIQUE,
	path text COLLATE "C",
	owner text COLLATE "C",
	description text COLLATE "C",
	status text COLLATE "C" NOT NULL DEFAULT 'active'
		CHECK (status IN ('active', 'reserved', 'legacy', 'archived')),
	metadata jsonb DEFAULT '{}',
	created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX project_path ON projects (path) WHERE path IS NOT NULL;

CREATE TABLE instances (
	project_id uuid NOT NULL REFERENCES projects,
	number integer NOT NULL,
	hostname text COLLATE "C" NOT NULL,
	purpose text COLLATE "C",
	branch text COLLATE "C",
	status text COLLATE "C",
	worktree_path text COLLATE "C",
	slice integer NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	released_at timestamptz,
	PRIMARY KEY (project_id, number)
);
CREATE UNIQUE INDEX live_worktree ON instances (hostname, worktree_path)
	WHERE released_at IS NULL AND worktree_path IS NOT NULL;

CREATE TABLE port_ranges (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	range_name text COLLATE "C" NOT NULL UNIQUE,
	start_port integer NOT NULL,
	end_port integer NOT NULL,
	block_size integer NOT NULL,
	slice_size integer NOT NULL,
	description text COLLATE "C",
	is_active boolean NOT NULL DEFAULT true,
	rule json NOT NULL
);

CREATE TABLE blocks (
	hostname text COLLATE "C" NOT NULL,
	start_port integer NOT NULL,
	end_port integer NOT NULL,
	range_name text COLLATE "C",
	project_id uuid REFERENCES projects,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (hostname, start_port),
	CHECK (start_port <= end_port),
	CONSTRAINT block_overlap EXCLUDE USING gist
		(hostname WITH =, int4range(start_port, end_port, '[]') WITH &&)
);
CREATE INDEX block_of ON blocks (project_id);

CREATE TABLE reserved_ports (
	hostname text COLLATE "C" NOT NULL DEFAULT '*',
	start_port integer NOT NULL,
	end_port integer NOT NULL,
	reason text COLLATE "C",
	project_name text COLLATE "C",
	until timestamptz,
	from_policy boolean NOT NULL DEFAULT false,
	PRIMARY KEY (hostname, start_port)
);

CREATE TABLE port_allocations (
	id uuid PRIMARY KEY DEFAULT portbook_uuid(),
	project_id uuid NOT NULL REFERENCES projects,
	instance integer NOT NULL DEFAULT 1,
	environment text COLLATE "C" NOT NULL DEFAULT 'dev',
	service_name text COLLATE "C" NOT NULL,
	ordinal integer NOT NULL DEFAULT 0,
	service_type text COLLATE "C",
	role text COLLATE "C",
	port_range_id uuid,
	range_name text COLLATE "C",
	hostname text COLLATE "C" NOT NULL DEFAULT 'localhost',
	protocol text COLLATE "C" NOT NULL DEFAULT 'tcp' CHECK (protocol IN ('tcp', 'udp')),
	port_number integer NOT NULL CHECK (port_number BETWEEN 1 AND 65535),
	status text COLLATE "C" NOT NULL DEFAULT 'allocated'
		CHECK (status IN ('allocated', 'reserved', 'legacy', 'released')),
	description text COLLATE "C",
	notes text COLLATE "C",
	unit text COLLATE "C",
	cloudflare_hostname text COLLATE "C",
	cloudflare_tunnel_id text COLLATE "C",
	metadata jsonb DEFAULT '{}',
	allocated_by text COLLATE "C",
	allocated_at timestamptz NOT NULL DEFAULT now(),
	last_used_at timestamptz,
	last_verified_at timestamptz,
	released_at timestamptz,
	expires_at timestamptz,
	CHECK ((status = 'released') = (released_at IS NOT NULL))
);
CREATE UNIQUE INDEX live_port ON port_allocations (hostname, protocol, port_number)
	WHERE released_at IS NULL;
CREATE UNIQUE INDEX live_service ON port_allocations
	(project_id, service_name, environment, instance, hostname, protocol, ordinal)
	WHERE released_at IS NULL;
CREATE UNIQUE INDEX live_tunnel ON port_allocations (cloudflare_hostname)
	WHERE released_at IS NULL AND cloudflare_hostname IS NOT NULL;
CREATE INDEX past_service ON port_allocations
	(project_id, service_name, environment, instance, hostname, protocol, released_at)
	WHERE released_at IS NOT NULL;

-- Of the two names of a range, the one that was not given.
CREATE FUNCTION name_range() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
	IF NEW.range_name IS NULL AND NEW.port_range_id IS NOT NULL AND TG_OP = 'INSERT' THEN
		NEW.range_name := (SELECT r.range_name FROM port_ranges r
			WHERE r.id = NEW.port_range_id);
	ELSE
		NEW.port_range_id := (SELECT r.id FROM port_ranges r
			WHERE r.range_name = NEW.range_name);
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER name_range BEFORE INSERT OR UPDATE OF range_name ON port_allocations
	FOR EACH ROW EXECUTE FUNCTION name_range();

CREATE TABLE port_health_checks (
	id bigserial PRIMARY KEY,
	port_allocation_id uuid NOT NULL,
	checked_at timestamptz NOT NULL DEFAULT now(),
	status text COLLATE "C" NOT NULL,
	response_time_us bigint,
	details text COLLATE "C"
);
CREATE INDEX check_of ON port_health_checks (port_allocation_id, checked_at);

-- Events of one change follow each other without a gap, and a number is left out between two
-- changes.  What programs enter by SQL takes eight numbers for each change, more than it needs.
-- A number is not the order of commits: who follows the history asks for
-- xid < pg_snapshot_xmin(pg_current_snapshot()) and goes on from (xid, seq).
CREATE SEQUENCE events_seq_seq INCREMENT BY 8;
CREATE TABLE events (
	seq bigint PRIMARY KEY DEFAULT nextval('events_seq_seq'),
	xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
	at timestamptz NOT NULL DEFAULT now(),
	actor text COLLATE "C",
	op text COLLATE "C" NOT NULL,
	project_id uuid,
	subject text COLLATE "C",
	service text COLLATE "C",
	port integer,
	before json,
	after json
);
ALTER SEQUENCE events_seq_seq OWNED BY events.seq;
CREATE INDEX event_project ON events (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX event_port ON events (port) WHERE port IS NOT NULL;
CREATE INDEX event_order ON events (xid, seq);

CREATE TABLE requests (
	actor text COLLATE "C",
	key text COLLATE "C",
	op text COLLATE "C" NOT NULL,
	answer text,
	at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (actor, key)
);

-- Those to come go on above `used`.
CREATE FUNCTION use_number(sequence regclass, used bigint) RETURNS bigint LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
	last bigint;
BEGIN
	EXECUTE format('SELECT last_value FROM %s', sequence) INTO last;
	IF used >= last THEN
		PERFORM setval(sequence, used);
	END IF;
	RETURN used;
END
$$;

-- `given`, or the one that is `step` above the last.  Only for who holds the book's lock alone.
CREATE FUNCTION next_event(given bigint, step integer) RETURNS bigint LANGUAGE sql
SET search_path = public, pg_temp AS $$
	SELECT use_number('events_seq_seq', coalesce(given, (SELECT max(seq) + step FROM events), 1))
$$;

CREATE FUNCTION next_check(given bigint) RETURNS bigint LANGUAGE sql
SET search_path = public, pg_temp AS $$
	SELECT CASE WHEN given IS NULL THEN nextval('port_health_checks_id_seq')
		ELSE use_number('port_health_checks_id_seq', given) END
$$;

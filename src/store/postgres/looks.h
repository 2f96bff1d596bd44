/*
 * postgres/looks.h - statements that find what is wrong with a database: postgres/look.c.
 *
 * Each row is a finding: its severity (enum postgres_severity), a sentence, and its remedy.
 */
#ifndef STORE_POSTGRES_LOOKS_H
#define STORE_POSTGRES_LOOKS_H

#define SQL_LOOK_VALIDITY                                                                           \
	"SELECT 3, format('the index %s is not valid: what it keeps apart may be there twice',"     \
	" x.indexrelid::regclass), format('REINDEX INDEX %s', x.indexrelid::regclass)"              \
	" FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid"                                  \
	" WHERE c.relnamespace = 'public'::regnamespace AND NOT (x.indisvalid AND x.indisready)"    \
	" UNION ALL"                                                                                \
	" SELECT 3, format('the constraint %I of %s was not held against all rows', conname,"       \
	" conrelid::regclass), format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conrelid::regclass," \
	" conname) FROM pg_constraint"                                                              \
	" WHERE connamespace = 'public'::regnamespace AND NOT convalidated"                         \
	" UNION ALL"                                                                                \
	" SELECT DISTINCT 3, format('triggers of %s are switched off', tgrelid::regclass),"         \
	" format('ALTER TABLE %s ENABLE TRIGGER ALL', tgrelid::regclass)"                           \
	" FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"                                   \
	" WHERE c.relnamespace = 'public'::regnamespace AND t.tgenabled IN ('D', 'R')"              \
	" ORDER BY 2"

/* What portbook_writer may write: docs/postgresql.md. */
#define SQL_WRITTEN_TABLES                                                                      \
	"WITH written AS (SELECT c.oid, c.relname, has_table_privilege(c.oid, 'INSERT') AS may" \
	" FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname IN ("     \
	"'projects', 'instances', 'blocks', 'reserved_ports', 'port_allocations',"              \
	" 'port_slots', 'port_slot_spans', 'port_health_checks', 'requests', 'events'))"

#define SQL_LOOK_RIGHTS                                                                            \
	SQL_WRITTEN_TABLES                                                                         \
	" SELECT CASE WHEN bool_or(may) THEN 3 ELSE 1 END,"                                        \
	" CASE WHEN bool_or(may) THEN format('the role %I may write some tables, and not %s',"     \
	" current_user, string_agg(relname, ', ' ORDER BY relname) FILTER (WHERE NOT may))"        \
	" ELSE format('the role %I may read the book, and not write it', current_user) END,"       \
	" CASE WHEN bool_or(may) THEN 'as the owner, the grants of docs/postgresql.md once more'"  \
	" ELSE format('nothing, if that is meant; else: GRANT portbook_writer TO %I',"             \
	" current_user) END FROM written HAVING NOT bool_and(may)"                                 \
	" UNION ALL"                                                                               \
	" SELECT 2, format('every role of the server may write %s', string_agg(relname, ', '"      \
	" ORDER BY relname)), 'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC'"             \
	" FROM written WHERE has_table_privilege('public', oid, 'INSERT') HAVING count(*) > 0"     \
	" UNION ALL"                                                                               \
	" SELECT 2, 'every role of the server may make objects in the schema public',"             \
	" 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'"                                            \
	" WHERE has_schema_privilege('public', 'public', 'CREATE')"                                \
	" UNION ALL"                                                                               \
	" SELECT 3, format('a writer that is bound to projects may change others'' rows of %s',"   \
	" string_agg(relname, ', ' ORDER BY relname)),"                                            \
	" 'as the owner, the row-level security of docs/postgresql.md once more' FROM pg_class"    \
	" WHERE to_regclass('public.portbook_bound') IS NOT NULL AND NOT relrowsecurity"           \
	" AND relnamespace = 'public'::regnamespace AND relname IN ('projects', 'instances',"      \
	" 'blocks', 'port_allocations', 'port_health_checks', 'events') HAVING count(*) > 0"       \
	" UNION ALL"                                                                               \
	" SELECT 2, 'writers are bound to projects by the rules of an earlier version, which left" \
	" more to them', 'as the owner, the row-level security of docs/postgresql.md once more'"   \
	" WHERE to_regclass('public.portbook_bound') IS NOT NULL"                                  \
	" AND to_regprocedure('public.portbook_may_tell(uuid, bigint, xid8)') IS NULL"

/* Slots are derived from the entries: 0004_slots.sql. One statement, so that both are of one state. */
#define SQL_LOOK_SLOTS                                                                             \
	"WITH wrong AS (SELECT coalesce(s.hostname, o.hostname) AS host,"                          \
	" coalesce(s.port_number, o.port) AS port, CASE WHEN s.free THEN 'free, and it is taken'"  \
	" WHEN s.free IS NULL THEN 'nothing' WHEN o.port IS NULL THEN 'one that nobody asked for'" \
	" ELSE 'taken, and it is free' END AS says"                                                \
	" FROM (SELECT p.hostname, p.protocol, n AS port FROM port_slot_spans p,"                  \
	" generate_series(p.start_port, p.end_port) n) o"                                          \
	" FULL JOIN port_slots s ON s.hostname = o.hostname AND s.protocol = o.protocol"           \
	" AND s.port_number = o.port"                                                              \
	" LEFT JOIN port_allocations a ON a.hostname = s.hostname AND a.protocol = s.protocol"     \
	" AND a.port_number = s.port_number AND a.released_at IS NULL"                             \
	" WHERE s.free IS NULL OR o.port IS NULL OR s.free <> (a.id IS NULL))"                     \
	" SELECT 2, format('%s of the slots, by which a free port is found, %s wrong: that of %s"  \
	" on ''%s'' says %s', count(*), CASE count(*) WHEN 1 THEN 'is' ELSE 'are' END, min(port)," \
	" (array_agg(host ORDER BY port))[1], (array_agg(says ORDER BY port))[1]),"                \
	" 'SELECT forget_slots(): they are made anew from the entries'"                            \
	" FROM wrong HAVING count(*) > 0"

#define SQL_LOOK_DURABILITY                                                                     \
	"SELECT 2, format('%s is off: what was answered may be gone when the server''s machine" \
	" fails', name), format('ALTER SYSTEM SET %I = on; SELECT pg_reload_conf()', name)"     \
	" FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"   \
	" AND setting = 'off' ORDER BY name"

#define SQL_SERVER_TIME "SELECT clock_timestamp()"

#endif

-- What the schema consists of, a line for each: what it is, a tab, how it is defined.
SELECT kind || ' ' || name AS object, definition FROM (
	SELECT 'column' AS kind, format('%s.%s', c.relname, a.attname) AS name,
		concat_ws(' ', format_type(a.atttypid, a.atttypmod), 'COLLATE ' || o.collname,
			CASE WHEN a.attnotnull THEN 'NOT NULL' END,
			'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)) AS definition
	FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		LEFT JOIN pg_collation o ON o.oid = a.attcollation AND o.collname <> 'default'
	WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0
		AND NOT a.attisdropped
	UNION ALL
	SELECT 'constraint', format('%s.%s', c.relname, k.conname), pg_get_constraintdef(k.oid)
	FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
	WHERE k.connamespace = 'public'::regnamespace AND k.contype IN ('c', 'f', 'p', 'u', 'x')
	UNION ALL
	SELECT 'index', relname, pg_get_indexdef(oid) FROM pg_class
	WHERE relnamespace = 'public'::regnamespace AND relkind = 'i'
	UNION ALL
	SELECT 'trigger', format('%s.%s', c.relname, t.tgname), pg_get_triggerdef(t.oid)
	FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
	WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
	UNION ALL
	SELECT 'function', p.oid::regprocedure::text,
		concat_ws(' ', pg_get_function_result(p.oid), p.provolatile, p.prosecdef,
			p.proconfig::text, md5(p.prosrc))
	FROM pg_proc p
	WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend e
		WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
	UNION ALL
	SELECT 'view', relname, md5(pg_get_viewdef(oid)) FROM pg_class
	WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
	UNION ALL
	SELECT 'sequence', c.relname, concat_ws(' ', 'INCREMENT BY', s.seqincrement)
	FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid
	WHERE c.relnamespace = 'public'::regnamespace
) every
ORDER BY kind COLLATE "C", name COLLATE "C"

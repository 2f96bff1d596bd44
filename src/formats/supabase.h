/*
 * formats/supabase.h - which ports of supabase/config.toml are whose.
 *
 * May include: base.
 */
#ifndef FORMATS_SUPABASE_H
#define FORMATS_SUPABASE_H

/* "db.pooler" and "port": the service, called as the roles of policies/instances.yaml; or NULL. */
const char *supabase_service(const char *section, const char *key);

#endif

/* A name is proper, is its own name, and makes a variable that a shell takes. */
#include <ctype.h>

#include "fuzz.h"
#include "ports/name.h"

static void check_name(const char *name)
{
	char variable[VARIABLE_SIZE], again[NAME_SIZE];

	MUST(*name && strlen(name) < NAME_SIZE && !strstr(name, ".."));
	MUST(!strpbrk(name, "/@ ") && isalnum((unsigned char)*name));
	MUST(name_fold("name", name, again, NULL) && !strcmp(name, again));
	name_variable(name, 1, variable);
	MUST(!isdigit((unsigned char)variable[0]));
	for (const char *c = variable; *c; c++)
		MUST(isupper((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
	name_variable(name, UINT32_MAX, variable);
	MUST(strlen(variable) < VARIABLE_SIZE);
	MUST(name_distance(name, again, 5) == 0);
}

static void check_ref(const char *text)
{
	char again[3 * NAME_SIZE], instance[16] = "";
	struct service_ref ref, back;

	if (!service_ref_parse(text, &ref, NULL))
		return;
	check_name(ref.service);
	MUST(ref.instance <= INSTANCE_MAX);
	if (ref.instance)
		snprintf(instance, sizeof(instance), "@%u", ref.instance);
	snprintf(again, sizeof(again), "%s%s%s%s", ref.project, instance,
		 ref.project[0] || ref.instance ? "/" : "", ref.service);
	MUST(service_ref_parse(again, &back, NULL) && !memcmp(&ref, &back, sizeof(ref)));
}

static void fuzz_one(const char *text, size_t size)
{
	char name[NAME_SIZE];
	struct service_ref ref;

	if (name_fold("name", text, name, NULL))
		check_name(name);
	if (name_from_words(text, name))
		check_name(name);
	if (project_ref_parse(text, &ref, NULL))
		MUST(!ref.service[0] && (ref.project[0] || ref.instance));
	check_ref(text);
}

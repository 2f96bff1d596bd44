/*
 * Prompts, which clients show as slash commands: what a person asks for in a few
 * words, said to the agent with the tool that does it.
 */
#include <string.h>

#include "mcp/portbook.h"

/*
 * Words in braces are arguments: "{project}" is its text.  A part in brackets is
 * left out where an argument in it was not given.
 */
struct port_prompt {
	struct mcp_prompt prompt;
	const char *text;
	const char *without; /* the text where the first argument was not given; NULL: the same */
};

/* clang-format off */
#define ARGUMENT_PROJECT { "project", "The project's name.", true }
#define ARGUMENT_SERVICE { "service", "The service, such as web or api.", true }
/* clang-format on */

static const struct mcp_prompt_argument service_arguments[] = {
	ARGUMENT_PROJECT,
	ARGUMENT_SERVICE,
	{ "type", "What kind of listener: web, api, db, cache ...", false },
	{ 0 },
};
static const struct mcp_prompt_argument one_arguments[] = { ARGUMENT_PROJECT,
							    ARGUMENT_SERVICE,
							    { 0 } };
static const struct mcp_prompt_argument list_arguments[] = {
	{ "project", "Only this project's.", false },
	{ 0 },
};
static const struct mcp_prompt_argument check_arguments[] = {
	{ "port", "The port that is asked about; without it, all that are entered.", false },
	{ 0 },
};
static const struct mcp_prompt_argument config_arguments[] = { ARGUMENT_PROJECT, { 0 } };
static const struct mcp_prompt_argument register_arguments[] = {
	ARGUMENT_PROJECT,
	ARGUMENT_SERVICE,
	{ "port", "The port that it has already.", true },
	{ 0 },
};

static bool prompt_get(const struct mcp_prompt *p, struct mcp_request *q, const json_t *arguments,
		       json_t *result, struct err *err);

#define PROMPT(called, titled, says, takes) \
	.prompt = { .name = (called),       \
		    .title = (titled),      \
		    .description = (says),  \
		    .arguments = (takes),   \
		    .get = prompt_get }

static const struct port_prompt allocate_prompt = {
	PROMPT("port-allocate", "Give a service its port",
	       "Get the port of a service; one is entered if it has none.", service_arguments),
	.text = "Call get-port with projectName \"{project}\" and serviceName \"{service}\"[ "
		"and serviceType \"{type}\"]. If the project is not known, ask me whether it "
		"shall be entered, then call create-project and try again. Tell me the port, "
		"and set it where the service's configuration names its port; do not change "
		"anything else.",
};
static const struct port_prompt list_prompt = {
	PROMPT("port-list", "List the ports", "Show which ports belong to whom.", list_arguments),
	.text = "Call list-ports[ with projectName \"{project}\"] and live true, all pages "
		"of it. Show me a table with the columns port, project, service, state and "
		"hostname, by port.",
};
static const struct port_prompt release_prompt = {
	PROMPT("port-release", "Give a port back",
	       "Give back the ports of a service that is gone for good.", one_arguments),
	.text = "I want to give back the ports of the service \"{service}\" of the project "
		"\"{project}\". Call list-ports for it first, and tell me which ports that "
		"are and whether something listens there. When I have said yes, call "
		"release-port, and tell me what it answered.",
};
static const struct port_prompt check_prompt = {
	PROMPT("port-check", "Check a port, or all",
	       "Whose a port is and what listens there; or where the book and "
	       "the machine disagree.",
	       check_arguments),
	.text = "Call check-port with port {port}, and tell me in one or two sentences "
		"whether it may be used, whose it is, and what to use instead.",
	.without = "Call audit-ports, and tell me the summary and each conflict: the port, who "
		   "owns it, what has it now, and what I can do about it.",
};
static const struct port_prompt config_prompt = {
	PROMPT("port-config", "Put a project's ports into its configuration",
	       "Make the files of a project use the ports that are entered for it.",
	       config_arguments),
	.text = "Call list-ports with projectName \"{project}\". Then look where the files of "
		"this project name its ports (.env, compose files, package.json, tunnels), and make "
		"a list of those that name another port than the one that is entered. port-config "
		"says what such a file should hold. Show me the changes that you propose, and make "
		"them when I have said yes. Services of it that listen and are not entered get a "
		"port with get-port.",
};
static const struct port_prompt cleanup_prompt = {
	PROMPT("port-cleanup", "Give back what nobody needs",
	       "Find ports that nobody needs any more.", list_arguments),
	.text = "Call cleanup-ports with dryRun true[ and projectName \"{project}\"], and "
		"tell me what would be given back, what is kept, and why. When I have said "
		"yes, call it with dryRun false.",
};
static const struct port_prompt register_prompt = {
	PROMPT("port-register", "Enter a port that is in use",
	       "Enter a port that a service has already.", register_arguments),
	.text = "Call register-port with projectName \"{project}\", serviceName "
		"\"{service}\" and port {port}. If the port is somebody else's, tell me "
		"whose, and which port get-port would give instead; do not take it.",
};

const struct mcp_prompt *const port_prompts[] = {
	&allocate_prompt.prompt, &list_prompt.prompt,
	&release_prompt.prompt,	 &check_prompt.prompt,
	&config_prompt.prompt,	 &cleanup_prompt.prompt,
	&register_prompt.prompt, NULL,
};

/* An argument stands in a sentence: a line break or a quote in it would make another. */
static void add_value(struct text *t, const char *value)
{
	for (; *value; value++) {
		char c = (unsigned char)*value < ' ' || *value == '"' ? ' ' : *value;

		text_add_bytes(t, &c, 1);
	}
}

/* "{name}" at `*at`: stepped over; false: that argument was not given. */
static bool add_argument(struct text *t, const char **at, const json_t *arguments)
{
	size_t len = strcspn(*at, "}") - 1;
	char name[32];
	const char *value;

	memcpy(name, *at + 1, len);
	name[len] = '\0';
	*at += len + 2;
	value = json_text_of(arguments, name);
	if (value && *value)
		add_value(t, value);
	return value && *value;
}

/* Up to `end`; false: an argument in it was not given. */
static bool add_part(struct text *t, const char **at, char end, const json_t *arguments)
{
	bool whole = true;

	while (**at && **at != end) {
		size_t plain = strcspn(*at, "{[]");

		text_add_bytes(t, *at, plain);
		*at += plain;
		if (**at == '{')
			whole = add_argument(t, at, arguments) && whole;
		else if (**at == '[')
			break;
	}
	return whole;
}

static void fill_in(struct text *t, const char *text, const json_t *arguments)
{
	while (*text) {
		CLEANUP(text_release) struct text part = { 0 };

		(void)add_part(t, &text, '[', arguments);
		if (*text != '[')
			continue;
		text++;
		if (add_part(&part, &text, ']', arguments))
			text_add(t, text_str(&part));
		text++;
	}
}

static const char *text_for(const struct port_prompt *p, const json_t *arguments)
{
	const char *first = p->without ? json_text_of(arguments, p->prompt.arguments[0].name) : "";

	return first && (*first || !p->without) ? p->text : p->without;
}

static bool prompt_get(const struct mcp_prompt *p, struct mcp_request *q, const json_t *arguments,
		       json_t *result, struct err *err)
{
	CLEANUP(text_release) struct text t = { 0 };

	(void)q;
	fill_in(&t, text_for((const struct port_prompt *)p, arguments), arguments);
	return (text_ok(&t) &&
		json_put(result, "messages",
			 json_pack("[{s:s, s:{s:s, s:s}}]", "role", "user", "content", "type",
				   "text", "text", text_str(&t)))) ||
	       fail_memory(err);
}

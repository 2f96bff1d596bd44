#include "lib/mcp_fixtures.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "mcp/catalogue.h"
#include "mcp/own.h"

/* A red pixel, and a sound of no length. */
#define PNG                                                                                    \
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJ" \
	"RU5ErkJggg=="
#define WAV "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="

/* Adds the members of a text in JSON to the result. */
static bool put_literal(json_t *result, const char *text, struct err *err)
{
	CLEANUP(json_cleanup) json_t *members = NULL;

	return json_parse(text, strlen(text), &members, err) &&
	       (json_object_update(result, members) == 0 || fail_memory(err));
}

static bool put_text(json_t *result, const char *text, struct err *err)
{
	return json_put(result, "content",
			json_pack("[{s:s, s:s}]", "type", "text", "text", text)) ||
	       fail_memory(err);
}

/* --- tools */

struct fixture {
	struct mcp_tool tool;
	const char *does;
	const char *input;	  /* properties of its arguments, in JSON; NULL: none */
	const char *result;	  /* in JSON; NULL: what `run` says */
	const char *method, *ask; /* what it asks the client, in JSON */
	const char *before;	  /* what stands before the client's answer */
	bool (*run)(const struct fixture *f, struct mcp_request *q, const json_t *arguments,
		    json_t *result, struct err *err);
	const struct asking *asking;
};

static bool describe(const struct mcp_tool *t, json_t *entry, struct err *err)
{
	const struct fixture *f = (const struct fixture *)t;
	CLEANUP(json_cleanup) json_t *properties = NULL;
	const char *input = f->input ? f->input : "{}";

	return json_parse(input, strlen(input), &properties, err) &&
	       ((json_put_text(entry, "description", f->does) &&
		 json_put(entry, "inputSchema",
			  json_pack("{s:s, s:O}", "type", "object", "properties", properties))) ||
		fail_memory(err));
}

static bool call(const struct mcp_tool *t, struct mcp_request *q, const json_t *arguments,
		 json_t *result, struct err *err)
{
	const struct fixture *f = (const struct fixture *)t;

	return f->result ? put_literal(result, f->result, err)
			 : f->run(f, q, arguments, result, err);
}

static bool run_logging(const struct fixture *f, struct mcp_request *q, const json_t *arguments,
			json_t *result, struct err *err)
{
	static const char *const said[] = { "Tool execution started", "Tool processing data",
					    "Tool execution completed" };

	(void)f;
	(void)arguments;
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		if (!mcp_log(q, "info", json_string(said[i]), err))
			return false;
	return put_text(result, "It was logged.", err);
}

static bool run_progress(const struct fixture *f, struct mcp_request *q, const json_t *arguments,
			 json_t *result, struct err *err)
{
	(void)f;
	(void)arguments;
	for (unsigned done = 0; done <= 100; done += 50)
		if (!mcp_progress(q, done, 100, NULL, err))
			return false;
	return put_text(result, "It is done.", err);
}

/* The literal with the tool's argument in place of "$". */
static bool make_question(const struct fixture *f, const json_t *arguments, json_t **ret,
			  struct err *err)
{
	const char *given = json_text_of(arguments, "prompt");

	if (!json_parse(f->ask, strlen(f->ask), ret, err))
		return false;
	if (!given)
		given = json_text_of(arguments, "message");
	if (given && json_object_get(*ret, "message"))
		return json_put_text(*ret, "message", given) || fail_memory(err);
	return !given ||
	       json_put(*ret, "messages",
			json_pack("[{s:s, s:{s:s, s:s}}]", "role", "user", "content", "type",
				  "text", "text", given)) ||
	       fail_memory(err);
}

/* The client's answer behind the words; of a sampling only its text. */
static bool put_response(const struct fixture *f, const json_t *response, json_t *result,
			 struct err *err)
{
	const json_t *content = json_object_get(response, "content");
	const char *text = json_text_of(content, "text"),
		   *action = json_text_of(response, "action");
	CLEANUP(text_release) struct text t = { 0 };

	text_addf(&t, "%s%s%s", f->before, action ? "action=" : "", action ? action : "");
	if (text)
		text_add(&t, text);
	else {
		text_add(&t, ", content=");
		text_add_json(&t, content, JSON_COMPACT);
	}
	return text_ok(&t) ? put_text(result, text_str(&t), err) : fail_memory(err);
}

static bool run_ask(const struct fixture *f, struct mcp_request *q, const json_t *arguments,
		    json_t *result, struct err *err)
{
	const json_t *responses = json_object_get(q->params, "inputResponses"),
		     *response = json_object_get(responses, "answer");
	CLEANUP(json_cleanup) json_t *question = NULL;

	if (json_is_object(response))
		return put_response(f, response, result, err);
	if (response)
		return put_text(result, "The client did not answer.", err) &&
		       (json_put_bool(result, "isError", true) || fail_memory(err));
	return make_question(f, arguments, &question, err) &&
	       ((json_put_text(result, "resultType", "input_required") &&
		 json_put(result, "inputRequests",
			  json_pack("{s:{s:s, s:O}}", "answer", "method", f->method, "params",
				    question))) ||
		fail_memory(err));
}

static bool run_missing(const struct fixture *f, struct mcp_request *q, const json_t *arguments,
			json_t *result, struct err *err)
{
	(void)f;
	(void)arguments;
	if (!mcp_client_has(q, "sampling"))
		return mcp_refuse(q, MCP_MISSING_CAPABILITY,
				  json_pack("{s:{s:{}}}", "requiredCapabilities", "sampling"),
				  "the client does not declare sampling");
	return put_text(result, "The client has sampling.", err);
}

static bool run_change(const struct fixture *f, struct mcp_request *q, const json_t *arguments,
		       json_t *result, struct err *err)
{
	(void)arguments;
	q->mcp->changed_lists |= strstr(f->tool.name, "prompt") ? MCP_LIST_PROMPTS : MCP_LIST_TOOLS;
	return put_text(result, "The list has changed.", err);
}

/* --- answers that require input */

/* What is asked at a time, as inputRequests, and the state that goes along; NULL: none. */
struct round {
	const char *inputs, *state;
};

struct asking {
	const struct round *rounds;
	unsigned count;
	bool only_capable; /* only what the client has a capability for */
};

static const struct {
	const char *method, *capability, *member; /* what its answer has */
} inputs[] = {
	{ "elicitation/create", "elicitation", "action" },
	{ "sampling/createMessage", "sampling", "content" },
	{ "roots/list", "roots", "roots" },
};

static size_t input_of(const json_t *request)
{
	const char *method = json_text_of(request, "method");
	size_t i = 0;

	while (i + 1 < ARRAY_LEN(inputs) && strcmp(inputs[i].method, method) != 0)
		i++;
	return i;
}

static bool has_answers(const json_t *requests, const json_t *responses)
{
	const char *name;
	json_t *request;

	json_object_foreach(json_walked(requests), name, request) {
		const json_t *answer = json_object_get(responses, name);

		if (!json_object_get(answer, inputs[input_of(request)].member))
			return false;
	}
	return true;
}

static void leave_incapable(const struct mcp_request *q, json_t *requests)
{
	void *at = json_object_iter(requests);

	while (at) {
		const char *name = json_object_iter_key(at);
		size_t input = input_of(json_object_iter_value(at));

		at = json_object_iter_next(requests, at);
		if (!mcp_client_has(q, inputs[input].capability))
			(void)json_object_del(requests, name);
	}
}

static bool require(const struct asking *a, const struct mcp_request *q, const struct round *r,
		    json_t *result, struct err *err)
{
	json_t *requests = NULL;

	if (!json_parse(r->inputs, strlen(r->inputs), &requests, err))
		return false;
	if (a->only_capable)
		leave_incapable(q, requests);
	return (json_put(result, "inputRequests", requests) &&
		json_put_text(result, "resultType", "input_required") &&
		(!r->state || json_put_text(result, "requestState", r->state))) ||
	       fail_memory(err);
}

/* The round that the request continues; -1: its state is none of ours. */
static int round_of(const struct asking *a, const json_t *params)
{
	const char *state = json_text_of(params, "requestState");

	if (!state)
		return 0;
	for (unsigned i = 0; i < a->count; i++)
		if (a->rounds[i].state && !strcmp(a->rounds[i].state, state))
			return (int)i;
	return -1;
}

/* `*ret_done`: all that was asked is answered, and the result is still empty. */
static bool ask_input(const struct asking *a, struct mcp_request *q, json_t *result, bool *ret_done,
		      struct err *err)
{
	const json_t *responses = json_object_get(q->params, "inputResponses");
	int at = round_of(a, q->params);
	CLEANUP(json_cleanup) json_t *asked = NULL;

	*ret_done = false;
	if (at < 0)
		return mcp_refuse(q, MCP_INVALID_PARAMS, NULL, "the requestState was changed");
	if (!json_parse(a->rounds[at].inputs, strlen(a->rounds[at].inputs), &asked, err))
		return false;
	if (a->only_capable)
		leave_incapable(q, asked);
	if (json_is_object(responses) && has_answers(asked, responses))
		at++;
	*ret_done = at == (int)a->count;
	return *ret_done || require(a, q, &a->rounds[at], result, err);
}

static bool run_input(const struct fixture *f, struct mcp_request *q, const json_t *arguments,
		      json_t *result, struct err *err)
{
	const json_t *responses = json_object_get(q->params, "inputResponses");
	const json_t *user = json_object_get(json_object_get(responses, "user_name"), "content");
	const char *name = json_text_of(user, "name");
	CLEANUP(text_release) struct text t = { 0 };
	bool done;

	(void)arguments;
	if (!ask_input(f->asking, q, result, &done, err))
		return false;
	if (!done)
		return true;
	text_addf(&t, "Hello, %s! state-ok ", name ? name : "you");
	text_add_json(&t, responses, JSON_COMPACT);
	return text_ok(&t) ? put_text(result, text_str(&t), err) : fail_memory(err);
}

#define ELICIT(key, message, properties, required)                                      \
	"\"" key "\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"form\"," \
	"\"message\":\"" message "\",\"requestedSchema\":{\"type\":\"object\","         \
	"\"properties\":{" properties "},\"required\":[" required "]}}}"
#define ASK_NAME(key, message) ELICIT(key, message, "\"name\":{\"type\":\"string\"}", "\"name\"")
#define SAMPLE(key, text)                                                                \
	"\"" key "\":{\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[{" \
	"\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"" text "\"}}],"     \
	"\"maxTokens\":100}}"
#define ROOTS  "\"client_roots\":{\"method\":\"roots/list\",\"params\":{}}"
#define ASK_OK ELICIT("confirm", "Please confirm", "\"ok\":{\"type\":\"boolean\"}", "\"ok\"")

static const struct round elicit_rounds[] = {
	{ "{" ASK_NAME("user_name", "What is your name?") "}", NULL },
};
static const struct round sample_rounds[] = {
	{ "{" SAMPLE("capital_question", "What is the capital of France?") "}", NULL },
};
static const struct round roots_rounds[] = { { "{" ROOTS "}", NULL } };
static const struct round state_rounds[] = { { "{" ASK_OK "}", "state-1-5f0c7e" } };
static const struct round tamper_rounds[] = { { "{" ASK_OK "}", "state-2-91b3aa" } };
static const struct round many_rounds[] = {
	{ "{" ASK_NAME("user_name", "What is your name?") "," SAMPLE(
		  "greeting", "Generate a greeting") "," ROOTS "}",
	  "state-3-77d2c4" },
};
static const struct round multi_rounds[] = {
	{ "{" ASK_NAME("step1", "Step 1: What is your name?") "}", "state-4-0a41f9" },
	{ "{" ELICIT("step2", "Step 2: What is your favorite color?",
		     "\"color\":{\"type\":\"string\"}", "\"color\"") "}",
	  "state-5-c86e13" },
};
static const struct round capable_rounds[] = {
	{ "{" ASK_NAME("user_name", "What is your name?") "," SAMPLE("greeting", "Greet me") "}",
	  NULL },
};
static const struct round context_rounds[] = {
	{ "{" ELICIT("user_context", "What context should the prompt use?",
		     "\"context\":{\"type\":\"string\"}", "\"context\"") "}",
	  NULL },
};

#define ASKING(rounds)                           \
	{                                        \
		rounds, ARRAY_LEN(rounds), false \
	}
static const struct asking elicit = ASKING(elicit_rounds), sample = ASKING(sample_rounds),
			   roots = ASKING(roots_rounds), state = ASKING(state_rounds),
			   tamper = ASKING(tamper_rounds), many = ASKING(many_rounds),
			   multi = ASKING(multi_rounds), context = ASKING(context_rounds),
			   capable = { capable_rounds, ARRAY_LEN(capable_rounds), true };

/* --- the tools */

#define TEXT(text) "{\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}]"
#define IMAGE	   "{\"type\":\"image\",\"data\":\"" PNG "\",\"mimeType\":\"image/png\"}"
#define SCHEMA(properties)                                                                                     \
	"{\"message\":\"Please fill in\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{" properties \
	"}}}"
#define TITLED(value, title) "{\"const\":\"" value "\",\"title\":\"" title "\"}"

static const char ask_user[] =
	"{\"message\":\"\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"username\":{"
	"\"type\":\"string\",\"description\":\"User's response\"},\"email\":{\"type\":\"string\","
	"\"description\":\"User's email address\"}},\"required\":[\"username\",\"email\"]}}";

static const char ask_defaults[] = SCHEMA(
	"\"name\":{\"type\":\"string\",\"default\":\"John Doe\"},"
	"\"age\":{\"type\":\"integer\",\"default\":30},"
	"\"score\":{\"type\":\"number\",\"default\":95.5},"
	"\"status\":{\"type\":\"string\",\"enum\":[\"active\",\"inactive\",\"pending\"],"
	"\"default\":\"active\"},\"verified\":{\"type\":\"boolean\",\"default\":true}");

static const char ask_enums[] = SCHEMA(
	"\"untitledSingle\":{\"type\":\"string\",\"enum\":[\"option1\",\"option2\",\"option3\"]},"
	"\"titledSingle\":{\"type\":\"string\",\"oneOf\":[" TITLED("value1", "First Option") "," TITLED("value2", "Second Option") "," TITLED(
		"value3",
		"Third Option") "]},"
				"\"legacyEnum\":{\"type\":\"string\",\"enum\":[\"opt1\",\"opt2\",\"opt3\"],"
				"\"enumNames\":[\"Option One\",\"Option Two\",\"Option Three\"]},"
				"\"untitledMulti\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"option1\","
				"\"option2\",\"option3\"]}},"
				"\"titledMulti\":{\"type\":\"array\",\"items\":{\"anyOf\":[" TITLED(
					"value1",
					"First Choice") "," TITLED("value2",
								   "Second Choice") "," TITLED("value3",
											       "Third Choice") "]}}");

/* clang-format off */
static const struct fixture fixtures[] = {
#define F(called) .tool = { .name = (called), .describe = describe, .call = call }
	{ F("test_simple_text"), "A text.", .result = TEXT("This is a simple text response for testing.") "}" },
	{ F("test_image_content"), "An image.", .result = "{\"content\":[" IMAGE "]}" },
	{ F("test_audio_content"), "A sound.",
	  .result = "{\"content\":[{\"type\":\"audio\",\"data\":\"" WAV "\",\"mimeType\":\"audio/wav\"}]}" },
	{ F("test_embedded_resource"), "A resource.",
	  .result = "{\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":\"test://embedded-resource\","
		    "\"mimeType\":\"text/plain\",\"text\":\"This is an embedded resource content.\"}}]}" },
	{ F("test_multiple_content_types"), "Several at once.",
	  .result = "{\"content\":[{\"type\":\"text\",\"text\":\"Multiple content types test:\"}," IMAGE ","
		    "{\"type\":\"resource\",\"resource\":{\"uri\":\"test://mixed-content-resource\",\"mimeType\":"
		    "\"application/json\",\"text\":\"{\\\"test\\\":\\\"data\\\",\\\"value\\\":123}\"}}]}" },
	{ F("test_error_handling"), "An error.",
	  .result = TEXT("This tool intentionally returns an error for testing") ",\"isError\":true}" },
	{ F("test_tool_with_logging"), "Logs.", .run = run_logging },
	{ F("test_logging_tool"), "Logs.", .run = run_logging },
	{ F("test_tool_with_progress"), "Says how far it is.", .run = run_progress },
	{ F("test_sampling"), "Asks the model.", .input = "{\"prompt\":{\"type\":\"string\"}}", .run = run_ask,
	  .method = "sampling/createMessage", .ask = "{\"maxTokens\":100}", .before = "LLM response: " },
	{ F("test_elicitation"), "Asks the user.", .input = "{\"message\":{\"type\":\"string\"}}", .run = run_ask,
	  .method = "elicitation/create", .ask = ask_user, .before = "User response: " },
	{ F("test_elicitation_sep1034_defaults"), "Asks with defaults.", .run = run_ask,
	  .method = "elicitation/create", .ask = ask_defaults, .before = "Elicitation completed: " },
	{ F("test_elicitation_sep1330_enums"), "Asks with choices.", .run = run_ask,
	  .method = "elicitation/create", .ask = ask_enums, .before = "Elicitation completed: " },
	{ F("test_missing_capability"), "Needs sampling.", .run = run_missing },
	{ F("test_trigger_tool_change"), "Changes the tools.", .run = run_change },
	{ F("test_trigger_prompt_change"), "Changes the prompts.", .run = run_change },
	{ F("test_streaming_elicitation"), "Requires a name.", .run = run_input, .asking = &elicit },
	{ F("test_input_required_result_elicitation"), "Requires a name.", .run = run_input, .asking = &elicit },
	{ F("test_input_required_result_sampling"), "Requires a model.", .run = run_input, .asking = &sample },
	{ F("test_input_required_result_list_roots"), "Requires roots.", .run = run_input, .asking = &roots },
	{ F("test_input_required_result_request_state"), "Has a state.", .run = run_input, .asking = &state },
	{ F("test_input_required_result_tampered_state"), "Has a state.", .run = run_input, .asking = &tamper },
	{ F("test_input_required_result_multiple_inputs"), "Requires three.", .run = run_input, .asking = &many },
	{ F("test_input_required_result_multi_round"), "Requires twice.", .run = run_input, .asking = &multi },
	{ F("test_input_required_result_capabilities"), "Requires what can be.", .run = run_input, .asking = &capable },
};
/* clang-format on */

static_assert(ARRAY_LEN(fixtures) == 25, "each is in the list below");

static const struct mcp_tool *const tools[] = {
	&fixtures[0].tool,  &fixtures[1].tool,
	&fixtures[2].tool,  &fixtures[3].tool,
	&fixtures[4].tool,  &fixtures[5].tool,
	&fixtures[6].tool,  &fixtures[7].tool,
	&fixtures[8].tool,  &fixtures[9].tool,
	&fixtures[10].tool, &fixtures[11].tool,
	&fixtures[12].tool, &fixtures[13].tool,
	&fixtures[14].tool, &fixtures[15].tool,
	&fixtures[16].tool, &fixtures[17].tool,
	&fixtures[18].tool, &fixtures[19].tool,
	&fixtures[20].tool, &fixtures[21].tool,
	&fixtures[22].tool, &fixtures[23].tool,
	&fixtures[24].tool, NULL,
};

/* --- prompts */

struct prompt_fixture {
	struct mcp_prompt prompt;
	const char *messages; /* in JSON, arguments as {name} */
	const struct asking *asking;
};

/* A copy of the literal with each {name} replaced; values of the tests need no escapes. */
static void fill_in(struct text *t, const char *text, const json_t *arguments)
{
	while (*text) {
		const char *end = *text == '{' ? strchr(text, '}') : NULL;
		char name[32] = "";
		const char *value;

		if (end && end - text < (long)sizeof(name))
			memcpy(name, text + 1, (size_t)(end - text - 1));
		value = *name ? json_text_of(arguments, name) : NULL;
		text_add_bytes(t, value ? value : text, value ? strlen(value) : 1);
		text = value ? end + 1 : text + 1;
	}
}

static bool get_prompt(const struct mcp_prompt *p, struct mcp_request *q, const json_t *arguments,
		       json_t *result, struct err *err)
{
	const struct prompt_fixture *f = (const struct prompt_fixture *)p;
	CLEANUP(text_release) struct text t = { 0 };
	bool done = true;

	if (f->asking && !ask_input(f->asking, q, result, &done, err))
		return false;
	if (!done)
		return true;
	fill_in(&t, f->messages, arguments);
	return text_ok(&t) ? put_literal(result, text_str(&t), err) : fail_memory(err);
}

static const struct mcp_prompt_argument two_arguments[] = {
	{ "arg1", "First test argument", true }, { "arg2", "Second test argument", true }, { 0 }
};
static const struct mcp_prompt_argument uri_arguments[] = {
	{ "resourceUri", "URI of the resource to embed", true }, { 0 }
};

#define USER(content)  "{\"role\":\"user\",\"content\":" content "}"
#define SAID(text)     USER("{\"type\":\"text\",\"text\":\"" text "\"}")
#define MESSAGES(list) "{\"messages\":[" list "]}"

/* clang-format off */
#define P(called, takes) .prompt = { .name = (called), .title = (called), .description = "For tests.", \
				     .arguments = (takes), .get = get_prompt }
static const struct prompt_fixture
	simple = { P("test_simple_prompt", NULL), .messages = MESSAGES(SAID("This is a simple prompt for testing.")) },
	with_arguments = { P("test_prompt_with_arguments", two_arguments),
		.messages = MESSAGES(SAID("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")) },
	with_resource = { P("test_prompt_with_embedded_resource", uri_arguments),
		.messages = MESSAGES(USER("{\"type\":\"resource\",\"resource\":{\"uri\":\"{resourceUri}\",\"mimeType\":"
			"\"text/plain\",\"text\":\"Embedded resource content for testing.\"}}") ","
			SAID("Please process the embedded resource above.")) },
	with_image = { P("test_prompt_with_image", NULL),
		.messages = MESSAGES(USER(IMAGE) "," SAID("Please analyze the image above.")) },
	with_input = { P("test_input_required_result_prompt", NULL), .asking = &context,
		.messages = MESSAGES(SAID("This is the prompt.")) };
/* clang-format on */

static const struct mcp_prompt *const prompts[] = {
	&simple.prompt,	    &with_arguments.prompt, &with_resource.prompt,
	&with_image.prompt, &with_input.prompt,	    NULL,
};

/* --- resources */

#define TEMPLATE_START "test://template/"
#define TEMPLATE_END   "/data"

static const struct {
	const char *uri, *type, *member, *contents;
} resources[] = {
	{ "test://static-text", "text/plain", "text",
	  "This is the content of the static text resource." },
	{ "test://static-binary", "image/png", "blob", PNG },
	{ "test://watched-resource", "text/plain", "text", "It may change." },
};

static bool list_resources(struct mcp_request *q, json_t *result, struct err *err)
{
	CLEANUP(json_cleanup) json_t *all = json_array();
	int64_t from;

	if (!cursor_of(q, "resources", &from))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		if (!json_append(all, json_pack("{s:s, s:s, s:s, s:s}", "uri", resources[i].uri,
						"name", resources[i].uri, "description",
						"For tests.", "mimeType", resources[i].type)))
			return fail_memory(err);
	return json_put(result, "resources", json_incref(all)) || fail_memory(err);
}

static bool list_templates(struct mcp_request *q, json_t *result, struct err *err)
{
	int64_t from;

	return cursor_of(q, "templates", &from) &&
	       (json_put(result, "resourceTemplates",
			 json_pack("[{s:s, s:s, s:s}]", "uriTemplate",
				   TEMPLATE_START "{id}" TEMPLATE_END, "name", "template",
				   "mimeType", "application/json")) ||
		fail_memory(err));
}

static bool put_contents(json_t *result, const char *uri, const char *type, const char *member,
			 const char *contents, struct err *err)
{
	return json_put(result, "contents",
			json_pack("[{s:s, s:s, s:s}]", "uri", uri, "mimeType", type, member,
				  contents)) ||
	       fail_memory(err);
}

/* The id of a URI that fits the template. */
static bool template_id(const char *uri, char ret[static 64])
{
	size_t start = strlen(TEMPLATE_START), end = strlen(TEMPLATE_END), len = strlen(uri);

	if (len <= start + end || len - start - end >= 64 || strncmp(uri, TEMPLATE_START, start) ||
	    strcmp(uri + len - end, TEMPLATE_END) != 0)
		return false;
	memcpy(ret, uri + start, len - start - end);
	ret[len - start - end] = '\0';
	return true;
}

static bool read_resource(struct mcp_request *q, json_t *result, struct err *err)
{
	const char *uri = json_text_of(q->params, "uri");
	char id[64], contents[256];

	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		if (!strcmp(resources[i].uri, uri))
			return put_contents(result, uri, resources[i].type, resources[i].member,
					    resources[i].contents, err);
	if (!template_id(uri, id))
		return mcp_refuse(
			q, q->revision->is_modern ? MCP_INVALID_PARAMS : MCP_RESOURCE_NOT_FOUND,
			json_pack("{s:s}", "uri", uri), "there is no resource '%s'", uri);
	snprintf(contents, sizeof(contents),
		 "{\"id\":\"%s\",\"templateTest\":true,\"data\":\"Data for ID: %s\"}", id, id);
	return put_contents(result, uri, "application/json", "text", contents, err);
}

static bool has_resource(const char *uri)
{
	char id[64];

	for (size_t i = 0; i < ARRAY_LEN(resources); i++)
		if (!strcmp(resources[i].uri, uri))
			return true;
	return template_id(uri, id);
}

static bool complete(struct mcp_request *q, const json_t *ref, const char *name, const char *prefix,
		     const json_t *given, json_t *values, bool *ret_more, struct err *err)
{
	static const char *const words[] = { "paris", "park", "party" };

	(void)q;
	(void)ref;
	(void)name;
	(void)given;
	*ret_more = false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strncmp(words[i], prefix, strlen(prefix)) &&
		    !json_append(values, json_string(words[i])))
			return fail_memory(err);
	return true;
}

static bool changes(const json_t *event, const char *uri)
{
	(void)event;
	(void)uri;
	return false;
}

static bool changes_list(const json_t *event)
{
	(void)event;
	return false;
}

const struct mcp_catalogue mcp_fixtures = {
	.name = "portbook-fixtures",
	.title = "What the conformance tests ask for",
	.instructions = "For tests.",
	.tools = tools,
	.prompts = prompts,
	.resources = list_resources,
	.templates = list_templates,
	.read = read_resource,
	.has_resource = has_resource,
	.complete = complete,
	.changing_lists = MCP_LIST_TOOLS | MCP_LIST_PROMPTS,
	.changes = changes,
	.changes_list = changes_list,
};

bool mcp_fixtures_no_book(void *arg, const char *operation, const json_t *input,
			  const struct call_io *io, json_t **ret, struct err *err)
{
	(void)arg;
	(void)input;
	(void)io;
	(void)ret;
	return fail(err, ERR_NOT_FOUND, "there is no book for '%s'", operation);
}

/*
 * An official client talks to `portbook mcp`, and says as JSON what it got.
 *
 * usage: node client.cjs PACKAGES older|modern PROGRAM ROOT
 *
 * PACKAGES is where tools/install-node has put them, PROGRAM the portbook that is started, ROOT
 * the folder that the client says it has open.
 */
"use strict";

const { createRequire } = require("node:module");
const { pathToFileURL } = require("node:url");

const [packages, era, program, root] = process.argv.slice(2);
const load = createRequire(packages + "/package.json");

/* The two generations name their parts differently. */
const PARTS = {
	older: () => ({
		Client: load("@modelcontextprotocol/sdk/client/index.js").Client,
		Transport: load("@modelcontextprotocol/sdk/client/stdio.js").StdioClientTransport,
		roots: load("@modelcontextprotocol/sdk/types.js").ListRootsRequestSchema,
		options: {},
	}),
	modern: () => ({
		Client: load("@modelcontextprotocol/client").Client,
		Transport: load("@modelcontextprotocol/client/stdio").StdioClientTransport,
		roots: "roots/list",
		options: { versionNegotiation: { mode: "auto" } },
	}),
};

const call = async (client, name, args) => {
	const result = await client.callTool({ name, arguments: args });

	return result.isError ? { refused: result.content[0].text } : result.structuredContent;
};

const complete = async (client) =>
	(await client.complete({
		ref: { type: "ref/prompt", name: "port-allocate" },
		argument: { name: "project", value: "sho" },
	})).completion.values;

const talk = async (client, said) => {
	const web = { projectName: "shop", serviceName: "web" };

	said.version = era === "modern" ? client.getNegotiatedProtocolVersion() : client.spoken;
	said.server = client.getServerVersion().name;
	said.tools = (await client.listTools()).tools.map((tool) => tool.name);
	said.created = await call(client, "create-project", { projectName: "shop" });
	said.port = (await call(client, "get-port", web)).port;
	said.again = (await call(client, "mcp__meta__get_port", web)).port;
	said.instance = (await call(client, "get-port", { projectName: "house", serviceName: "web" }))
		.instance;
	said.refused = (await call(client, "get-port", { projectName: "shopp", serviceName: "web" }))
		.refused;
	said.audit = (await call(client, "audit-ports", {})).summary.allocated;
	said.prompts = (await client.listPrompts()).prompts.map((prompt) => prompt.name);
	said.prompt = (await client.getPrompt({ name: "port-check", arguments: { port: "3100" } }))
		.messages[0].content.text;
	said.resources = (await client.listResources()).resources.map((resource) => resource.uri);
	said.policy = (await client.readResource({ uri: "portbook://policy" })).contents[0].text;
	said.completed = await complete(client);
};

/* A change is told: the older way after resources/subscribe, the modern one on a stream. */
const watch = async (client, said) => {
	const uri = "portbook://projects/shop";
	const updated = new Promise((resolve) => { client.told = resolve; });
	const stream = era === "modern" ? await client.listen({ resourceSubscriptions: [uri] })
		: await client.subscribeResource({ uri });

	await call(client, "get-port", { projectName: "shop", serviceName: "api" });
	said.updated = await updated;
	if (era === "modern")
		await stream.close();
};

const listenForUpdates = (client) => {
	const take = (notification) => client.told(notification.params.uri);
	const name = "notifications/resources/updated";

	client.setNotificationHandler(era === "modern" ? name
		: load("@modelcontextprotocol/sdk/types.js").ResourceUpdatedNotificationSchema, take);
};

const main = async () => {
	const { Client, Transport, roots, options } = PARTS[era]();
	const client = new Client({ name: "test", version: "1" },
		{ capabilities: { roots: {} }, ...options });
	const transport = new Transport({ command: program, args: ["mcp"], env: process.env });
	const said = {};

	/* The older one tells its transport, which has no use for it over a pipe. */
	transport.setProtocolVersion = (version) => { client.spoken = version; };
	client.setRequestHandler(roots, async () => ({ roots: [{ uri: pathToFileURL(root).href }] }));
	listenForUpdates(client);
	await client.connect(transport);
	await talk(client, said);
	await watch(client, said);
	await client.close();
	console.log(JSON.stringify(said));
};

main().catch((error) => {
	console.error(error);
	process.exit(1);
});

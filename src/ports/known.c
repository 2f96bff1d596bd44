#include "ports/known.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"

/* What passes on for a container tells nothing of what is in it. */
#define PROXIES "docker-proxy rootlessport conmon containerd"

/*
 * Source: IANA's Service Name and Transport Protocol Port Number Registry, and
 * the defaults of the programs.  The programs by the beginning of their names.
 */
static const struct known {
	enum protocol protocol;
	uint16_t port;
	bool is_sure; /* hardly any other program takes it */
	const char *service, *programs;
} known[] = {
	{ PROTO_TCP, 22, true, "ssh", "sshd dropbear systemd" },
	{ PROTO_TCP, 25, true, "smtp", "master exim smtpd sendmail" },
	{ PROTO_TCP, 53, true, "dns",
	  "systemd-resolve named dnsmasq unbound pihole AdGuard coredns" },
	{ PROTO_UDP, 53, true, "dns",
	  "systemd-resolve named dnsmasq unbound pihole AdGuard coredns" },
	{ PROTO_UDP, 67, true, "dhcp", "dhcpd dnsmasq systemd-network kea" },
	{ PROTO_UDP, 68, true, "dhcp-client", "dhclient dhcpcd systemd-network NetworkManager" },
	{ PROTO_TCP, 80, true, "http", "nginx apache httpd caddy haproxy traefik lighttpd" },
	{ PROTO_TCP, 111, true, "rpcbind", "rpcbind systemd" },
	{ PROTO_UDP, 111, true, "rpcbind", "rpcbind systemd" },
	{ PROTO_UDP, 123, true, "ntp", "ntpd chronyd systemd-timesyn" },
	{ PROTO_TCP, 143, true, "imap", "dovecot" },
	{ PROTO_TCP, 443, true, "https", "nginx apache httpd caddy haproxy traefik lighttpd" },
	{ PROTO_UDP, 443, true, "https", "nginx caddy haproxy traefik" },
	{ PROTO_TCP, 631, true, "ipp", "cupsd" },
	{ PROTO_TCP, 993, true, "imaps", "dovecot" },
	{ PROTO_TCP, 1883, true, "mqtt", "mosquitto" },
	{ PROTO_TCP, 2375, false, "docker", "dockerd" },
	{ PROTO_TCP, 2376, false, "docker", "dockerd" },
	{ PROTO_TCP, 2379, true, "etcd", "etcd" },
	{ PROTO_TCP, 3306, true, "mysql", "mysqld mariadbd" },
	{ PROTO_UDP, 5353, true, "mdns", "avahi-daemon systemd-resolve" },
	{ PROTO_TCP, 5432, true, "postgresql", "postgres" },
	{ PROTO_TCP, 5672, true, "rabbitmq", "beam rabbitmq" },
	{ PROTO_TCP, 6379, true, "redis", "redis valkey keydb" },
	{ PROTO_TCP, 8123, false, "clickhouse", "clickhouse" },
	{ PROTO_TCP, 9090, false, "prometheus", "prometheus" },
	{ PROTO_TCP, 9092, false, "kafka", "java" },
	{ PROTO_TCP, 9100, false, "node-exporter", "node_exporter prometheus-node" },
	{ PROTO_TCP, 9200, false, "elasticsearch", "java elasticsearch opensearch" },
	{ PROTO_TCP, 11211, true, "memcached", "memcached" },
	{ PROTO_TCP, 11434, false, "ollama", "ollama" },
	{ PROTO_TCP, 15672, false, "rabbitmq-management", "beam rabbitmq" },
	{ PROTO_TCP, 27017, true, "mongodb", "mongod" },
};

/* Does the program's name begin with one of the words? */
static bool begins_with_any(const char *program, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, " ");

		if (!strncmp(program, words, len))
			return true;
		words += len + (words[len] == ' ');
	}
	return false;
}

const char *known_service(enum protocol protocol, uint16_t port, const char *program)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const struct known *k = &known[i];

		bool is_hidden = !program || begins_with_any(program, PROXIES);

		if (k->protocol == protocol && k->port == port &&
		    (is_hidden ? k->is_sure : begins_with_any(program, k->programs)))
			return k->service;
	}
	return NULL;
}

bool program_is_interpreter(const char *program)
{
	static const char *const names[] = { "node", "python", "ruby", "java",	    "php",
					     "perl", "bun",    "deno", "npm",	    "dotnet",
					     "beam", "lua",    "bash", "MainThread" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t len = strlen(names[i]);

		/* With its version: "python3.11", "php-fpm8.2", "beam.smp". */
		if (!strncmp(program, names[i], len) &&
		    (!program[len] || strchr("0123456789.-", program[len])))
			return true;
	}
	return false;
}

void program_service(const char *program, uint16_t port, char ret[static NAME_SIZE])
{
	char words[NAME_SIZE];

	if (program && !program_is_interpreter(program) && name_from_words(program, ret))
		return;
	snprintf(words, sizeof(words), "%.40s-%u", program ? program : "port", port);
	if (!name_from_words(words, ret))
		snprintf(ret, NAME_SIZE, "port-%u", port);
}

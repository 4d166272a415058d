#include "wire.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	/* A token of 8 KiB has room in a request's head. */
	HEAD_BYTES = 32768,
	READ_BYTES = 65536,
	/* The deadlines that count are those of wire_turn(). */
	NEVER_SECONDS = 1000000,
};

static void print_log(int level, const char *line)
{
	(void)level;
	say_note("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

enum outcome wire_open(struct wire *wire, const struct lws_protocols *protocols, void *user,
                       const struct url *url, const struct wire_trust *trust)
{
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.user = user,
		.pt_serv_buf_size = READ_BYTES,
		.max_http_header_data2 = HEAD_BYTES,
		.timeout_secs = NEVER_SECONDS,
		.connect_timeout_secs = NEVER_SECONDS,
		.options = url->tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
	};
	*wire = (struct wire){ 0 };
	if (url->tls && trust->ca_file != NULL) {
		if (access(trust->ca_file, R_OK) != 0)
			return say_failure(USAGE, "name a file with certificates in PEM",
			                   "--ca: %s cannot be read", trust->ca_file);
		info.client_ssl_ca_filepath = trust->ca_file;
		info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
	}
	lws_set_log_level(say_verbose() ? LLL_ERR | LLL_WARN : 0, print_log);
	/* It would send everything to a proxy, a server on this machine included. */
	unsetenv("http_proxy");
	wire->context = lws_create_context(&info);
	if (wire->context == NULL)
		return say_failure(USAGE, "-v tells what libwebsockets says",
		                   "libwebsockets could not be made ready%s",
		                   trust->ca_file != NULL ? ": is --ca a file of certificates?"
		                                          : "");
	return DONE;
}

void wire_close(struct wire *wire)
{
	if (wire->context != NULL)
		lws_context_destroy(wire->context);
	wire->context = NULL;
}

void wire_connect_info(struct wire *wire, const struct url *url, const char *address,
                       const struct wire_trust *trust, struct lws_client_connect_info *info)
{
	/* Silence for this long means that nobody is there any more. */
	static const lws_retry_bo_t life = { .secs_since_valid_ping = 20,
		                             .secs_since_valid_hangup = 30 };
	*info = (struct lws_client_connect_info){
		.context = wire->context,
		.address = address,
		.port = url->port,
		.path = url->path,
		.host = url->authority,
		.ietf_version_or_minus_one = -1,
		.alpn = "http/1.1",
		.retry_and_idle_policy = &life,
		.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
	};
	if (url->is_unix) {
		snprintf(wire->socket, sizeof wire->socket, "+%.*s", URL_SOCKET_MAX, url->host);
		info->address = wire->socket;
	}
	if (url->tls)
		info->ssl_connection |= LCCSCF_USE_SSL;
	if (url->tls && trust->insecure)
		info->ssl_connection |= LCCSCF_ALLOW_SELFSIGNED | LCCSCF_ALLOW_EXPIRED |
		                        LCCSCF_ALLOW_INSECURE |
		                        LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
}

int wire_add_header(struct lws *wsi, const char *name, const char *value, uint8_t **at,
                    uint8_t *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
	                                   (const unsigned char *)value, (int)strlen(value), at,
	                                   end) == 0
	               ? 0
	               : -1;
}

int wire_add_bearer(struct lws *wsi, const char *token, uint8_t **at, uint8_t *end)
{
	char *value = mem_format("Bearer %s", token);
	int rc = wire_add_header(wsi, "authorization:", value, at, end);
	free(value);
	return rc;
}

/* An alarm does nothing: it ends the wait. */
static void ring(lws_sorted_usec_list_t *alarm)
{
	(void)alarm;
}

bool wire_turn(struct wire *wire, uint64_t deadline_ms)
{
	uint64_t now = clock_ms();
	if (now >= deadline_ms)
		return false;
	lws_sul_schedule(wire->context, 0, &wire->alarm, ring,
	                 (lws_usec_t)(deadline_ms - now) * 1000);
	lws_service(wire->context, 0);
	lws_sul_cancel(&wire->alarm);
	return true;
}

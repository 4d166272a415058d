#include "server.h"

#include <act/easy.h> /* before loop.c, as it has parameters of the name `self` */

#include "act/act.h"
#include "act/generation.h"
#include "act/world.h"
#include "base/check.h"
#include "base/log.h"
#include "memory_file.h"
#include "plugin.h"

/* Which loop a thread runs is the secret of this file. */
#include "net/loop.c"
#include "net/net.h"

#include <stdlib.h>
#include <string.h>

/* As small as limits may be, so that a short script reaches them. */
static const char config_text[] =
	"{\"plugin_dir\": \"/nowhere\", \"state_dir\": \"/nowhere\", \"auth\": \"token\","
	" \"endpoints\": {\"" SERVER_ACTION "\": {\"mode\": \"action\"},"
	"                 \"" SERVER_RAW "\": {\"mode\": \"raw\", \"action\": \"fuzz.raw\"}},"
	" \"actions\": {\"1\": \"fuzz.echo\", \"30-40\": \"fuzz.echo\","
	"               \"10\": {\"action\": \"fuzz.rated\", \"rate_per_s\": 0.5,"
	"                        \"rate_burst\": 2},"
	"               \"11\": {\"action\": \"fuzz.one\", \"in_flight\": 1},"
	"               \"20\": \"absent.action\", \"21\": null},"
	" \"limits\": {\"message_bytes\": 1024, \"reply_bytes\": 1024, \"outbox_bytes\": 1200,"
	"              \"pending_messages\": 4, \"pending_bytes\": 1024, \"calls\": 3},"
	" \"expiry_notice_s\": 5, \"log\": {\"frames\": true}}";

static struct {
	struct config *config;
	struct site *site;
	struct net net;
	struct loop loop;
	struct act act;
	struct world *world;
	struct generation *generation;
} server;

/* ---- logins -------------------------------------------------------------------------------- */

static void authenticate(const struct gate_question *question, struct gate_answer *answer)
{
	const char *plus = strchr(question->token, '+');
	size_t len = plus != NULL ? (size_t)(plus - question->token) : strlen(question->token);
	*answer = (struct gate_answer){ .word = GATE_ALLOW };
	if (question->token[0] == '-' || len == 0 || len > GATE_ID_MAX ||
	    act_utf8_span(question->token, len) != len) {
		answer->word = plus != NULL ? GATE_EXPIRED : GATE_DENY;
		snprintf(answer->why, sizeof answer->why, "the token is no good");
		return;
	}
	memcpy(answer->user, question->token, len);
	int64_t in_s = plus != NULL ? strtoll(plus + 1, NULL, 10) : 0;
	if (plus != NULL &&
	    __builtin_add_overflow(clock_utc_ms() / 1000, in_s, &answer->expires_at))
		answer->expires_at = in_s;
}

static const struct net_upcalls upcalls = {
	.opened = act_opened,
	.closed = act_closed,
	.message = act_message,
	.bind = act_bind,
	.authenticate = authenticate,
};

/* ---- making it ----------------------------------------------------------------------------- */

static void make_generation(void)
{
	static const struct manifest manifest = { .name = "fuzz", .version = "1.0" };
	const struct generation_birth birth = { &manifest, plugin_module(), "{}", "/nowhere",
		                                NULL };
	struct generation *made = generation_new(&server.act, &birth);
	CHECK(made->table->create(&made->host, &made->self) == ACT_OK);
	atomic_store(&made->active, true);
	server.generation = made;
}

static void make_world(void)
{
	struct world_plugins plugins = { &server.generation, 1 };
	struct config_errors errors = { 0 };
	CHECK(world_new(server.config, &plugins, NULL, &server.world, &errors) == 0);
	world_set_push_codes(server.config, &plugins);
	atomic_store(&server.act.world, server.world);
}

static void make(void)
{
	struct config_errors errors;
	const char *path = memory_file_path(config_text, sizeof config_text - 1);
	if (config_load(path, NULL, 0, &server.config, &errors) != 0) {
		fputs(errors.text, stderr);
		abort();
	}
	/* All that is logged is put together, and goes nowhere. */
	CHECK(log_open("/dev/null", LOG_DEBUG) == 0);
	server.site = site_new(server.config);
	server.net.loops = &server.loop;
	server.net.loop_count = 1;
	server.net.up = upcalls;
	atomic_store(&server.net.site, server.site);
	loop_init(&server.loop, &server.net, 0);
	self = &server.loop;
	act_open(&server.act, &server.net, NULL);
	atomic_store(&server.act.reply_bytes, server.config->limits.reply_bytes);
	atomic_store(&server.act.push_queue_bytes, server.config->limits.push_queue_bytes);
	make_generation();
	make_world();
}

/* ---- using it ------------------------------------------------------------------------------ */

struct loop *server_begin(void)
{
	if (server.config == NULL)
		make();
	/* A run may have been ahead of its time. */
	server.loop.now_ms = clock_ms();
	wheel_init(&server.loop.wheel, server.loop.now_ms);
	return &server.loop;
}

const struct config *server_config(void)
{
	return server.config;
}

const struct endpoint *server_endpoint(const char *path)
{
	return site_find(server.site, path)->endpoint;
}

void server_turn(void)
{
	turn_end(&server.loop);
}

void server_pass_ms(uint64_t ms)
{
	server.loop.now_ms += ms;
	wheel_run(&server.loop.wheel, server.loop.now_ms);
	server_turn();
}

void server_check_idle(void)
{
	const struct loop *loop = &server.loop;
	CHECK(loop->conns.live == 0 && loop->hub.topics.count == 0);
	CHECK(loop->turn_first == NULL && loop->later_first == NULL && loop->wheel.count == 0);
	CHECK(server.net.connections == 0);
	CHECK(server.act.loops[0].calls.live == 0 && plugin_held() == 0);
	CHECK(atomic_load(&server.act.pushes_under_way) == 0);
	CHECK(server.generation->loop_pins[0].count == 0);
	CHECK(atomic_load(&server.generation->pins) == 0);
	for (uint32_t i = 0; i < PLUGIN_ACTIONS; i++)
		CHECK(atomic_load(&server.generation->in_flight[i]) == 0);
}

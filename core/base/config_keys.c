#include "base/config_keys.h"

#include "base/config.h"

#include <string.h>

#define AT(member) offsetof(struct config, member)
#define AT_ENDPOINT(member) offsetof(struct config_endpoint, member)
#define AT_ACTION(member) offsetof(struct config_action, member)

#define OBJECT CONFIG_IS_OBJECT, CONFIG_TO_NOTHING, 0, 0, 0, NULL
#define TEXT CONFIG_IS_STRING, CONFIG_TO_NOTHING, 0, 0, 0, NULL
#define TEXT_OR_NULL(at) CONFIG_IS_STRING | CONFIG_IS_NULL, CONFIG_TO_TEXT, at, 0, 0, NULL
#define BOOL(at) CONFIG_IS_BOOL, CONFIG_TO_BOOL, at, 0, 0, NULL
#define WHOLE(at, min, max) CONFIG_IS_WHOLE, CONFIG_TO_U32, at, min, max, NULL
#define WHOLE_OR_NULL(store, at, min, max)                                                         \
	CONFIG_IS_WHOLE | CONFIG_IS_NULL, store, at, min, max, NULL
#define REAL(at, min, max) CONFIG_IS_REAL, CONFIG_TO_DOUBLE, at, min, max, NULL
#define WORD(at, words) CONFIG_IS_STRING, CONFIG_TO_WORD, at, 0, 0, words

#define LIVE false
#define RESTART true

#define MIB 1048576.0
#define HOUR_MS 3600000.0

static const struct config_key keys[] = {
	{ "listen", CONFIG_IS_STRING | CONFIG_IS_LIST | CONFIG_IS_NULL, CONFIG_TO_NOTHING, 0, 0, 0,
	  NULL, "\"127.0.0.1:8080\"", RESTART,
	  "Where connections are accepted: \"127.0.0.1:8080\", \"[::1]:8080\", \"*:8080\" for "
	  "every address, \"unix:/run/actd.sock\", or an array of these. Port 0: a free one, "
	  "which the log names. null: with TLS alone." },
	{ "tls", OBJECT, "{}", LIVE, "TLS, for clients that reach the server without a proxy." },
	{ "tls.listen", CONFIG_IS_STRING | CONFIG_IS_LIST, CONFIG_TO_NOTHING, 0, 0, 0, NULL, "\"\"",
	  RESTART,
	  "Where connections with TLS (1.2 and 1.3) are accepted: addresses as in listen; \"\": "
	  "nowhere." },
	{ "tls.cert", TEXT, "\"\"", LIVE,
	  "File with the server's certificate and those that vouch for it, in PEM, its own first; "
	  "read again with SIGHUP, and shown to new connections." },
	{ "tls.key", TEXT, "\"\"", LIVE,
	  "File with the certificate's private key, in PEM, without a passphrase; read again with "
	  "SIGHUP." },
	{ "threads", WHOLE(AT(threads), 0, CONFIG_THREADS_MAX), "0", RESTART,
	  "Loops that carry connections; 0: one for each core." },
	{ "workers", WHOLE(AT(workers), 1, 256), "8", RESTART,
	  "Threads for actions that may block, and for loading plugins." },
	{ "plugin_dir", TEXT, "\"\"", LIVE,
	  "Folder of the plugins' .so files. \"\": the folder plugins beside the program's "
	  "folder, or, where there is none, the installed one." },
	{ "state_dir", TEXT, "\"\"", RESTART,
	  "Folder for the plugins' data and for private copies of their files; must not be "
	  "mounted noexec. \"\": $STATE_DIRECTORY, or /var/lib/actd where that is not set." },
	{ "strict", BOOL(AT(strict)), "false", LIVE,
	  "At the start, a plugin that cannot be loaded ends the server. Otherwise it costs "
	  "only its own actions." },
	{ "check", BOOL(AT(check)), "false", RESTART,
	  "For plugin authors: watch over the rules of act/plugin.h while plugins run, and name "
	  "plugin, call and rule where one is broken. Slow." },
	{ "auth", WORD(AT(auth), "none|token"), "\"token\"", LIVE,
	  "Who says who a client is. \"token\": the service act.auth/1 looks at the client's "
	  "token. \"none\", for trying things out: ?user=NAME is believed." },
	{ "auth_anywhere", BOOL(AT(auth_anywhere)), "false", LIVE,
	  "Allow \"auth\": \"none\" also where others can reach the server." },
	{ "login", OBJECT, "{}", LIVE, "Where a client's token is looked for, in this order." },
	{ "login.header", TEXT_OR_NULL(AT(login_header)), "\"authorization\"", LIVE,
	  "Header field with the token (\"Bearer TOKEN\" or the token alone); null: not in a "
	  "header." },
	{ "login.cookie", TEXT_OR_NULL(AT(login_cookie)), "\"token\"", LIVE,
	  "Name of the cookie with the token; null: not in a cookie." },
	{ "login.query", TEXT_OR_NULL(AT(login_query)), "\"token\"", LIVE,
	  "Name of the query parameter with the token; null: not in the query. Proxies write "
	  "queries to their logs." },
	{ "origins", CONFIG_IS_LIST | CONFIG_IS_NULL, CONFIG_TO_NOTHING, 0, 0, 0, NULL, "null",
	  LIVE,
	  "Origins whose pages may connect (\"https://example.org\"); null: any. A client that "
	  "sends no Origin is not a browser and is not asked." },

	{ "endpoints", OBJECT, "{}", LIVE, "The paths that are served." },
	{ "endpoints.*", OBJECT, NULL, LIVE,
	  "One path. It matches exactly; one that ends in / also matches what lies below it." },
	{ "endpoints.*.mode", WORD(AT_ENDPOINT(mode), "action|raw"), "\"action\"", LIVE,
	  "\"action\": messages begin with an action code. \"raw\": whole messages go to one "
	  "action." },
	{ "endpoints.*.login", WORD(AT_ENDPOINT(login), "none|optional|required"), "\"optional\"",
	  LIVE,
	  "\"required\": without a good token the upgrade is refused. \"optional\": without "
	  "one only actions that need no login are served. \"none\": nobody is logged "
	  "in; a bad token is refused all the same." },
	{ "endpoints.*.action", TEXT_OR_NULL(AT_ENDPOINT(action)), "null", LIVE,
	  "With \"mode\": \"raw\": the action that gets the messages, \"plugin.action\"." },

	{ "actions", OBJECT, "{}", LIVE, "Action codes and who serves them." },
	{ "actions.*", CONFIG_IS_STRING | CONFIG_IS_OBJECT | CONFIG_IS_NULL, CONFIG_TO_NOTHING, 0,
	  0, 0, NULL, NULL, LIVE,
	  "A code (\"110\") or a range (\"2000-2099\"), and \"plugin.action\", or an object "
	  "with settings, or null to switch the code off." },
	{ "actions.*.action", TEXT, NULL, LIVE,
	  "Who serves it: \"plugin.action\". Must be given." },
	{ "actions.*.payload_max",
	  WHOLE_OR_NULL(CONFIG_TO_I64, AT_ACTION(payload_max), 0, 64 * MIB), "null", LIVE,
	  "Longest payload in bytes; null: as the plugin says." },
	{ "actions.*.deadline_ms", WHOLE_OR_NULL(CONFIG_TO_I64, AT_ACTION(deadline_ms), 1, HOUR_MS),
	  "null", LIVE, "Time for the answer; null: as the plugin says." },
	{ "actions.*.rate_per_s", REAL(AT_ACTION(rate_per_s), 0, 1e6), "0", LIVE,
	  "Calls a second and connection; 0: no limit." },
	{ "actions.*.rate_burst", WHOLE_OR_NULL(CONFIG_TO_U32, AT_ACTION(rate_burst), 1, 1e6),
	  "null", LIVE,
	  "Calls that may come at once before the rate counts; null: as many as in one second." },
	{ "actions.*.in_flight", WHOLE(AT_ACTION(in_flight), 0, 1e6), "0", LIVE,
	  "Calls of this action at once, over all connections; 0: no limit." },
	{ "actions.*.login", CONFIG_IS_BOOL | CONFIG_IS_NULL, CONFIG_TO_SWITCH, AT_ACTION(login), 0,
	  0, NULL, "null", LIVE,
	  "Whether a user must be logged in: true, false, or null: as the plugin says." },
	{ "pushes", OBJECT, "{}", LIVE, "Codes of the messages that plugins push." },
	{ "pushes.*", TEXT, NULL, LIVE, "A code (\"1110\") and the push, \"plugin.push\"." },
	{ "plugins", OBJECT, "{}", LIVE, "Settings of plugins." },
	{ "plugins.*", CONFIG_IS_OBJECT | CONFIG_IS_OPEN, CONFIG_TO_NOTHING, 0, 0, 0, NULL, NULL,
	  LIVE,
	  "One plugin's own settings, passed on as they are; its documentation tells which." },
	{ "plugins.*.disabled", BOOL(offsetof(struct config_plugin, disabled)), "false", LIVE,
	  "Do not load this plugin's file." },
	{ "services", OBJECT, "{}", LIVE, "Which plugin provides a service." },
	{ "services.*", TEXT, NULL, LIVE, "A service (\"act.sql/1\") and a plugin's name." },

	{ "limits", OBJECT, "{}", LIVE, "Bounds; each says what happens when it is reached." },
	{ "limits.connections", WHOLE(AT(limits.connections), 1, 1e6), "16384", LIVE,
	  "Connections at once; one more is refused with 503." },
	{ "limits.handshakes", WHOLE(AT(limits.handshakes), 1, 1e5), "1024", LIVE,
	  "Connections of a loop that are not upgraded yet, at once; one more is closed." },
	{ "limits.message_bytes", WHOLE(AT(limits.message_bytes), 16, 64 * MIB), "1048576", LIVE,
	  "Longest message from a client; a longer one closes with 1009." },
	{ "limits.reply_bytes", WHOLE(AT(limits.reply_bytes), 1024, 64 * MIB), "1048576", LIVE,
	  "Longest reply or push; the plugin is told that it is too big." },
	{ "limits.outbox_bytes", WHOLE(AT(limits.outbox_bytes), 1088, 1024 * MIB), "4194304", LIVE,
	  "Unsent bytes of a connection, at least reply_bytes + 64; beyond, reading pauses and "
	  "a push closes with 4408." },
	{ "limits.calls", WHOLE(AT(limits.calls), 1, 1024), "64", LIVE,
	  "Calls of one connection at once with act.v1 and act.json.v1; beyond, messages wait. "
	  "(The base protocol: one, since it answers in order.)" },
	{ "limits.pending_messages", WHOLE(AT(limits.pending_messages), 1, 65536), "256", LIVE,
	  "Messages of a connection that wait for those before; beyond, reading pauses." },
	{ "limits.pending_bytes", WHOLE(AT(limits.pending_bytes), 16, 1024 * MIB), "4194304", LIVE,
	  "The same in bytes, at least message_bytes." },
	{ "limits.worker_queue", WHOLE(AT(limits.worker_queue), 1, 1e6), "4096", LIVE,
	  "Calls that wait for a worker; beyond, 503 overloaded." },
	{ "limits.home_queue", WHOLE(AT(limits.home_queue), 1, 1e6), "4096", LIVE,
	  "Calls that wait for a plugin that serves one at a time; beyond, 503 overloaded." },
	{ "limits.push_queue_bytes", WHOLE(AT(limits.push_queue_bytes), 65536, 4294967295.0),
	  "67108864", LIVE,
	  "Bytes of pushes on their way to other loops; beyond, a push is refused (ACT_E_BUSY)." },
	{ "limits.kv_bytes", WHOLE(AT(limits.kv_bytes), 0, 4294967295.0), "67108864", LIVE,
	  "Bytes of keys and values that one plugin may keep in the server (act.kv/1); beyond, "
	  "it keeps no more (ACT_E_BUSY)." },
	{ "limits.kv_entries", WHOLE(AT(limits.kv_entries), 0, 1e7), "65536", LIVE,
	  "The same in keys." },

	{ "deflate", OBJECT, "{}", LIVE,
	  "Compression of messages (permessage-deflate), for clients that offer it." },
	{ "deflate.enabled", BOOL(AT(deflate.enabled)), "false", LIVE,
	  "Negotiate it on new connections." },
	{ "deflate.min_bytes", WHOLE(AT(deflate.min_bytes), 1, 64 * MIB), "256", LIVE,
	  "Shorter messages are sent as they are; so is whatever does not shrink." },
	{ "deflate.level", WHOLE(AT(deflate.level), 1, 9), "1", LIVE,
	  "1: least work, 9: smallest messages." },

	{ "admin", OBJECT, "{}", RESTART,
	  "The admin listener on TCP. The one on the unix socket admin.sock in state_dir is "
	  "always there." },
	{ "admin.listen", TEXT, "\"\"", RESTART,
	  "Address and port where health, metrics, status and reload are served to whoever has "
	  "the token: \"127.0.0.1:9090\"; \"\": on the unix socket alone." },
	{ "admin.token_file", TEXT, "\"\"", RESTART,
	  "File with that token, 16 to 1024 printable characters without blanks; needed with "
	  "admin.listen." },

	{ "log", OBJECT, "{}", LIVE, "What is logged and where." },
	{ "log.level", WORD(AT(log.level), "debug|info|warn|error"), "\"info\"", LIVE,
	  "The least important lines that are written." },
	{ "log.frames", BOOL(AT(log.frames)), "false", LIVE,
	  "Print each message: type, length, action and text. For finding out, not for every "
	  "day." },
	{ "log.file", TEXT, "\"\"", LIVE,
	  "File to append to, opened anew with SIGHUP; \"\": stderr." },

	{ "hold_s", WHOLE(AT(hold_s), 0, 86400), "0", LIVE,
	  "Seconds for which the plugins that a reload replaced are kept, so that they can serve "
	  "again; 0: they end at once." },
	{ "canary_percent", WHOLE(AT(canary_percent), 0, 100), "0", LIVE,
	  "Share of the connections that a reload gives the new plugins, until actctl reload "
	  "--promote or --rollback; 0: all of them, at once." },
	{ "rollback", OBJECT, "{}", LIVE,
	  "When a reload's plugins are taken back by themselves, while those before are kept." },
	{ "rollback.errors_percent", WHOLE(AT(rollback.errors_percent), 0, 100), "0", LIVE,
	  "More failures than this among a new plugin's calls (plugin_failed, deadline, "
	  "unavailable) take the reload back; 0: never." },
	{ "rollback.min_calls", WHOLE(AT(rollback.min_calls), 1, 1e6), "100", LIVE,
	  "Calls of a new plugin before it is judged." },

	{ "ping_s", WHOLE(AT(ping_s), 0, 3600), "25", LIVE,
	  "Seconds of silence before a ping is sent; 0: never." },
	{ "pong_s", WHOLE(AT(pong_s), 1, 3600), "10", LIVE,
	  "Seconds after a ping without any frame until the connection is dropped." },
	{ "expiry_notice_s", WHOLE(AT(expiry_notice_s), 0, 86400), "60", LIVE,
	  "Seconds before a token expires at which an act.v1 or act.json.v1 client is told; 0: "
	  "never. (What it can do: AUTH with a new token.)" },
	{ "handshake_ms", WHOLE(AT(handshake_ms), 1, HOUR_MS), "10000", RESTART,
	  "From accept to the end of the upgrade." },
	{ "close_ms", WHOLE(AT(close_ms), 1, HOUR_MS), "5000", LIVE,
	  "For the other side's answer to a close." },
	{ "deadline_ms", WHOLE(AT(deadline_ms), 1, HOUR_MS), "10000", LIVE,
	  "For the answer to a call, where neither the plugin nor the action's settings say." },
	{ "load_ms", WHOLE(AT(load_ms), 1, HOUR_MS), "10000", LIVE,
	  "For each step of loading a plugin: each step of its trial, create, save and load of a "
	  "hand-over, start, activate." },
	{ "stuck_ms", WHOLE(AT(stuck_ms), 10, HOUR_MS), "1000", LIVE,
	  "How long a loop or worker may be inside one call of a plugin before the log says so." },
	{ "drain_ms", WHOLE(AT(drain_ms), 0, HOUR_MS), "10000", LIVE,
	  "For the open calls of a plugin that is replaced, and of all at the end of the server." },
};

const struct config_key *config_keys(size_t *count)
{
	*count = sizeof keys / sizeof keys[0];
	return keys;
}

const char *config_key_name(const struct config_key *key, const char *parent)
{
	size_t len = strlen(parent);
	const char *name = key->path;
	if (len > 0) {
		if (strncmp(name, parent, len) != 0 || name[len] != '.')
			return NULL;
		name += len + 1;
	}
	return strchr(name, '.') == NULL ? name : NULL;
}

const struct config_key *config_key_find(const char *parent, const char *name)
{
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const char *known = config_key_name(&keys[i], parent);
		if (known != NULL && (strcmp(known, name) == 0 || strcmp(known, "*") == 0))
			return &keys[i];
	}
	return NULL;
}

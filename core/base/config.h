/* config: the server's configuration, read, checked and turned into numbers.
 *
 * One immutable struct config is made from a file (JSON with comments) and the -o settings; it is
 * handed about by pointer and freed by its last owner. Nothing in it changes after config_load().
 * Owner: the caller of config_load(). Threads: any, for reading. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keypair;

/* Where something stands in the config, for sentences. line 0: it came from -o, or is a default. */
struct config_place {
	int line;   /* from 1 */
	int column; /* from 1, in bytes */
};

enum config_mode { CONFIG_MODE_ACTION, CONFIG_MODE_RAW };
enum config_login { CONFIG_LOGIN_NONE, CONFIG_LOGIN_OPTIONAL, CONFIG_LOGIN_REQUIRED };
enum config_auth { CONFIG_AUTH_NONE, CONFIG_AUTH_TOKEN };

/* The most loops; the numbers of connections have room for 256 (base/slots.h). */
enum { CONFIG_THREADS_MAX = 64 };

/* One address of "listen" or "tls.listen": "127.0.0.1:8080", "[::1]:8080", "*:8080",
 * "unix:/run/actd.sock". */
struct config_listen {
	char *text;      /* as written */
	char *host;      /* numeric address without brackets; "*" is every address; NULL with a unix
	                    socket */
	char *unix_path; /* absolute; or NULL */
	uint16_t port;   /* 0: a free one, which the log names */
	bool tls;        /* it stands under "tls": connections begin with a TLS handshake */
	struct config_place place;
};

/* TLS: addresses of its own, and what is shown there. */
struct config_tls {
	struct config_listen *listen;
	size_t listen_count;
	char *cert;           /* absolute; or NULL */
	char *key;            /* the same */
	struct keypair *pair; /* what is in the two files; NULL: none is named */
};

/* One member of "endpoints". The path matches exactly; a path that ends in '/' also matches what
 * lies below it. */
struct config_endpoint {
	char *path;
	enum config_mode mode;
	enum config_login login;
	char *action; /* "plugin.action" with CONFIG_MODE_RAW, otherwise NULL */
	struct config_place place;
};

/* One member of "actions": "110": "friend.add", "2000-2099": {"action": "game.play", …}. */
struct config_action {
	uint32_t code_first;
	uint32_t code_last;
	char *plugin;        /* "friend"; both NULL where the action is switched off with null */
	char *action;        /* "add" */
	int64_t payload_max; /* bytes; -1: not set */
	int64_t deadline_ms; /* -1: not set */
	double rate_per_s;   /* calls a second and connection; 0: no limit */
	uint32_t rate_burst; /* at least 1 where rate_per_s is set */
	uint32_t in_flight;  /* calls of this action at once, over all connections; 0: no limit */
	int login;           /* -1: as the plugin says; 0: served without login; 1: needs one */
	struct config_place place;
};

/* One member of "pushes": "1110": "friend.requested". */
struct config_push {
	uint32_t code;
	char *plugin;
	char *push;
	struct config_place place;
};

/* One member of "plugins": settings that the server passes on as they are, without its own keys. */
struct config_plugin {
	char *name;
	char *settings; /* compact JSON text of the object */
	bool disabled;  /* "disabled": true: the file is not loaded */
	struct config_place place;
};

/* One member of "services": "act.sql/1": "sqlite". */
struct config_service {
	char *id;
	char *plugin;
	struct config_place place;
};

struct config_limits {
	uint32_t connections;   /* at once, over all loops */
	uint32_t handshakes;    /* connections not upgraded yet, at once, a loop */
	uint32_t message_bytes; /* the longest message that is read (close 1009 above) */
	uint32_t reply_bytes;   /* the longest reply or push that a plugin may send */
	uint32_t outbox_bytes; /* unsent bytes a connection; then reading pauses, a push closes with
	                          4408 */
	uint32_t calls; /* of one connection at once, where its protocol does not ask for order;
	                   then messages wait */
	uint32_t pending_messages; /* messages of a connection that wait for those before; then
	                              reading pauses */
	uint32_t pending_bytes;    /* the same in bytes */
	uint32_t worker_queue;     /* calls that wait for a worker; then 503 overloaded */
	uint32_t home_queue;       /* calls that wait for a plugin that is not parallel; then 503
	                              overloaded */
	uint32_t push_queue_bytes; /* pushes on their way to other loops; then ACT_E_BUSY */
	uint32_t kv_bytes;         /* keys and values of one plugin in act.kv/1; then ACT_E_BUSY */
	uint32_t kv_entries;       /* the same in keys */
};

/* permessage-deflate. */
struct config_deflate {
	bool enabled;       /* for new connections */
	uint32_t min_bytes; /* shorter messages are sent as they are */
	uint32_t level;     /* 1, the fastest, to 9, the smallest */
};

/* Where the server is asked about itself, beside the unix socket in state_dir. */
struct config_admin {
	struct config_listen listen; /* TCP; text NULL: none */
	char *token_file;            /* absolute; or NULL */
};

/* When the generation before a reload serves again by itself. */
struct config_rollback {
	uint32_t min_calls;      /* before it is judged */
	uint32_t errors_percent; /* of them, above which it fails; 0: never */
};

struct config_log {
	int level;   /* ACT_LOG_*: 0 debug, 1 info, 2 warn, 3 error */
	bool frames; /* print each message */
	char *file;  /* absolute path; NULL: stderr */
};

struct cJSON;

struct config {
	char *path;         /* of the file, as given */
	struct cJSON *tree; /* what was read, with what -o laid over it */
	struct config_listen *listen;
	size_t listen_count; /* at least 1, or there is one in tls */
	struct config_tls tls;
	uint32_t threads; /* loops; never 0: the default is one a core */
	uint32_t workers;
	char *plugin_dir; /* absolute */
	struct config_place plugin_dir_place;
	char *state_dir; /* absolute */
	bool strict;     /* a plugin that cannot be loaded at start-up is fatal */
	enum config_auth auth;
	bool auth_anywhere; /* "auth": "none" also on an address that is not loopback */
	char *login_header; /* "authorization": lower case; NULL: tokens are not taken from a header
	                     */
	char *login_cookie; /* name of the cookie, or NULL */
	char *login_query;  /* name of the query parameter, or NULL */
	char **origins;     /* allowed Origin values; NULL: any */
	size_t origin_count;
	struct config_endpoint *endpoints;
	size_t endpoint_count;
	struct config_action *actions; /* sorted by code_first, without overlap */
	size_t action_count;
	struct config_push *pushes; /* sorted by code */
	size_t push_count;
	struct config_plugin *plugins;
	size_t plugin_count;
	struct config_service *services;
	size_t service_count;
	struct config_limits limits;
	struct config_deflate deflate;
	struct config_admin admin;
	struct config_log log;
	uint32_t hold_s; /* for how long a replaced generation can serve again; 0: it cannot */
	uint32_t canary_percent; /* of connections that get new generations until they are told; 0:
	                            all */
	struct config_rollback rollback;
	uint32_t ping_s;          /* between pings on a silent connection; 0: none */
	uint32_t pong_s;          /* after a ping without any frame: the connection is dropped */
	uint32_t handshake_ms;    /* from accept to the end of the upgrade */
	uint32_t expiry_notice_s; /* before a token expires its client is told; 0: never */
	uint32_t close_ms;        /* for the other side's answer to a close */
	uint32_t deadline_ms;     /* for a call, where neither plugin nor action says */
	uint32_t load_ms;         /* for each step of loading a plugin */
	uint32_t stuck_ms;        /* inside one call of a plugin; then a line in the log */
	bool check;               /* watch over the rules of act/plugin.h */
	uint32_t drain_ms; /* for open calls of a replaced generation, and at the end of the server
	                    */
};

/* What is wrong with a config: one finding a line. */
struct config_errors {
	char *text; /* lines "conf/actd.json:12:3: limits.connections: expected …, found …", each
	               ended by '\n' */
	size_t count;
};

/* Reads and checks `path` with `overrides` ("key.path=value", a JSON value or, where that does not
 * parse, a string). 0 and `*out`; or -1 and `errors`, which lists everything that is wrong, not
 * only the first. `*out` is freed with config_free(), `errors` with config_errors_free().
 *
 * Relative paths are taken from the folder of the file where they stand in it, from the current
 * folder where they come from -o. Without plugin_dir: the folder plugins beside the folder of the
 * program, where there is one, otherwise ACTD_DEFAULT_PLUGIN_DIR. Without state_dir:
 * $STATE_DIRECTORY, otherwise /var/lib/actd. Blocks on its files; not for loops. */
int config_load(const char *path, const char *const *overrides, size_t override_count,
                struct config **out, struct config_errors *errors);
void config_free(struct config *config);
void config_errors_free(struct config_errors *errors);

/* Adds one line; control characters in it are written as \xNN, and so is what is not UTF-8. */
__attribute__((format(printf, 2, 3))) void config_errors_add(struct config_errors *errors,
                                                             const char *format, ...);

/* The place for sentences: "conf/actd.json:12:3"; without a line, "-o, or the default". */
#define CONFIG_PLACE_SIZE 400
void config_place_text(const struct config *config, struct config_place place,
                       char out[CONFIG_PLACE_SIZE]);

#endif

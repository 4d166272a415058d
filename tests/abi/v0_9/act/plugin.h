/* act/plugin.h: the binary interface between actd and its plugins. ABI 0.9.
 *
 * A plugin is a shared object that exports one symbol, `act_plugin_v1`, and carries an ELF note
 * that says which interface it was built for (ACT_MANIFEST below writes it). The server reads the
 * note before it runs any code of the plugin.
 *
 * Six rules, which every later version keeps:
 *   1. The server calls the plugin through one table (struct act_plugin), the plugin the server
 *      through one table (struct act_host). Neither links against the other.
 *   2. Every table begins with its own `size` and grows only at the tail; arrays of structs carry
 *      their stride. Holes are named `reserved` and are zero. What is beyond the core is an
 *      extension with a string id and a revision (act/ext/).
 *   3. Nothing changes owner across the line. What you are given is borrowed until you return;
 *      what you give is copied before the call returns. The one thing lent for longer is said so:
 *      the host table and what config() and data_dir() return live until destroy() has returned.
 *   4. Connections, calls and timers are generation-tagged numbers, never pointers. One that
 *      outlived its object is answered ACT_E_GONE and is otherwise harmless.
 *   5. The server keeps no pointer into the plugin but the table. Running calls, open tokens and
 *      queued work pin the generation of the plugin that they began in; a generation without pins
 *      can be unloaded.
 *   6. The server never enters a plugin from inside a call that the plugin made: what that call
 * sets off arrives later. One exception: a service facade leads, by way of the server, into the
 *      provider's own table, which must be safe for that (ACT_F_PARALLEL).
 *
 * Threads. Each function says where it is called, or may be called from:
 *   [loop]    for a plugin that is not ACT_F_PARALLEL: its home loop, never two at once. For one
 *             that is: the connection's own loop, several at once.
 *   [worker]  a thread of the server's worker pool; it may block, the action's deadline permitting.
 *   [any]     any thread, also one of the plugin's own.
 *
 * Strings and ids are UTF-8 without a terminating zero (struct act_bytes), but for the `const char
 * *` of static descriptions, which are terminated. A user, device or group id is 1 to 255 bytes.
 *
 * The header is C11 and C++17 and needs nothing but the two headers below. It supposes 64-bit
 * pointers; docs/abi.md tells what may change and when. */
#ifndef ACT_PLUGIN_H
#define ACT_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* While the major number is 0 the interface may still change, and the server takes exactly its own
 * minor number. From 1.0 on: the same major, and a minor that is not above the server's. */
#define ACT_ABI_MAJOR 0u
#define ACT_ABI_MINOR 9u

/* ---- numbers ------------------------------------------------------------------------------- */

typedef uint64_t act_conn;  /* one connection, unique in the life of the server; never 0 */
typedef uint64_t act_token; /* one call that is not answered yet; never 0                 */
typedef uint64_t act_timer; /* one timer; never 0                                          */

/* What calls return: ACT_OK, or one of the negative codes below. From a posting function ACT_OK
 * means "accepted here": it will take effect unless its object goes first. */
typedef int32_t act_rc;

#define ACT_OK 0
#define ACT_DEFER 1       /* from handle(): the token stays open, the answer comes later      */
#define ACT_END 2         /* from a cursor of a service: there is no further row              */
#define ACT_E_GONE (-1)   /* the connection, call or timer is no more; or it was answered     */
#define ACT_E_BUSY (-2)   /* a bound was reached; nothing was done; a token stays open        */
#define ACT_E_INVAL (-3)  /* an argument is not what the function takes                       */
#define ACT_E_TOOBIG (-4) /* longer than the limit; nothing was done; a token stays open      */
#define ACT_E_NOMEM (-5)  /* no memory; nothing was done                                      */
#define ACT_E_THREAD (-6) /* called from a thread that the function is not marked for         */
#define ACT_E_LATE (-7)   /* the deadline has passed                                          */
#define ACT_E_NOSUPP (-8) /* this server, or this provider, does not do that                  */
#define ACT_E_FAIL (-9)   /* it was tried and failed; the log says why                        */

/* A run of bytes. `ptr` may be NULL where `len` is 0. Never grows. */
typedef struct act_bytes {
	const void *ptr;
	size_t len;
} act_bytes;

/* ---- what a plugin says of itself --------------------------------------------------------------
 */

/* Flags of an action. */
#define ACT_A_BLOCKING 0x1u   /* handle() runs on a [worker] and may block; needs ACT_F_PARALLEL */
#define ACT_A_IDEMPOTENT 0x2u /* asking twice does no harm: a client may be told to retry */
#define ACT_A_NOREPLY 0x4u    /* no answer is owed and none is sent; reply() gets ACT_E_NOSUPP    */
#define ACT_A_ANONYMOUS 0x8u  /* served before a user is bound to the connection  */
#define ACT_A_RAW 0x10u       /* serves raw endpoints (whole messages, no code); never a code     */

/* An action that the plugin serves. The config gives it its code: "110": "friend.add" is the action
 * "add" of the plugin "friend". */
typedef struct act_action {
	const char *name;    /* letters, digits, '_', '-'; 1 to 63 bytes                         */
	const char *summary; /* one line for people                                              */
	const char *takes;   /* media type of the payload, "application/json" for one; or NULL   */
	const char *gives;   /* media type of the answer; or NULL                                */
	const char *takes_schema; /* JSON Schema or other description of the payload; or NULL */
	const char *gives_schema; /* the same of the answer; or NULL */
	uint32_t code;  /* served under this code where the config names none; 0: under none */
	uint32_t flags; /* ACT_A_*                                                          */
	uint32_t payload_max; /* longest payload in bytes; 0: the server's limit                  */
	uint32_t deadline_ms; /* time for the answer; 0: the server's default                     */
} act_action;

/* A message that the plugin may push. The config gives it its code: "1110": "friend.requested". */
typedef struct act_pushing {
	const char *name;    /* as for an action                                                 */
	const char *summary; /* one line for people                                              */
	const char *gives;   /* media type; or NULL                                              */
	const char *gives_schema; /* or NULL */
	uint32_t code; /* pushed under this code where the config names none; 0: never     */
	uint32_t reserved;
} act_pushing;

/* ---- a call ---------------------------------------------------------------------------------- */

#define ACT_HOW_BINARY 0u /* the message was binary */
#define ACT_HOW_TEXT 1u   /* the message was text and is valid UTF-8 (raw endpoints only) */

/* One message from a client, borrowed until handle() returns. */
typedef struct act_call {
	uint32_t size;   /* of this struct, as the server compiled it                             */
	uint32_t code;   /* as the client sent it; on a raw endpoint 0                            */
	uint32_t action; /* index into act_plugin.actions                                         */
	uint32_t how;    /* ACT_HOW_*                                                             */
	act_token token; /* to answer with                                                        */
	act_conn conn;   /* where it came from                                                    */
	uint64_t deadline_ns; /* CLOCK_MONOTONIC; the server answers "deadline" itself when it
	                         passes  */
	act_bytes user; /* the bound user, or empty                                              */
	act_bytes payload; /* without the code */
	act_bytes trace; /* the client's id for what this call belongs to, for logs; or empty     */
} act_call;

/* Why a call is not answered as asked. */
typedef struct act_failure {
	uint32_t size;   /* sizeof(act_failure)                                                */
	uint32_t status; /* ACT_S_*, or 1000 to 65535: a number of the plugin's own            */
	uint32_t retry_after_ms; /* when asking again may help; 0: it does not */
	uint32_t reserved;
	act_bytes text; /* one sentence for people, UTF-8, at most 1000 bytes (then cut)      */
} act_failure;

/* The statuses of the server's own that a plugin may fail with. (docs/protocol.md has the table.)
 */
#define ACT_S_FORBIDDEN 4u
#define ACT_S_OVERLOADED 7u
#define ACT_S_UNAVAILABLE 8u
#define ACT_S_TOO_LARGE 9u
#define ACT_S_PAYLOAD_REFUSED 14u
#define ACT_S_PLUGIN_FAILED 15u

#define ACT_TO_CONN 1u  /* one connection                                       */
#define ACT_TO_USER 2u  /* every connection of a user, or of one device of it   */
#define ACT_TO_GROUP 3u /* every connection in a group                          */
#define ACT_TO_ALL 4u   /* every connection of an action endpoint               */

/* A message for connections that did not ask for it. */
typedef struct act_push {
	uint32_t size; /* sizeof(act_push)                                                       */
	uint32_t to;   /* ACT_TO_*                                                               */
	uint32_t pushing; /* index into act_plugin.pushes */
	uint32_t flags; /* 0                                                                      */
	act_bytes id;   /* with ACT_TO_USER the user, with ACT_TO_GROUP the group                 */
	act_bytes device; /* with ACT_TO_USER: only this device; empty: all */
	act_conn conn; /* with ACT_TO_CONN                                                       */
	act_conn except; /* this connection is left out; 0: none */
	act_bytes body;
} act_push;

/* Who is at the other end; borrowed until conn_open() returns. */
typedef struct act_peer {
	uint32_t size;
	uint32_t reserved;
	act_conn conn;
	act_bytes user;     /* the user bound at the upgrade, or empty */
	act_bytes device;   /* or empty                                */
	act_bytes address;  /* "127.0.0.1", "::1", or "unix"           */
	act_bytes endpoint; /* the path, "/serv/"                      */
} act_peer;

#define ACT_LOG_DEBUG 0
#define ACT_LOG_INFO 1
#define ACT_LOG_WARN 2
#define ACT_LOG_ERROR 3

/* ---- what the server gives ------------------------------------------------------------------- */

typedef struct act_host act_host;

/* The server's table. One for each generation of a plugin, given to create(); it lives until
 * destroy() has returned. Every function takes it as its first argument. */
struct act_host {
	uint32_t size; /* of the table as the server compiled it: ACT_HAS() before a later member */
	uint16_t abi_major;
	uint16_t abi_minor;
	void *impl; /* the server's                                                       */
	uint64_t generation; /* counts up with each load of any plugin */

	/* [any] Answer a call, once. `flags` is 0. The body is copied.
	 * ACT_E_GONE: it was answered, its deadline passed, or its connection closed; ACT_E_TOOBIG:
	 * longer than limits.reply_bytes; ACT_E_NOSUPP: the action owes no answer. */
	act_rc (*reply)(const act_host *h, act_token call, uint32_t flags, act_bytes body);

	/* [any] Answer a call with an error, once. Errors as reply(); ACT_E_INVAL: no such status.
	 */
	act_rc (*fail)(const act_host *h, act_token call, const act_failure *why);

	/* [any] Send a message to connections that did not ask for it. Posted to the loops
	 * concerned. What one call pushes takes effect in the order of its pushes, and before its
	 * own answer leaves. ACT_E_INVAL: no such pushing, `to` or id; ACT_E_GONE: the connection
	 * of ACT_TO_CONN is no more; ACT_E_TOOBIG: longer than limits.reply_bytes; ACT_E_BUSY:
	 * limits.push_queue_bytes are on their way already; ACT_E_NOSUPP: neither the config nor
	 * the plugin gives this pushing a code. A connection whose outbox is full is closed with
	 * 4408.
	 */
	act_rc (*push)(const act_host *h, const act_push *what);

	/* [any] Bind a user (and, if not empty, a device) to a connection, in place of the one
	 * before; an empty user unbinds. Takes effect before the call's answer leaves and before
	 * the connection's next message is read. The groups that it is in stay. ACT_E_GONE,
	 * ACT_E_INVAL (an id over 255 bytes or not UTF-8). */
	act_rc (*bind_user)(const act_host *h, act_conn conn, act_bytes user, act_bytes device);

	/* [any] Put a connection into a group, or take it out; twice is once. A group exists while
	 * a connection is in it. ACT_E_GONE, ACT_E_INVAL; ACT_E_BUSY: the connection is in 1,024
	 * groups (told where the call is made on the connection's loop, otherwise without effect).
	 */
	act_rc (*group_join)(const act_host *h, act_conn conn, act_bytes group);
	act_rc (*group_leave)(const act_host *h, act_conn conn, act_bytes group);

	/* [any] Close a connection with a close code (1000, 1001, 1003, 1007 to 1009, 1011 to 1013,
	 * 3000 to 4999) and a reason of at most 123 bytes, after what waits in its outbox.
	 * ACT_E_GONE, ACT_E_INVAL. */
	act_rc (*close_conn)(const act_host *h, act_conn conn, uint16_t code, act_bytes reason);

	/* [any] on_timer(tag) on the home loop, `ms` from now and, with `repeat`, each `ms` after.
	 * Timers die with the generation. ACT_E_INVAL: before activate(), or `repeat` with 0 ms;
	 * ACT_E_BUSY: over the limit of 10,000 timers a plugin. `out` may be NULL. */
	act_rc (*timer_set)(const act_host *h, uint64_t tag, uint32_t ms, int32_t repeat,
	                    act_timer *out);
	/* [any] on_timer() is not called for this timer after timer_drop() has returned on the home
	 * loop; from elsewhere one that is under way may still arrive. ACT_E_GONE. */
	act_rc (*timer_drop)(const act_host *h, act_timer timer);

	/* [any] work(tag, arg) on a [worker], then work_done(tag, arg) on the home loop. Both pin
	 * the generation. `arg` stays the plugin's. In create() only once `*self` is set: it
	 * runs even where create() then fails. ACT_E_BUSY: the queue of the pool is full;
	 * ACT_E_NOSUPP: the plugin has no work(). */
	act_rc (*work)(const act_host *h, uint64_t tag, void *arg);

	/* [any] A line for the server's log, under the plugin's name. `level` is ACT_LOG_*. */
	void (*log)(const act_host *h, int32_t level, act_bytes line);

	/* [any] The plugin's object under "plugins" in the config, as JSON text ("{}" where there
	 * is none). Lives as long as the host table; a changed config makes a new generation. */
	act_bytes (*config)(const act_host *h);

	/* [any] A folder of the plugin's own for files, absolute and made; it outlives reloads and
	 * restarts. Two generations of a plugin may have it open at once. Lives as long as the host
	 * table. */
	act_bytes (*data_dir)(const act_host *h);

	/* [any] The facade of a service (act/ext/...), or NULL: the manifest does not list `id`
	 * under needs, or the server's table for it is shorter than `size_min`. It lives as long as
	 * the host table, whatever becomes of the provider: without one its functions answer
	 * ACT_E_GONE. */
	const void *(*extension)(const act_host *h, const char *id, uint32_t size_min);
};

/* ---- what the plugin gives ------------------------------------------------------------------- */

#define ACT_F_PARALLEL 0x1u /* may be entered by several threads at once */
#define ACT_F_THREADS                                                                              \
	0x2u /* starts threads of its own: is never unloaded, its host table neither */

/* The plugin's table. Static: the server reads it while the shared object is loaded. */
typedef struct act_plugin {
	uint32_t size;    /* sizeof(act_plugin)                                                  */
	uint32_t flags;   /* ACT_F_*                                                             */
	const char *name; /* as in the manifest: letters, digits, '_', '-'; 1 to 31 bytes        */
	const char *version;       /* the plugin's own, for people       */
	const act_action *actions; /* or NULL */
	const act_pushing *pushes; /* or NULL */
	uint32_t action_count;
	uint32_t action_size; /* sizeof(act_action): the stride as compiled */
	uint32_t push_count;
	uint32_t push_size; /* sizeof(act_pushing) */

	/* [worker] Make what the plugin keeps; `*self` comes back as the first argument of all that
	 * follows. May fail (the server then keeps what it had, and the log has what the plugin
	 * logged). No effect outside: an older generation may be live. After a failure nothing more
	 * is called. */
	act_rc (*create)(const act_host *h, void **self);
	/* [worker] Get ready to serve: open, connect, migrate. May fail; then destroy() follows. No
	 * effect that the live generation would feel. May be NULL. */
	act_rc (*start)(void *self);
	/* [worker] The generation is live: calls arrive from now on (the first may be in handle()
	 * already), and timers may be set. Cannot fail. May be NULL. */
	void (*activate)(void *self);
	/* [worker] It was replaced, or the server ends: answer the open calls. One that was on its
	 * way may still come. Cannot fail. May be NULL. */
	void (*stop)(void *self);
	/* [worker] The last pin is gone: give everything back. Cannot fail. After stop(), or after
	 * a start() that failed or was not followed by activate(). */
	void (*destroy)(void *self);

	/* [loop], or [worker] for an ACT_A_BLOCKING action: serve one call. ACT_OK: it was answered
	 * (or owes no answer); ACT_DEFER: the token stays open and is answered later, from any
	 * thread; ACT_E_*: the server answers with the status that docs/protocol.md gives for it.
	 * ACT_OK without an answer is a fault of the plugin: the server answers plugin_failed and
	 * says so in the log. NULL without actions. */
	act_rc (*handle)(void *self, const act_call *call);

	/* From here on each may be NULL. */

	/* [any] An open call is not worth finishing. ACT_E_GONE: its connection closed; ACT_E_LATE:
	 * its deadline passed, and the server has answered; the token is stale already in both
	 * cases. ACT_E_BUSY: this generation was replaced and half of the time for its open calls
	 * is over: the token is open still, answer now, be it with an error. */
	void (*cancel)(void *self, act_token call, act_rc why);
	/* [loop] A connection's first and last moment: open comes before its first call, close
	 * after its last, to whichever generation is live then; opens are not replayed to a new
	 * generation. */
	void (*conn_open)(void *self, const act_peer *peer);
	void (*conn_close)(void *self, act_conn conn);
	/* [loop] A user was bound to a connection after its upgrade, or was unbound from it. */
	void (*user_bound)(void *self, act_conn conn, act_bytes user);
	void (*user_unbound)(void *self, act_conn conn, act_bytes user);
	/* [loop] the home loop, also for a PARALLEL plugin. */
	void (*on_timer)(void *self, uint64_t tag);
	/* [worker] and then [loop] (the home loop): see act_host.work. */
	void (*work)(void *self, uint64_t tag, void *arg);
	void (*work_done)(void *self, uint64_t tag, void *arg);
	/* [worker] Once on each worker that ran code of this generation, after stop() and before
	 * destroy(): give back what is kept for this thread. */
	void (*worker_leave)(void *self);
	/* [any] The provider's own table for a service that the manifest lists under provides
	 * (act/ext/...). Static, or alive until destroy(). */
	const void *(*extension)(void *self, const char *id);
} act_plugin;

/* ---- the manifest: an ELF note, read before any code runs
 * ---------------------------------------- */

#define ACT_MAGIC 0x31544341u /* "ACT1" */
#define ACT_NOTE_OWNER "act"
#define ACT_NOTE_TYPE 0x41435431u

typedef struct act_manifest {
	uint32_t magic;
	uint16_t abi_major;
	uint16_t abi_minor_required; /* the smallest minor that has all the plugin uses */
	uint32_t plugin_size;        /* sizeof(act_plugin)                              */
	uint32_t host_size;          /* sizeof(act_host)                                */
	char name[32];
	char version[16];
	char needs[128]; /* ids of services, comma-separated: "act.sql/1"   */
	char provides[64];
} act_manifest;

/* The note as it lies in the file: the header of an ELF note (elf(5)), the owner, the manifest. */
typedef struct act_note {
	uint32_t owner_size;
	uint32_t manifest_size;
	uint32_t type;
	char owner[4];
	act_manifest manifest;
} act_note;

/* Once in a plugin, at file scope: ACT_MANIFEST("friend", "1.0", "act.sql/1", ""); */
#define ACT_MANIFEST(plugin_name, plugin_version, plugin_needs, plugin_provides)                   \
	ACT_NOTE_SECTION static const act_note act_note_v1 = {                                     \
		sizeof(ACT_NOTE_OWNER),                                                            \
		sizeof(act_manifest),                                                              \
		ACT_NOTE_TYPE,                                                                     \
		ACT_NOTE_OWNER,                                                                    \
		{ ACT_MAGIC, ACT_ABI_MAJOR, ACT_ABI_MINOR, sizeof(act_plugin), sizeof(act_host),   \
		  plugin_name, plugin_version, plugin_needs, plugin_provides }                     \
	}
#ifdef __clang__ /* whose AddressSanitizer would pad the note */
#define ACT_NOTE_SECTION                                                                           \
	__attribute__((used, section(".note.act"), aligned(4), no_sanitize("address")))
#else
#define ACT_NOTE_SECTION __attribute__((used, section(".note.act"), aligned(4)))
#endif

/* The one symbol that a plugin exports. */
#define ACT_EXPORT __attribute__((visibility("default")))
extern ACT_EXPORT const act_plugin act_plugin_v1;

/* Does this table, as the other side compiled it, have that member? */
#define ACT_HAS(table, member)                                                                     \
	((table)->size >= offsetof(__typeof__(*(table)), member) + sizeof((table)->member))

#ifdef __cplusplus
}
#endif
#endif

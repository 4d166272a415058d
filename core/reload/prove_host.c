#include "reload/prove_host.h"

#include <act/easy.h>

static bool is_bytes(act_bytes bytes)
{
	return bytes.ptr != NULL || bytes.len == 0;
}

static act_rc host_reply(const act_host *h, act_token call, uint32_t flags, act_bytes body)
{
	(void)h;
	(void)call;
	return flags != 0 || !is_bytes(body) ? ACT_E_INVAL : ACT_E_GONE;
}

static act_rc host_fail(const act_host *h, act_token call, const act_failure *why)
{
	(void)h;
	(void)call;
	return why == NULL ? ACT_E_INVAL : ACT_E_GONE;
}

static act_rc host_push(const act_host *h, const act_push *what)
{
	(void)h;
	if (what == NULL || what->to < ACT_TO_CONN || what->to > ACT_TO_ALL)
		return ACT_E_INVAL;
	return what->to == ACT_TO_CONN ? ACT_E_GONE : ACT_OK;
}

static act_rc host_bind_user(const act_host *h, act_conn conn, act_bytes user, act_bytes device)
{
	(void)h;
	(void)conn;
	return is_bytes(user) && is_bytes(device) ? ACT_E_GONE : ACT_E_INVAL;
}

static act_rc host_group(const act_host *h, act_conn conn, act_bytes group)
{
	(void)h;
	(void)conn;
	return is_bytes(group) && group.len > 0 ? ACT_E_GONE : ACT_E_INVAL;
}

static act_rc host_close_conn(const act_host *h, act_conn conn, uint16_t code, act_bytes reason)
{
	(void)h;
	(void)conn;
	(void)code;
	return is_bytes(reason) ? ACT_E_GONE : ACT_E_INVAL;
}

static act_rc host_timer_set(const act_host *h, uint64_t tag, uint32_t ms, int32_t repeat,
                             act_timer *out)
{
	(void)h;
	(void)tag;
	(void)ms;
	(void)repeat;
	(void)out;
	return ACT_E_INVAL;
}

static act_rc host_timer_drop(const act_host *h, act_timer timer)
{
	(void)h;
	(void)timer;
	return ACT_E_GONE;
}

/* Not accepted and then forgotten: destroy() may count on all work being done by then. */
static act_rc host_work(const act_host *h, uint64_t tag, void *arg)
{
	(void)tag;
	(void)arg;
	atomic_store(&prove_host_of(h)->pretended, true);
	return ACT_E_BUSY;
}

static void host_log(const act_host *h, int32_t level, act_bytes line)
{
	struct prove_host *host = prove_host_of(h);
	char text[PROVE_LINE_MAX];
	if (!is_bytes(line))
		return;
	snprintf(text, sizeof text, "%d %.*s", (int)level, ACT_FMT(line));
	pthread_mutex_lock(&host->lock);
	snprintf(host->last_line, sizeof host->last_line, "%.*s", ACT_FMT(line));
	if (host->lines++ < PROVE_LINES_MAX)
		prove_say(host->voice, PROVE_LOG, text);
	pthread_mutex_unlock(&host->lock);
}

static act_bytes host_config(const act_host *h)
{
	return act_str(prove_host_of(h)->settings);
}

static act_bytes host_data_dir(const act_host *h)
{
	struct prove_host *host = prove_host_of(h);
	atomic_store(&host->pretended, true);
	return act_str(host->data_dir);
}

static const void *host_extension(const act_host *h, const char *id, uint32_t size_min)
{
	struct prove_host *host = prove_host_of(h);
	const void *facade = id != NULL ? prove_facade(id, size_min) : NULL;
	if (facade != NULL)
		return manifest_needs(host->manifest, id) ? facade : NULL;
	if (id != NULL)
		facade = prove_extension(id, size_min);
	if (facade != NULL)
		return facade;
	atomic_store(&host->pretended, true);
	return NULL;
}

void prove_host_init(struct prove_host *host, const struct prove_voice *voice,
                     const struct manifest *manifest, const char *settings, const char *data_dir)
{
	*host = (struct prove_host){
		.voice = voice,
		.manifest = manifest,
		.settings = settings,
		.data_dir = data_dir,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	host->table = (act_host){
		.size = sizeof host->table,
		.abi_major = ACT_ABI_MAJOR,
		.abi_minor = ACT_ABI_MINOR,
		.impl = host,
		.generation = 1,
		.reply = host_reply,
		.fail = host_fail,
		.push = host_push,
		.bind_user = host_bind_user,
		.group_join = host_group,
		.group_leave = host_group,
		.close_conn = host_close_conn,
		.timer_set = host_timer_set,
		.timer_drop = host_timer_drop,
		.work = host_work,
		.log = host_log,
		.config = host_config,
		.data_dir = host_data_dir,
		.extension = host_extension,
	};
}

bool prove_host_pretended(const struct prove_host *host)
{
	return atomic_load(&host->pretended);
}

#include "plugin_trial_private.h"

#include "act/module.h"
#include "act/service.h"
#include "act/table.h"

#include <limits.h>
#include <stdlib.h>

static bool open_provider(struct run *run, const char *path)
{
	struct provider *provider = &run->providers[run->provider_count];
	char whole[PATH_MAX];
	struct err why = { "there is no such file" };
	trial_tell(run, 's', "loading what it needs");
	if (realpath(path, whole) == NULL ||
	    manifest_read_path(whole, &provider->manifest, &why) != 0 ||
	    module_open(whole, &provider->manifest, &provider->module, &why) != 0) {
		trial_tell(run, FINDING_BAD, "--needs %s: %s", path, why.text);
		return false;
	}
	run->provider_count++;
	provider->fake = fake_new(NULL);
	fake_adopt(provider->fake, module_table(provider->module));
	if (fake_run(provider->fake) == ACT_OK)
		return true;
	fake_log_print(provider->fake);
	trial_tell(run, FINDING_BAD, "--needs %s: it does not start", path);
	return false;
}

/* NULL: none of those that were named. */
static const struct provider *provider_of(const struct run *run, const char *id)
{
	for (size_t i = 0; i < run->provider_count; i++)
		if (manifest_provides(&run->providers[i].manifest, id))
			return &run->providers[i];
	return NULL;
}

static bool provide(struct run *run, const char *id)
{
	uint32_t size;
	if (service_is_own(id))
		return true;
	if (service_facade(id, &size) == NULL) {
		trial_tell(run, FINDING_BAD, "it needs %s, which this server does not know", id);
		return false;
	}
	const struct provider *provider = provider_of(run, id);
	if (provider != NULL) {
		fake_provide(run->fake, id, provider->fake);
		return true;
	}
	trial_tell(
		run, FINDING_NOTE,
		"it was not started nor called: it needs %s; name a plugin that provides that with "
		"--needs FILE",
		id);
	return false;
}

bool trial_meet_needs(struct run *run)
{
	const struct trial *trial = run->trial;
	for (size_t i = 0; i < trial->providers->count; i++) {
		if (run->provider_count == PROVIDERS_MAX) {
			trial_tell(run, FINDING_BAD, "--needs: expected at most %d", PROVIDERS_MAX);
			return false;
		}
		if (!open_provider(run, trial->providers->texts[i]))
			return false;
	}
	for (uint32_t i = 0; i < trial->manifest->need_count; i++)
		if (!provide(run, trial->manifest->needs[i]))
			return false;
	return true;
}

void trial_share_services(const struct run *run, struct fake_host *other)
{
	const struct manifest *manifest = run->trial->manifest;
	for (uint32_t i = 0; i < manifest->need_count; i++)
		if (!service_is_own(manifest->needs[i]))
			fake_provide(other, manifest->needs[i],
			             provider_of(run, manifest->needs[i])->fake);
}

void trial_provided(const struct run *run)
{
	const struct manifest *manifest = run->trial->manifest;
	const act_plugin *table = fake_plugin(run->fake);
	struct err why;
	for (uint32_t i = 0; i < manifest->provide_count; i++) {
		const char *id = manifest->provides[i];
		const void *given = TABLE_GET(table, extension) != NULL
		                            ? table->extension(fake_self(run->fake), id)
		                            : NULL;
		if (service_judge(id, given, &why) != 0)
			trial_tell(run, FINDING_BAD, "%s", why.text);
	}
}

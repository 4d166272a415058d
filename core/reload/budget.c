#include "reload/budget.h"

#include "act/stats.h"

struct tally {
	uint64_t good;
	uint64_t failed;
	uint64_t late;
	uint64_t unavailable;
};

static void add_up(const struct generation *generation, struct tally *tally)
{
	for (uint32_t action = 0; action < generation->table->action_count; action++) {
		struct stats_sum sum;
		stats_sum(generation->stats, action, &sum);
		tally->good += sum.ended[STATUS_OK] + sum.ended[STATS_OWN] +
		               sum.ended[STATUS_FORBIDDEN] + sum.ended[STATUS_PAYLOAD_REFUSED];
		tally->failed += sum.ended[STATUS_PLUGIN_FAILED];
		tally->late += sum.ended[STATUS_DEADLINE];
		tally->unavailable += sum.ended[STATUS_UNAVAILABLE];
	}
}

bool budget_is_broken(const struct config *config, const struct generation *generation,
                      struct err *why)
{
	const struct config_rollback *rules = &config->rollback;
	struct tally tally = { 0 };
	if (rules->errors_percent == 0)
		return false;
	add_up(generation, &tally);
	uint64_t bad = tally.failed + tally.late + tally.unavailable, calls = tally.good + bad;
	if (calls < rules->min_calls || bad * 100 <= calls * rules->errors_percent)
		return false;
	err_set(why,
	        "plugin %s %s (generation %lu) failed %lu of %lu calls (%lu failed, %lu too late, "
	        "%lu unavailable); rollback.errors_percent is %u",
	        generation->manifest.name, generation->manifest.version, generation->number, bad,
	        calls, tally.failed, tally.late, tally.unavailable, rules->errors_percent);
	return true;
}

#include "base/pulse.h"

#include "base/clock.h"

#include <stdatomic.h>

static _Atomic uint64_t until_ms = UINT64_MAX;

void pulse_step(uint64_t ms)
{
	atomic_store(&until_ms, clock_ms() + ms + PULSE_SPARE_MS);
}

void pulse_rest(void)
{
	atomic_store(&until_ms, UINT64_MAX);
}

bool pulse_overdue(uint64_t now_ms)
{
	return now_ms > atomic_load(&until_ms);
}

// Stays in memory after it was unloaded: a thread that lives on has still to run the destructor of
// a thread_local object, and the C++ runtime holds the code of it until then.
#include "plain.h"

namespace
{
struct Counter {
	int calls = 0;
	~Counter()
	{
		calls = 0;
	}
};
thread_local Counter counter;

act_rc handle(void *self, const act_call *call)
{
	return act_reply_text(ACT_EASY_HOST(self), call, "%d", ++counter.calls);
}

// Also on the thread that loads it.
const int touched = ++counter.calls;

const act_action actions[] = { PLAIN_ACTION("which", BAD_CODE) };

ACT_MANIFEST(BAD_NAME, BAD_VERSION, "", "");
} // namespace

const act_plugin act_plugin_v1 = {
	sizeof(act_plugin),
	ACT_F_PARALLEL,
	BAD_NAME,
	BAD_VERSION,
	actions,
	nullptr,
	1,
	sizeof(act_action),
	0,
	sizeof(act_pushing),
	act_easy_create,
	nullptr,
	nullptr,
	nullptr,
	act_easy_destroy,
	handle,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
	nullptr,
};

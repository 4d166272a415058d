/* Says that it was built for another version of the interface, ABI_MAJOR.ABI_MINOR. */
#include "plain.h"

ACT_NOTE_SECTION static const act_note note = {
	sizeof(ACT_NOTE_OWNER),
	sizeof(act_manifest),
	ACT_NOTE_TYPE,
	ACT_NOTE_OWNER,
	{ ACT_MAGIC, ABI_MAJOR, ABI_MINOR, sizeof(act_plugin), sizeof(act_host), BAD_NAME,
	  BAD_VERSION, "", "" },
};

static const act_action actions[] = { PLAIN_ACTION("which", BAD_CODE) };

const act_plugin act_plugin_v1 = PLAIN_TABLE(BAD_NAME, actions, 1);

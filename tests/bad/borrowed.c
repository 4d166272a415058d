/* Has a manifest; the table that it leads to is in a library that it is linked with. */
#include "plain.h"

ACT_MANIFEST(BAD_NAME, BAD_VERSION, "", "");

/* Without a use the linker would not load the library. */
ACT_EXPORT const act_plugin *borrowed_table(void);
const act_plugin *borrowed_table(void)
{
	return &act_plugin_v1;
}

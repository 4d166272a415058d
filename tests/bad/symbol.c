/* Exports a function under the name of the table. */
#include "plain.h"

ACT_MANIFEST(BAD_NAME, BAD_VERSION, "", "");

ACT_EXPORT void exported(void) __asm__("act_plugin_v1");
void exported(void)
{
}

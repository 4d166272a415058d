/* reply: a profile as the answer to a call, in the forms that there are.
 *
 * Threads: any that may answer the call. */
#ifndef PROFILE_REPLY_H
#define PROFILE_REPLY_H

#include "store.h"

#include <act/plugin.h>

/* Answers the call. Returns what reply() of the host returned; ACT_E_NOMEM: it was not answered. */
typedef act_rc reply_form(const act_host *host, const act_call *call,
                          const struct profile *profile);

reply_form reply_json; /* an object; null for what is not there        */
reply_form reply_pb;   /* the message Profile of profile.proto         */

#endif

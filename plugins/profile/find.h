/* find: one user's profile, looked up for whichever action gives it.
 *
 * What profile.get and profile.get_pb have in common is here; they differ in how they read the
 * question and in the form of the answer. */
#ifndef PROFILE_FIND_H
#define PROFILE_FIND_H

#include "profile.h"
#include "reply.h"

/* [worker] Answers the call with the profile of `user` in the form of `reply`, or refuses it where
 * nobody of that id has logged in yet. The caller has a row from then on. Returns what the answer
 * returned, or ACT_E_* as db.h has it, without an answer. */
act_rc find_profile(struct profile_plugin *self, const act_call *call, act_bytes user,
                    reply_form *reply);

#endif

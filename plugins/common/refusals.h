/* refusals: the numbers that the plugins profile and friend refuse with, beside the server's own.
 * One list for both, so that a number means one thing to a client. docs/actions.md explains them.
 */
#ifndef COMMON_REFUSALS_H
#define COMMON_REFUSALS_H

enum refusal {
	REFUSED_UNKNOWN_USER = 1001, /* nobody of that id has ever logged in                    */
	REFUSED_ONESELF = 1002,      /* the action is about another user, and oneself was named */
	REFUSED_NO_REQUEST = 1003,   /* there is no open request to answer                      */
	REFUSED_LIMIT = 1004,        /* one of the two has as many friends, … as are allowed    */
	REFUSED_BLOCKED_BY_YOU = 1005, /* the caller blocks that user: unblock first             */
};

#endif

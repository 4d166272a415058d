/* extension: permessage-deflate as libwebsockets sees it: negotiated by it, carried out by us.
 *
 * libwebsockets' own extension (4.1.6) stops the program over a message of eight bytes that opens
 * to a little more than its buffer: an assertion, which Debian's build has. So it gets one that
 * does nothing: once that is negotiated, frames with the bit RSV1 pass, both ways, as they are.
 * Which offer is taken is decided with the gate (net/offer); these functions answer the events in
 * which libwebsockets asks about it. Thread: the loop's. */
#ifndef NET_EXTENSION_H
#define NET_EXTENSION_H

struct lws_extension;
struct lws_process_html_args;
struct session;

/* The table of extensions for a vhost. */
const struct lws_extension *extension_table(void);

/* LWS_CALLBACK_CONFIRM_EXTENSION_OKAY. 0: this one is taken. */
int extension_confirm(struct session *session);
/* LWS_CALLBACK_ADD_HEADERS: puts the parameters behind the name of the extension. 0; -1: this
 * cannot be done, and the upgrade is to fail. */
int extension_add_parameters(const struct session *session, struct lws_process_html_args *head);

#endif

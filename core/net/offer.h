/* offer: which of a client's offers of permessage-deflate is taken, and how the answer reads
 * (RFC 7692, sections 5.1 and 7.1).
 *
 * Neither side keeps a window between messages, which a server may ask for unasked (sections
 * 7.1.1.1 and 7.1.1.2). A client that wants a smaller window in what it receives gets it: zlib can
 * make one of 9 bits or more, and there are clients that ask for little else. What the client
 * sends may have any window. Nothing is kept; any thread. */
#ifndef NET_OFFER_H
#define NET_OFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct offer {
	bool taken;
	bool sized;   /* the client named a size for the window; the answer names it too */
	uint8_t bits; /* of the window in what is sent to it; with `taken` */
	/* How often the list names permessage-deflate, taken or not. */
	unsigned mentions;
};

/* Reads the value of Sec-WebSocket-Extensions (several header lines joined by commas) and takes the
 * first offer that fits. Other extensions, and offers that do not fit, are passed over. 0; -1: the
 * value is not what RFC 6455, section 9.1 lets it be, and the handshake is to fail. */
int offer_choose(const char *header, struct offer *offer);

/* Writes the parameters of the answer, "; server_no_context_takeover; …", terminated: what follows
 * the name of the extension for an offer that was taken. Returns the length. */
enum { OFFER_ANSWER_MAX = 96 };
size_t offer_answer(const struct offer *offer, char to[OFFER_ANSWER_MAX]);

#endif

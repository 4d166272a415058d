#include "net/extension.h"

#include "net/gate.h"
#include "net/session.h"

#include <libwebsockets.h>
#include <string.h>

static int on_extension(struct lws_context *context, const struct lws_extension *extension,
                        struct lws *wsi, enum lws_extension_callback_reasons reason, void *user,
                        void *in, size_t len)
{
	static const struct lws_ext_options no_options[] = { { NULL, 0 } };
	(void)context, (void)extension, (void)wsi, (void)len;
	if (reason == LWS_EXT_CB_CONSTRUCT) {
		*(const struct lws_ext_options **)in = no_options;
		*(void **)user = NULL;
	}
	return 0; /* of a payload: untouched */
}

const struct lws_extension *extension_table(void)
{
	static const struct lws_extension table[] = {
		{ "permessage-deflate", on_extension, NULL },
		{ NULL, NULL, NULL },
	};
	return table;
}

/* It asks once for every time that the client names the extension, in their order. Its own idea of
 * the parameters does not matter, but once one is taken, another behind it that has no parameters
 * makes it close the connection. So it hears yes to the last. */
int extension_confirm(struct session *session)
{
	struct offer *offer = &session->verdict->offer;
	if (!offer->taken || offer->mentions == 0 || --offer->mentions != 0)
		return 1;
	session->deflate_bits = offer->bits;
	return 0;
}

int extension_add_parameters(const struct session *session, struct lws_process_html_args *head)
{
	char answer[OFFER_ANSWER_MAX];
	if (session->deflate_bits == 0)
		return 0;
	size_t len = offer_answer(&session->verdict->offer, answer);
	/* The line with the extension is the last so far, and has its end already. */
	if ((size_t)head->max_len < len || memcmp(head->p - 2, "\r\n", 2) != 0)
		return -1;
	memcpy(head->p - 2, answer, len);
	memcpy(head->p - 2 + len, "\r\n", 2);
	head->p += len;
	return 0;
}

#include "login.h"

#include "base/mem.h"
#include "file.h"
#include "jwt.h"
#include "local.h"

#include <stdlib.h>
#include <string.h>

/* A token that --user makes is good for a day: it is for one connection, which may listen long. */
enum { LIFETIME_S = 86400 };

/* A token stands in a header: nothing may end that early. */
static enum outcome check(const char *token)
{
	for (const char *at = token; *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F)
			return say_failure(USAGE, "is that the right file or text?",
			                   "the token: expected printable ASCII without blanks");
	if (token[0] == '\0')
		return say_failure(USAGE, "actctl token NAME makes one",
		                   "the token: expected one, found nothing");
	return DONE;
}

static enum outcome read_file(const char *path, char **token)
{
	struct buffer text = { 0 };
	enum outcome outcome = file_read(path, &text);
	if (outcome == DONE) {
		/* `actctl token` and editors end a line. */
		size_t len = text.len;
		while (len > 0 && strchr("\r\n", text.at[len - 1]) != NULL)
			len--;
		*token = mem_text_n((const char *)text.at, len);
	}
	buffer_free(&text);
	return outcome;
}

static enum outcome of_user(const struct options *options, struct url *url, char **token)
{
	struct config *config = NULL;
	struct err why;
	int64_t expires_at;
	enum outcome outcome = local_config(options, "for --user", &config);
	if (outcome != DONE)
		return outcome;
	if (config->auth == CONFIG_AUTH_TOKEN)
		outcome = jwt_make(config, options->user, LIFETIME_S, token, &expires_at);
	else if (url_add_query(url, "user", options->user, &why) != 0)
		outcome = say_failure(USAGE, "give a shorter name", "--user: %s", why.text);
	config_free(config);
	return outcome;
}

enum outcome login_prepare(const struct options *options, struct url *url, char **token)
{
	enum outcome outcome = DONE;
	*token = NULL;
	if (options->user != NULL)
		return of_user(options, url, token);
	if (options->token != NULL)
		*token = mem_text(options->token);
	else if (options->token_file != NULL)
		outcome = read_file(options->token_file, token);
	if (outcome == DONE && *token != NULL)
		outcome = check(*token);
	return outcome;
}

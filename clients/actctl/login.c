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

static enum outcome put_query(struct url *url, const char *name, const char *value)
{
	struct err why;
	if (url_add_query(url, name, value, &why) == 0)
		return DONE;
	return say_failure(USAGE, "give a shorter name or path", "--user: %s", why.text);
}

/* Puts the token where the server looks for it first (docs/login.md). */
static enum outcome bring(const struct config *config, char *token, struct url *url,
                          struct login *login)
{
	if (config->login_header != NULL && strcmp(config->login_header, "authorization") == 0) {
		login->bearer = mem_text(token);
		return DONE;
	}
	if (config->login_header != NULL)
		login->header = mem_format("%s: %s", config->login_header, token);
	else if (config->login_cookie != NULL)
		login->header = mem_format("Cookie: %s=%s", config->login_cookie, token);
	else if (config->login_query != NULL)
		return put_query(url, config->login_query, token);
	else
		return say_failure(USAGE, "name a place with the config's key \"login\"",
		                   "%s: the server looks for tokens nowhere", config->path);
	return DONE;
}

static enum outcome of_user(const struct options *options, struct url *url, struct login *login)
{
	struct config *config = NULL;
	char *token = NULL;
	int64_t expires_at;
	enum outcome outcome = local_config(options, "for --user", &config);
	if (outcome != DONE)
		return outcome;
	if (config->auth == CONFIG_AUTH_TOKEN) {
		outcome = jwt_make(config, options->user, LIFETIME_S, &token, &expires_at);
		if (outcome == DONE)
			outcome = bring(config, token, url, login);
	} else {
		outcome = put_query(url, "user", options->user);
	}
	free(token);
	config_free(config);
	return outcome;
}

enum outcome login_prepare(const struct options *options, struct url *url, struct login *login)
{
	enum outcome outcome = DONE;
	*login = (struct login){ 0 };
	if (options->user != NULL)
		return of_user(options, url, login);
	if (options->token != NULL)
		login->bearer = mem_text(options->token);
	else if (options->token_file != NULL)
		outcome = read_file(options->token_file, &login->bearer);
	if (outcome == DONE && login->bearer != NULL)
		outcome = check(login->bearer);
	return outcome;
}

void login_free(struct login *login)
{
	free(login->bearer);
	free(login->header);
	*login = (struct login){ 0 };
}

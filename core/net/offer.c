#include "net/offer.h"

#include "base/check.h"
#include "net/deflate.h"

#include <stdio.h>
#include <string.h>

/* Names and values that mean something here are shorter; a longer one is only seen to be another.
 */
enum { WORD_MAX = 40 };

struct word {
	char text[WORD_MAX];
	bool cut;
};

static bool word_is(const struct word *word, const char *text)
{
	return !word->cut && strcmp(word->text, text) == 0;
}

static void word_add(struct word *word, size_t *len, char letter)
{
	if (*len + 1 < sizeof word->text)
		word->text[(*len)++] = letter;
	else
		word->cut = true;
}

/* ---- the grammar of the header: RFC 6455, section 9.1; RFC 7230, section 3.2.6 ---- */

static void skip_blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

static bool is_token_letter(char letter)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789!#$%&'*+-.^_`|~";
	return letter != '\0' && strchr(letters, letter) != NULL;
}

static bool read_token(const char **at, struct word *word)
{
	size_t len = 0;
	*word = (struct word){ 0 };
	for (; is_token_letter(**at); (*at)++)
		word_add(word, &len, **at);
	return len != 0;
}

/* What stands between the quotes must be a token as well. */
static bool read_quoted(const char **at, struct word *word)
{
	size_t len = 0;
	*word = (struct word){ 0 };
	for ((*at)++; **at != '"'; (*at)++) {
		if (**at == '\\')
			(*at)++;
		if (!is_token_letter(**at))
			return false;
		word_add(word, &len, **at);
	}
	(*at)++;
	return len != 0;
}

/* name, or name=value. */
static bool read_parameter(const char **at, struct word *name, struct word *value, bool *valued)
{
	skip_blanks(at);
	if (!read_token(at, name))
		return false;
	skip_blanks(at);
	*valued = **at == '=';
	if (!*valued)
		return true;
	(*at)++;
	skip_blanks(at);
	return **at == '"' ? read_quoted(at, value) : read_token(at, value);
}

/* ---- the parameters: RFC 7692, section 7.1 ---- */

/* A decimal number from 8 to 15 without zeros in front; 0: it is not. */
static uint8_t bits_of(const struct word *value)
{
	static const char *const sizes[] = { "8", "9", "10", "11", "12", "13", "14", "15" };
	for (uint8_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		if (word_is(value, sizes[i]))
			return (uint8_t)(8 + i);
	return 0;
}

/* Which parameters an offer had: each may stand once. */
struct seen {
	bool server_no_context;
	bool client_no_context;
	bool server_bits;
	bool client_bits;
};

static bool once(bool *seen)
{
	bool before = *seen;
	*seen = true;
	return !before;
}

/* False: this parameter makes the offer one that cannot be taken. */
static bool take_parameter(struct offer *offer, struct seen *seen, const struct word *name,
                           const struct word *value, bool valued)
{
	if (word_is(name, "server_no_context_takeover"))
		return once(&seen->server_no_context) && !valued;
	if (word_is(name, "client_no_context_takeover"))
		return once(&seen->client_no_context) && !valued;
	if (word_is(name, "client_max_window_bits"))
		return once(&seen->client_bits) && (!valued || bits_of(value) != 0);
	if (!word_is(name, "server_max_window_bits") || !once(&seen->server_bits) || !valued)
		return false;
	offer->sized = true;
	offer->bits = bits_of(value);
	return offer->bits >= DEFLATE_BITS_MIN;
}

/* One extension with its parameters. False: not what the grammar says. */
static bool read_extension(const char **at, bool *ours, struct offer *offer)
{
	struct word name, value = { 0 };
	struct seen seen = { 0 };
	bool valued;
	*offer = (struct offer){ .taken = true, .bits = DEFLATE_BITS_MAX };
	if (!read_token(at, &name))
		return false;
	*ours = word_is(&name, "permessage-deflate");
	for (skip_blanks(at); **at == ';'; skip_blanks(at)) {
		(*at)++;
		if (!read_parameter(at, &name, &value, &valued))
			return false;
		if (!take_parameter(offer, &seen, &name, &value, valued))
			offer->taken = false;
	}
	return **at == ',' || **at == '\0';
}

int offer_choose(const char *header, struct offer *offer)
{
	*offer = (struct offer){ 0 };
	const char *at = header;
	for (;;) {
		struct offer next;
		bool ours;
		at += strspn(at, " \t,"); /* a list may have empty places */
		if (*at == '\0')
			return 0;
		if (!read_extension(&at, &ours, &next))
			return -1;
		if (!ours)
			continue;
		next.mentions = offer->mentions + 1;
		if (next.taken && !offer->taken)
			*offer = next;
		offer->mentions = next.mentions;
	}
}

size_t offer_answer(const struct offer *offer, char to[OFFER_ANSWER_MAX])
{
	static const char fixed[] = "; server_no_context_takeover; client_no_context_takeover";
	int len;
	CHECK(offer->taken);
	if (offer->sized)
		len = snprintf(to, OFFER_ANSWER_MAX, "%s; server_max_window_bits=%u", fixed,
		               offer->bits);
	else
		len = snprintf(to, OFFER_ANSWER_MAX, "%s", fixed);
	CHECK(len > 0 && len < OFFER_ANSWER_MAX);
	return (size_t)len;
}

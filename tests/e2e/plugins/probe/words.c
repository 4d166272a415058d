#include "words.h"

#include <stdlib.h>
#include <string.h>

void words_begin(struct words *words, act_bytes payload)
{
	size_t len = payload.len < sizeof words->text ? payload.len : sizeof words->text - 1;
	if (len > 0)
		memcpy(words->text, payload.ptr, len);
	words->text[len] = '\0';
	words->next = words->text;
}

const char *words_next(struct words *words)
{
	char *word = words->next;
	size_t len = strcspn(word, " ");
	words->next = word[len] == ' ' ? word + len + 1 : word + len;
	word[len] = '\0';
	return strcmp(word, "-") == 0 ? "" : word;
}

uint64_t words_number(struct words *words)
{
	return strtoull(words_next(words), NULL, 10);
}

const char *words_rest(struct words *words)
{
	return words->next;
}

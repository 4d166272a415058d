/* Offers of permessage-deflate: RFC 7692, sections 5.1 and 7.1; RFC 6455, section 9.1. */
#include "net/offer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define PMD "permessage-deflate"
#define FIXED "; server_no_context_takeover; client_no_context_takeover"

struct sample {
	const char *header;
	const char *answer; /* NULL: none is taken */
	unsigned mentions;
};

static void assert_samples(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct offer offer;
		char answer[OFFER_ANSWER_MAX];
		const struct sample *sample = &samples[i];
		print_message("%s\n", sample->header);
		assert_int_equal(offer_choose(sample->header, &offer), 0);
		assert_int_equal(offer.mentions, sample->mentions);
		assert_int_equal(offer.taken, sample->answer != NULL);
		if (!offer.taken)
			continue;
		assert_int_equal(offer_answer(&offer, answer), strlen(sample->answer));
		assert_string_equal(answer, sample->answer);
	}
}

#define ASSERT_SAMPLES(samples) assert_samples(samples, sizeof samples / sizeof samples[0])

static void takes_what_clients_offer(void **state)
{
	static const struct sample samples[] = {
		{ PMD, FIXED, 1 },
		{ PMD "; client_max_window_bits", FIXED, 1 },
		{ PMD ";client_max_window_bits=15", FIXED, 1 },
		{ PMD "; client_max_window_bits=8", FIXED, 1 },
		{ PMD "; server_no_context_takeover", FIXED, 1 },
		{ PMD "; client_no_context_takeover", FIXED, 1 },
		{ PMD "; server_no_context_takeover; client_no_context_takeover", FIXED, 1 },
		{ "  " PMD "  ;  client_max_window_bits  =  \"10\"  ", FIXED, 1 },
		{ PMD "; client_max_window_bits=\"1\\5\"", FIXED, 1 },
		{ "\t" PMD "\t;\tserver_no_context_takeover\t", FIXED, 1 },
	};
	(void)state;
	ASSERT_SAMPLES(samples);
}

/* A smaller window in what the server sends is kept, and the answer says so. */
static void keeps_to_the_window_that_was_asked_for(void **state)
{
	static const struct sample samples[] = {
		{ PMD "; server_max_window_bits=15", FIXED "; server_max_window_bits=15", 1 },
		{ PMD "; server_max_window_bits=12", FIXED "; server_max_window_bits=12", 1 },
		{ PMD "; server_max_window_bits=\"9\"; client_max_window_bits",
		  FIXED "; server_max_window_bits=9", 1 },
		{ PMD "; server_max_window_bits=8", NULL, 1 },
	};
	struct offer offer;
	(void)state;
	ASSERT_SAMPLES(samples);
	assert_int_equal(offer_choose(PMD "; server_max_window_bits=11", &offer), 0);
	assert_int_equal(offer.bits, 11);
	assert_int_equal(offer_choose(PMD, &offer), 0);
	assert_int_equal(offer.bits, 15);
}

/* RFC 7692, section 7: an offer with any of these is declined. */
static void declines_an_offer_that_is_not_as_it_should_be(void **state)
{
	static const struct sample samples[] = {
		{ PMD "; unknown", NULL, 1 },
		{ PMD "; unknown=1", NULL, 1 },
		{ PMD "; server_no_context_takeover=1", NULL, 1 },
		{ PMD "; client_no_context_takeover=true", NULL, 1 },
		{ PMD "; server_max_window_bits", NULL, 1 },
		{ PMD "; server_max_window_bits=7", NULL, 1 },
		{ PMD "; server_max_window_bits=16", NULL, 1 },
		{ PMD "; server_max_window_bits=010", NULL, 1 },
		{ PMD "; server_max_window_bits=1x", NULL, 1 },
		{ PMD "; client_max_window_bits=7", NULL, 1 },
		{ PMD "; client_max_window_bits=16", NULL, 1 },
		{ PMD "; client_max_window_bits=\"09\"", NULL, 1 },
		{ PMD "; server_no_context_takeover; server_no_context_takeover", NULL, 1 },
		{ PMD "; client_no_context_takeover; client_no_context_takeover", NULL, 1 },
		{ PMD "; client_max_window_bits; client_max_window_bits=10", NULL, 1 },
		{ PMD "; server_max_window_bits=10; server_max_window_bits=10", NULL, 1 },
		{ PMD "; Server_no_context_takeover", NULL, 1 },
	};
	(void)state;
	ASSERT_SAMPLES(samples);
}

static void takes_the_first_that_fits(void **state)
{
	static const struct sample samples[] = {
		{ PMD "; server_max_window_bits=10, " PMD, FIXED "; server_max_window_bits=10", 2 },
		{ PMD ", " PMD "; server_max_window_bits=10", FIXED, 2 },
		{ PMD "; server_max_window_bits=8," PMD "; unknown ," PMD
		      "; server_max_window_bits=9",
		  FIXED "; server_max_window_bits=9", 3 },
		{ PMD ",," PMD, FIXED, 2 },
		{ PMD "; unknown, " PMD "; client_max_window_bits=0", NULL, 2 },
	};
	(void)state;
	ASSERT_SAMPLES(samples);
}

static void passes_other_extensions_over(void **state)
{
	static const struct sample samples[] = {
		{ "", NULL, 0 },
		{ " ,\t, ", NULL, 0 },
		{ "x-webkit-deflate-frame", NULL, 0 },
		{ "permessage-bzip2; level=\"9\", " PMD, FIXED, 1 },
		{ "permessage-deflate2, permessage-deflat", NULL, 0 },
		{ "other; permessage-deflate; a=permessage-deflate", NULL, 0 },
		{ "PerMessage-Deflate", NULL, 0 },
		/* Cut to the room for a word it would be the name of a parameter. */
		{ PMD "; server_no_context_takeoverxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL, 1 },
	};
	(void)state;
	ASSERT_SAMPLES(samples);
}

static void refuses_what_is_no_list_of_extensions(void **state)
{
	static const char *const headers[] = {
		";",
		"=",
		PMD ";",
		PMD "; ,",
		PMD "; =1",
		PMD "; client_max_window_bits=",
		PMD "; client_max_window_bits=,",
		PMD "; client_max_window_bits=\"",
		PMD "; client_max_window_bits=\"10",
		PMD "; client_max_window_bits=\"\"",
		PMD "; client_max_window_bits=\"1 0\"",
		PMD "; client_max_window_bits=\"1,0\"",
		PMD "; client_max_window_bits=\"10\\",
		PMD "; client_max_window_bits=\"10\\\"",
		PMD "; client_max_window_bits=\"10\"x",
		PMD "; client_max_window_bits=10=10",
		PMD " client_max_window_bits",
		PMD "; a b",
		PMD "; a@b",
		PMD "(x)",
		"\"" PMD "\"",
		"\x7F",
		"\xE6\x88\x91",
		PMD ", ;",
	};
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		struct offer offer;
		print_message("%s\n", headers[i]);
		assert_int_equal(offer_choose(headers[i], &offer), -1);
	}
}

/* A long answer is what OFFER_ANSWER_MAX was made for. */
static void the_longest_answer_fits(void **state)
{
	struct offer offer = { .taken = true, .sized = true, .bits = 15 };
	char answer[OFFER_ANSWER_MAX];
	(void)state;
	assert_in_range(offer_answer(&offer, answer), 1, OFFER_ANSWER_MAX - 1);
	assert_int_equal(strlen(answer), offer_answer(&offer, answer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_clients_offer),
		cmocka_unit_test(keeps_to_the_window_that_was_asked_for),
		cmocka_unit_test(declines_an_offer_that_is_not_as_it_should_be),
		cmocka_unit_test(takes_the_first_that_fits),
		cmocka_unit_test(passes_other_extensions_over),
		cmocka_unit_test(refuses_what_is_no_list_of_extensions),
		cmocka_unit_test(the_longest_answer_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

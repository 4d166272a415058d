/* The plugin jwt and the clock: tokens that have expired, or are not good yet. */
#include "jwt_fixture.h"

/* The exact edges of the leeway need a clock of the test's own. */
#include "../../plugins/jwt/claims.c"

/* By the real clock, far from the edges. */
static void knows_expired_tokens(void **state)
{
	struct fake_host *fake = start_hs256();
	char *good = sign_hs256(SECRET, alice(3600)), *old = sign_hs256(SECRET, alice(-3600));
	char *nobody = sign_hs256(SECRET, "{\"exp\":1}");
	(void)state;
	allows(fake, good, "alice");
	assert_int_equal(check(fake, old).verdict, ACT_AUTH_EXPIRED);
	assert_string_equal(check(fake, old).user, "");
	denies(fake, nobody, NO_USER); /* it never was good */
	free(good);
	free(old);
	free(nobody);
	fake_free(fake);
}

/* By a clock that stands at 1,000,000 with a leeway of 30 seconds. */
static void keeps_the_edges_of_the_leeway(void **state)
{
	static const struct {
		const char *claims;
		uint32_t verdict;
		int64_t expires_at;
	} cases[] = {
		{ "{\"sub\":\"a\",\"exp\":999971}", ACT_AUTH_ALLOW, 1000001 },
		{ "{\"sub\":\"a\",\"exp\":999970.5}", ACT_AUTH_ALLOW, 1000000 },
		{ "{\"sub\":\"a\",\"exp\":999970}", ACT_AUTH_EXPIRED, 0 },
		{ "{\"sub\":\"a\",\"exp\":0}", ACT_AUTH_EXPIRED, 0 },
		{ "{\"sub\":\"a\",\"exp\":1000000}", ACT_AUTH_ALLOW, 1000030 },
		{ "{\"sub\":\"a\",\"exp\":1000001}", ACT_AUTH_ALLOW, 1000001 },
		{ "{\"sub\":\"a\",\"nbf\":1000030}", ACT_AUTH_ALLOW, 0 },
		{ "{\"sub\":\"a\",\"nbf\":1000030.5}", ACT_AUTH_DENY, 0 },
		{ "{\"sub\":\"a\",\"nbf\":1000031}", ACT_AUTH_DENY, 0 },
		{ "{\"sub\":\"a\",\"nbf\":1000031,\"exp\":1}", ACT_AUTH_DENY, 0 },
	};
	struct settings settings = { .leeway_s = 30, .device_claim = (char[]){ "device" } };
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		act_auth_verdict verdict = { .size = sizeof verdict };
		json_t *claims = json_loads(cases[i].claims, 0, NULL);
		assert_non_null(claims);
		claims_check(claims, &settings, 1000000, &verdict);
		assert_int_equal(verdict.verdict, cases[i].verdict);
		assert_int_equal(verdict.expires_at, cases[i].expires_at);
		json_decref(claims);
	}
}

static void says_when_a_token_expired(void **state)
{
	struct fake_host *fake = start_hs256();
	char *old = sign_hs256(SECRET, "{\"sub\":\"a\",\"exp\":1000000000.5}");
	(void)state;
	refuses(fake, old, ACT_AUTH_EXPIRED, "the token was good until 2001-09-09T01:46:40Z");
	free(old);
	fake_free(fake);
}

static void denies_times_that_are_none(void **state)
{
	struct fake_host *fake = start_hs256();
	(void)state;
	denies_claims(fake, "{\"sub\":\"a\",\"exp\":\"2999-01-01\"}", NO_TIME);
	denies_claims(fake, "{\"sub\":\"a\",\"exp\":-1}", NO_TIME);
	denies_claims(fake, "{\"sub\":\"a\",\"exp\":1e300}", NO_TIME);
	denies_claims(fake, "{\"sub\":\"a\",\"nbf\":null}", NO_TIME);
	denies_claims(fake, "{\"sub\":\"a\",\"nbf\":32503680000}",
	              "the token is not good yet (nbf)");
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_expired_tokens),
		cmocka_unit_test(keeps_the_edges_of_the_leeway),
		cmocka_unit_test(says_when_a_token_expired),
		cmocka_unit_test(denies_times_that_are_none),
	};
	return cmocka_run_group_tests_name("jwt: time", tests, NULL, NULL);
}

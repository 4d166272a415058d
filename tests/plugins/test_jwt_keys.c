/* The plugin jwt while it runs: key files that change, several threads, and its unloading. */
#include "jwt_fixture.h"

#include <link.h>
#include <pthread.h>

/* ---- rotation --------------------------------------------------------------------------------
 */

/* One second passes, and the worker looks. */
static void tick(struct fake_host *fake)
{
	assert_int_equal(fake_time_pass(fake, 1000), 1);
	fake_work_run(fake);
}

static void takes_new_keys_while_it_runs(void **state)
{
	static const char fresh[] = "ffffffffffffffffffffffffffffffff";
	struct fake_host *fake = start_hs256();
	char *before = sign_hs256(SECRET, alice(60)), *after = sign_hs256(fresh, alice(60));
	(void)state;
	tick(fake);
	allows(fake, before, "alice");
	assert_int_equal(fake_count(fake, FAKE_LOG), 1); /* nothing is read that has not changed */

	put(fake, "secret", fresh);
	allows(fake, before, "alice"); /* nobody has looked yet */
	tick(fake);
	denies(fake, before, BAD_SIGNATURE);
	allows(fake, after, "alice");

	put(fake, "secret", "too short");
	tick(fake);
	logs(fake, "the keys read before stay in use: \"key_file\": ");
	logs(fake, "expected a secret of 32 to 4096 bytes, found 9");
	assert_int_equal(fake_count(fake, FAKE_LOG), 3);
	tick(fake);
	assert_int_equal(fake_count(fake, FAKE_LOG), 3); /* said once, not each second */
	allows(fake, after, "alice");

	put(fake, "secret", SECRET);
	tick(fake);
	allows(fake, before, "alice");
	free(before);
	free(after);
	fake_free(fake);
}

static void keeps_its_keys_when_the_file_goes(void **state)
{
	struct fake_host *fake = start_hs256();
	char *token = sign_hs256(SECRET, alice(60)), path[512];
	(void)state;
	snprintf(path, sizeof path, "%s/secret", fake_data_dir(fake));
	assert_int_equal(unlink(path), 0);
	tick(fake);
	allows(fake, token, "alice");
	logs(fake, "No such file or directory");
	free(token);
	fake_free(fake);
}

/* ---- threads ---------------------------------------------------------------------------------
 */

#define CHECKERS 4
#define CHECKS 200

struct checker {
	struct fake_host *fake;
	char *tokens[3];
	int allowed, other;
};

static void *check_many(void *arg)
{
	struct checker *checker = arg;
	const act_auth_provider *provider =
		fake_plugin(checker->fake)->extension(fake_self(checker->fake), ACT_EXT_AUTH);
	for (int i = 0; i < CHECKS; i++) {
		act_auth_request request = { .size = sizeof request };
		act_auth_verdict verdict = { .size = sizeof verdict };
		request.token = act_str(checker->tokens[i % 3]);
		if (provider->check(fake_self(checker->fake), &request, &verdict) == ACT_OK &&
		    verdict.verdict == ACT_AUTH_ALLOW && strcmp(verdict.user, "alice") == 0)
			checker->allowed++;
		else
			checker->other++;
	}
	return NULL;
}

/* Several threads check while the keys are exchanged under them; every key set has all three. */
static void checks_in_parallel_while_keys_change(void **state)
{
	struct fake_host *fake = prepare("{\"algorithms\": [\"HS256\", \"RS256\", \"EdDSA\"], "
	                                 "\"jwks_file\": \"jwks.json\"}");
	struct checker checkers[CHECKERS];
	pthread_t threads[CHECKERS];
	jwk_t *secret = secret_jwk(SECRET, "hs-1");
	char *tokens[] = { sign(R_JWA_ALG_HS256, secret, NULL, alice(600)),
		           sign(R_JWA_ALG_RS256, rsa.private_jwk, NULL, alice(600)),
		           sign(R_JWA_ALG_EDDSA, ed25519.private_jwk, NULL, alice(600)) };
	(void)state;
	put_jwks(fake, "jwks.json", secret, rsa.public_jwk, ed25519.public_jwk, NULL);
	assert_int_equal(fake_run(fake), ACT_OK);
	for (int i = 0; i < CHECKERS; i++) {
		checkers[i] = (struct checker){ .fake = fake };
		memcpy(checkers[i].tokens, tokens, sizeof tokens);
		assert_int_equal(pthread_create(&threads[i], NULL, check_many, &checkers[i]), 0);
	}
	for (int i = 0; i < 20; i++) {
		put_jwks(fake, "jwks.json", secret, rsa.public_jwk, ed25519.public_jwk,
		         i % 2 == 0 ? rsa_other.public_jwk : NULL, NULL);
		tick(fake);
	}
	for (int i = 0; i < CHECKERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(checkers[i].allowed, CHECKS);
		assert_int_equal(checkers[i].other, 0);
	}
	assert_int_equal(fake_count(fake, FAKE_LOG), 21);
	for (int i = 0; i < 3; i++)
		free(tokens[i]);
	r_jwk_free(secret);
	fake_free(fake);
}

static int is_jwt(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *name = strrchr(info->dlpi_name, '/');
	(void)size, (void)arg;
	return name != NULL && strcmp(name, "/jwt.so") == 0;
}

static void *check_and_wait(void *arg)
{
	pthread_barrier_t *barrier = ((void **)arg)[1];
	check_many(((void **)arg)[0]);
	pthread_barrier_wait(barrier); /* the plugin may go */
	pthread_barrier_wait(barrier); /* the plugin is gone */
	return NULL;
}

/* A thread that ran the plugin's code lives on, and ends, after the plugin is unmapped. */
static void can_be_unloaded(void **state)
{
	struct fake_host *fake = start_hs256();
	char *token = sign_hs256(SECRET, alice(600));
	struct checker checker = { .fake = fake, .tokens = { token, token, token } };
	pthread_barrier_t barrier;
	void *args[] = { &checker, &barrier };
	pthread_t thread;
	(void)state;
	assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, check_and_wait, args), 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(dl_iterate_phdr(is_jwt, NULL), 1);
	fake_free(fake);
	assert_int_equal(dl_iterate_phdr(is_jwt, NULL), 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(checker.allowed, CHECKS);
	pthread_barrier_destroy(&barrier);
	free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_new_keys_while_it_runs),
		cmocka_unit_test(keeps_its_keys_when_the_file_goes),
		cmocka_unit_test(checks_in_parallel_while_keys_change),
		cmocka_unit_test(can_be_unloaded),
	};
	return cmocka_run_group_tests_name("jwt: keys", tests, make_keys, drop_keys);
}

/* act.auth/1: what a plugin is told of a token, and what the server makes of it at the upgrade. */
#include "fixtures/puppet.h"

#include "act/service.h"
#include "net/gate.h"

#include <act/ext/auth.h>
#include <string.h>

/* What the provider answers. */
static act_rc next_rc;
static act_auth_verdict next_verdict;

struct scene {
	struct house *house;
	struct puppet *provider, *consumer;
};

static act_rc check(void *self, const act_auth_request *request, act_auth_verdict *out)
{
	puppet_note(self, "check:%.*s:%.*s:%.*s", ACT_FMT(request->token),
	            ACT_FMT(request->endpoint), ACT_FMT(request->address));
	if (next_rc == ACT_OK)
		*out = next_verdict;
	return next_rc;
}

static const act_auth_provider table = { .size = sizeof table, .check = check };

static const void *extension(void *self, const char *id)
{
	(void)self;
	return strcmp(id, ACT_EXT_AUTH) == 0 ? &table : NULL;
}

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{}");
	scene = (struct scene){ .house = house,
		                .provider = puppet_new(house, "jwt", ACT_F_PARALLEL, 0),
		                .consumer = puppet_new(house, "session", ACT_F_PARALLEL, 0) };
	puppet_provides(scene.provider, ACT_EXT_AUTH);
	scene.provider->table.extension = extension;
	puppet_needs(scene.consumer, ACT_EXT_AUTH);
	puppet_enter(scene.provider);
	puppet_enter(scene.consumer);
	puppet_serve(house);
	need_set(&house->act.auth, scene.provider->generation);
	puppet_forget(scene.provider);
	next_rc = ACT_OK;
	next_verdict = (act_auth_verdict){ .size = sizeof next_verdict };
	strcpy(next_verdict.user, "alice");
	strcpy(next_verdict.device, "phone");
	strcpy(next_verdict.why, "because");
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;
	need_set(&scene->house->act.auth, NULL);
	house_free(scene->house);
	return 0;
}

static struct gate_answer ask(struct scene *scene)
{
	const struct gate_question question = { "a token", "/serv/", "127.0.0.1" };
	struct gate_answer answer;
	memset(&answer, '#', sizeof answer);
	act_authenticate(&scene->house->act, &question, &answer);
	/* Whatever was said, nothing stays pinned. */
	assert_int_equal(atomic_load(&scene->provider->generation->pins), 0);
	return answer;
}

/* ---- the server's own question ---- */

static void who_is_allowed_has_a_name(void **state)
{
	struct gate_answer answer = ask(*state);
	assert_int_equal(answer.word, GATE_ALLOW);
	assert_string_equal(answer.user, "alice");
	assert_string_equal(answer.device, "phone");
	assert_string_equal(answer.why, "because");
	puppet_told(((struct scene *)*state)->provider, "check:a token:/serv/:127.0.0.1");
}

/* So that the connection can be closed then; nobody else's login ends. */
static void the_end_of_a_login_is_passed_on(void **state)
{
	static const int64_t times[] = { 0, 1, 2000000000, INT64_MAX, -1, INT64_MIN };
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		next_verdict.expires_at = times[i];
		assert_true(ask(*state).expires_at == times[i]);
	}
	next_verdict.expires_at = 7;
	next_rc = ACT_E_FAIL;
	assert_int_equal(ask(*state).expires_at, 0);
	next_rc = ACT_OK;
	need_set(&((struct scene *)*state)->house->act.auth, NULL);
	assert_int_equal(ask(*state).expires_at, 0);
}

static void verdicts_are_passed_on(void **state)
{
	static const struct {
		uint32_t verdict;
		enum gate_word word;
	} cases[] = {
		{ ACT_AUTH_DENY, GATE_DENY },       { ACT_AUTH_FORBID, GATE_FORBID },
		{ ACT_AUTH_EXPIRED, GATE_EXPIRED }, { 4, GATE_DENY },
		{ UINT32_MAX, GATE_DENY },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		next_verdict.verdict = cases[i].verdict;
		struct gate_answer answer = ask(*state);
		assert_int_equal(answer.word, cases[i].word);
		assert_string_equal(answer.why, "because");
	}
}

static void names_that_are_unfit_are_denied(void **state)
{
	next_verdict.user[0] = '\0';
	assert_int_equal(ask(*state).word, GATE_DENY);
	strcpy(next_verdict.user, "al\xFFice");
	assert_int_equal(ask(*state).word, GATE_DENY);
	memset(next_verdict.user, 'u', sizeof next_verdict.user); /* without an end */
	struct gate_answer answer = ask(*state);
	assert_int_equal(answer.word, GATE_DENY);
	assert_int_equal(strlen(answer.user), GATE_ID_MAX);
	next_verdict.user[255] = '\0';
	assert_int_equal(ask(*state).word, GATE_ALLOW);
	strcpy(next_verdict.device, "\xC3");
	assert_int_equal(ask(*state).word, GATE_DENY);
	memset(next_verdict.device, 'd', sizeof next_verdict.device);
	assert_int_equal(ask(*state).word, GATE_DENY);
	next_verdict.device[0] = '\0';
	assert_int_equal(ask(*state).word, GATE_ALLOW);
}

static void words_without_an_end_are_cut(void **state)
{
	memset(next_verdict.why, 'w', sizeof next_verdict.why);
	next_verdict.verdict = ACT_AUTH_DENY;
	struct gate_answer answer = ask(*state);
	assert_int_equal(answer.word, GATE_DENY);
	assert_int_equal(strlen(answer.why), sizeof answer.why - 1);
}

static void a_provider_that_fails_lets_nobody_in(void **state)
{
	next_rc = ACT_E_FAIL;
	struct gate_answer answer = ask(*state);
	assert_int_equal(answer.word, GATE_UNAVAILABLE);
	assert_string_equal(answer.user, "");
	assert_string_equal(answer.why, "the provider failed");
}

static void without_a_provider_nobody_comes_in(void **state)
{
	struct scene *scene = *state;
	need_set(&scene->house->act.auth, NULL);
	struct gate_answer answer = ask(scene);
	assert_int_equal(answer.word, GATE_UNAVAILABLE);
	assert_string_equal(answer.why, "no plugin provides act.auth/1");
	assert_true(house_logged(scene->house, "a login was refused: no plugin provides"));
}

/* ---- the facade ---- */

static const act_auth *facade_of(const act_host *h)
{
	const act_auth *auth = h->extension(h, ACT_EXT_AUTH, sizeof(act_auth));
	assert_non_null(auth);
	return auth;
}

static void a_plugin_may_ask_too(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->consumer->host;
	const act_auth *auth = facade_of(h);
	act_auth_request request = { .size = sizeof request, .token = act_str("t") };
	act_auth_verdict verdict = { .size = sizeof verdict };
	next_verdict.verdict = ACT_AUTH_EXPIRED;
	next_verdict.expires_at = 7;
	assert_int_equal(auth->check(h, &request, &verdict), ACT_OK);
	assert_int_equal(verdict.verdict, ACT_AUTH_EXPIRED);
	assert_int_equal(verdict.expires_at, 7);
	puppet_told(scene->provider, "check:t::");
	next_rc = ACT_E_NOMEM;
	assert_int_equal(auth->check(h, &request, &verdict), ACT_E_NOMEM);
	assert_int_equal(atomic_load(&scene->provider->generation->pins), 0);
}

static void the_question_is_whole(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->consumer->host;
	act_auth_request request = { .size = sizeof request };
	act_auth_verdict verdict = { .size = sizeof verdict - 1 };
	assert_int_equal(facade_of(h)->check(h, NULL, &verdict), ACT_E_INVAL);
	assert_int_equal(facade_of(h)->check(h, &request, NULL), ACT_E_INVAL);
	assert_int_equal(facade_of(h)->check(h, &request, &verdict), ACT_E_INVAL);
	puppet_told(scene->provider, "");
}

static void another_provider_takes_over_under_the_facade(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->consumer->host;
	const act_auth *auth = facade_of(h);
	act_auth_request request = { .size = sizeof request };
	act_auth_verdict verdict = { .size = sizeof verdict };
	struct need *need = generation_need(scene->consumer->generation, ACT_EXT_AUTH);
	need_set(need, NULL);
	assert_int_equal(auth->check(h, &request, &verdict), ACT_E_GONE);
	struct puppet *next = puppet_new(scene->house, "jwt", ACT_F_PARALLEL, 0);
	next->table.extension = extension;
	need_set(need, puppet_enter(next));
	puppet_forget(next);
	assert_int_equal(auth->check(h, &request, &verdict), ACT_OK);
	puppet_told(next, "check:::");
	puppet_told(scene->provider, "");
	need_set(need, NULL);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(who_is_allowed_has_a_name),
		IN_SCENE(the_end_of_a_login_is_passed_on),
		IN_SCENE(verdicts_are_passed_on),
		IN_SCENE(names_that_are_unfit_are_denied),
		IN_SCENE(words_without_an_end_are_cut),
		IN_SCENE(a_provider_that_fails_lets_nobody_in),
		IN_SCENE(without_a_provider_nobody_comes_in),
		IN_SCENE(a_plugin_may_ask_too),
		IN_SCENE(the_question_is_whole),
		IN_SCENE(another_provider_takes_over_under_the_facade),
	};
	return cmocka_run_group_tests_name("service_auth", tests, NULL, NULL);
}

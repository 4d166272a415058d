/* Trying plugin files in a process of their own: loading them. The steps of their life are in
 * test_prove_life.c. This program is both sides: it starts itself. */
#include "fixtures/trials.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/prctl.h>

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;
	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static void takes_good_ones(void **state)
{
	static const char *const files[] = {
		"good_a.so", "good_b.so",
		/* They stay in memory, which is no reason to refuse them. */
		"bad_thread_local.so", "bad_unique.so", "bad_nodelete.so"
	};
	size_t i;
	int before = count_descriptors();
	(void)state;
	for (i = 0; i < sizeof files / sizeof files[0]; i++)
		taken(files[i], "{}");
	assert_int_equal(count_descriptors(), before);
}

static void passes_on_what_the_checks_say(void **state)
{
	(void)state;
	refused_with("bad_abi_minor.so", LONG_MS, "built for ABI 0.99, this server has 0.10");
	refused_with("bad_zero.so", LONG_MS, "begins with zero bytes");
	refused_with("bad_undefined.so", LONG_MS, "undefined symbol: bad_missing_function");
	refused_with("bad_name.so", LONG_MS, "its manifest says \"bad_name\"");
	refused_with("no_such_file.so", LONG_MS, "cannot be opened: No such file");
}

static void says_what_killed_the_process(void **state)
{
	int before = count_descriptors();
	(void)state;
	refused_with("bad_ctor_crash.so", LONG_MS,
	             "its constructor killed the process that tried it: signal 11 "
	             "(Segmentation fault)");
	refused_with("bad_ctor_abort.so", LONG_MS, "signal 6 (Aborted)");
	refused_with("bad_dtor_crash.so", LONG_MS,
	             "its destructor killed the process that tried it: signal 11 "
	             "(Segmentation fault)");
	assert_int_equal(count_descriptors(), before);
}

static void an_exit_is_no_success(void **state)
{
	(void)state;
	refused_with("bad_ctor_exit.so", LONG_MS,
	             "it ended the process with exit(0) while being loaded");
	refused_with("bad_ctor_lie.so", LONG_MS,
	             "it ended the process with exit(0) while being loaded");
}

static void what_hangs_is_killed_at_the_deadline(void **state)
{
	(void)state;
	refused_with("bad_ctor_loop.so", SHORT_MS, "it did not finish loading within 300 ms");
	refused_with("bad_ctor_wait.so", SHORT_MS, "does a constructor wait for something?");
	refused_with("bad_dtor_loop.so", SHORT_MS, "within 300 ms");
}

/* The file's constructor forks. As the subreaper, this process inherits what is left, and sees how
 * it ended: without the kill of the whole group this would wait until the alarm. */
static void what_it_started_is_killed_too(void **state)
{
	struct err why = { "" };
	int status = 0;
	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	alarm(LONG_MS / 1000);
	assert_int_equal(try_path(bad_path("bad_ctor_fork.so"), "{}", LONG_MS, &why), 0);
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	alarm(0);
	nobody_is_left();
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

/* A file of the right length with a hole in it passes the checks or not, as the hole falls; it may
 * kill or stop the loader in ways that nobody foresees. Whatever it does, it does it over there. */
static void holes_harm_only_the_trial(void **state)
{
	enum { HOLE = 512, TRIES = 40, ENOUGH_MS = 3000 };
	static char bytes[1 << 20];
	char path[] = "/tmp/actd_prove_XXXXXX";
	FILE *good = fopen(bad_path("good_a.so"), "rbe");
	size_t size, i;
	int refused = 0, fd = mkstemp(path);
	(void)state;
	assert_non_null(good);
	assert_true(fd >= 0);
	size = fread(bytes, 1, sizeof bytes, good);
	fclose(good);
	assert_in_range(size, 2 * HOLE, sizeof bytes - 1);
	for (i = 0; i < TRIES; i++) {
		static const char zeros[HOLE];
		struct err why = { "" };
		off_t at = (off_t)(i * (size - HOLE) / TRIES);
		assert_int_equal(pwrite(fd, bytes, size, 0), (ssize_t)size);
		assert_int_equal(pwrite(fd, zeros, HOLE, at), HOLE);
		if (try_path(path, "{}", ENOUGH_MS, &why) != 0) {
			assert_true(why.text[0] != '\0');
			refused++;
		}
		nobody_is_left();
	}
	/* The first hole takes the headers away. */
	assert_true(refused > 0);
	close(fd);
	unlink(path);
}

static void signals_of_the_server_are_not_inherited(void **state)
{
	sigset_t all, before;
	void (*old)(int) = signal(SIGABRT, SIG_IGN);
	(void)state;
	sigfillset(&all);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, &all, &before), 0);
	refused_with("bad_ctor_crash.so", LONG_MS, "signal 11 (Segmentation fault)");
	refused_with("bad_ctor_abort.so", LONG_MS, "signal 6 (Aborted)");
	assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
	signal(SIGABRT, old);
}

static void a_program_that_cannot_try_is_named(void **state)
{
	struct err why = { "" };
	(void)state;
	struct prove_trial trial = { .program = "/nowhere/actd",
		                     .path = bad_path("good_a.so"),
		                     .name = "swap",
		                     .settings = "{}",
		                     .folder = trials_folder,
		                     .deadline_ms = LONG_MS };
	assert_int_equal(prove_file(&trial, &why), -1);
	assert_string_equal(why.text, "cannot be tried: /nowhere/actd cannot be started: "
	                              "No such file or directory");
	trial.program = "/bin/true";
	assert_int_equal(prove_file(&trial, &why), -1);
	assert_non_null(strstr(why.text, "ended before it began"));
	trial.folder = "/nowhere";
	assert_int_equal(prove_file(&trial, &why), -1);
	assert_string_equal(why.text,
	                    "no folder can be made in /nowhere: No such file or directory");
	folder_is_empty();
	nobody_is_left();
}

/* One thread of several. cmocka's assertions are for the main thread only. */
struct prover {
	pthread_t thread;
	char good[2 * PATH_MAX], bad[2 * PATH_MAX];
	int as_expected;
};

enum { PROVERS = 4, ROUNDS = 5 };

static void *prove_some(void *context)
{
	struct prover *prover = context;
	int i;
	for (i = 0; i < ROUNDS; i++) {
		struct err why = { "" };
		prover->as_expected += try_path(prover->good, "{}", LONG_MS, &why) == 0;
		prover->as_expected += try_path(prover->bad, "{}", LONG_MS, &why) == -1 &&
		                       strstr(why.text, "signal 11") != NULL;
	}
	return NULL;
}

static void several_at_once(void **state)
{
	static struct prover provers[PROVERS];
	int i, before = count_descriptors();
	(void)state;
	for (i = 0; i < PROVERS; i++) {
		strcpy(provers[i].good, bad_path("good_a.so"));
		strcpy(provers[i].bad, bad_path("bad_ctor_crash.so"));
		assert_int_equal(pthread_create(&provers[i].thread, NULL, prove_some, &provers[i]),
		                 0);
	}
	for (i = 0; i < PROVERS; i++) {
		pthread_join(provers[i].thread, NULL);
		assert_int_equal(provers[i].as_expected, 2 * ROUNDS);
	}
	nobody_is_left();
	assert_int_equal(count_descriptors(), before);
}

static void a_person_is_told(void **state)
{
	char name[] = "actd", verb[] = "--prove", path[] = "./x.so";
	char *argv[] = { name, verb, path, NULL };
	pid_t pid;
	int status = 0;
	(void)state;
	assert_int_equal(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_good_ones),
		cmocka_unit_test(passes_on_what_the_checks_say),
		cmocka_unit_test(says_what_killed_the_process),
		cmocka_unit_test(an_exit_is_no_success),
		cmocka_unit_test(what_hangs_is_killed_at_the_deadline),
		cmocka_unit_test(what_it_started_is_killed_too),
		cmocka_unit_test(holes_harm_only_the_trial),
		cmocka_unit_test(signals_of_the_server_are_not_inherited),
		cmocka_unit_test(a_program_that_cannot_try_is_named),
		cmocka_unit_test(several_at_once),
		cmocka_unit_test(a_person_is_told),
	};
	if (argc > 1 && strcmp(argv[1], "--prove") == 0)
		return prove_main(argc, argv);
	return cmocka_run_group_tests_name("prove", tests, make_folder, remove_folder);
}

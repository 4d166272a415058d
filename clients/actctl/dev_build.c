#include "dev_build.h"

#include "base/clock.h"
#include "base/mem.h"
#include "child.h"

#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs a program to its end, its standard output joined with the standard error: ours is for
 * results. */
static int run(char *const *argv, uint64_t deadline_ms, struct err *why)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status = 0, rc = posix_spawn_file_actions_init(&actions);
	if (rc == 0) {
		rc = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
		if (rc == 0)
			rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	if (rc != 0)
		return err_set(why, "%s cannot be started: %s; is it installed?", argv[0],
		               strerror(rc));
	if (!child_wait(pid, deadline_ms, &status))
		return err_set(why, "%s did not end in time (--timeout)", argv[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(why, "it does not build; %s says above why", argv[0]);
}

/* The installed package that belongs to this program, where there is one: "-Dactd_DIR=…". */
static char *package_option(void)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
	char *folder, *option = NULL;
	if (len < 0)
		return NULL;
	program[len] = '\0';
	*strrchr(program, '/') = '\0';
	folder = mem_format("%s/" ACTCTL_PACKAGE, program);
	if (access(folder, R_OK) == 0)
		option = mem_format("-Dactd_DIR=%s", folder);
	free(folder);
	return option;
}

static bool has(const char *folder, const char *file)
{
	char *path = mem_format("%s/%s", folder, file);
	bool there = access(path, R_OK) == 0;
	free(path);
	return there;
}

static bool is_installed(const char *program)
{
	const char *path = getenv("PATH");
	bool found = false;
	for (size_t len; !found && path != NULL && *path != '\0';
	     path += len + (path[len] == ':')) {
		len = strcspn(path, ":");
		char *file = mem_format("%.*s/%s", (int)len, path, program);
		found = access(file, X_OK) == 0;
		free(file);
	}
	return found;
}

/* Configures with Ninja where it is there: it sees much sooner than Make that nothing is to do. */
static int configure(char *source, char *into, uint64_t deadline_ms, struct err *why)
{
	char cmake[] = "cmake", s[] = "-S", b[] = "-B", make[] = "-GUnix Makefiles",
	     ninja[] = "-GNinja";
	char *package = package_option();
	char *argv[] = { cmake,   s,   source, b, into, is_installed("ninja") ? ninja : make,
		         package, NULL };
	int rc = run(argv, deadline_ms, why);
	free(package);
	return rc;
}

static int build_with_cmake(const char *folder, uint64_t deadline_ms, struct err *why)
{
	char cmake[] = "cmake", build[] = "--build";
	char *source = mem_text(folder), *into = mem_format("%s/build", folder);
	char *make[] = { cmake, build, into, NULL };
	int rc = 0;
	if (!has(folder, "build/CMakeCache.txt"))
		rc = configure(source, into, deadline_ms, why);
	if (rc == 0)
		rc = run(make, deadline_ms, why);
	free(into);
	free(source);
	return rc;
}

static int build_with_cargo(const char *folder, uint64_t deadline_ms, struct err *why)
{
	char cargo[] = "cargo", build[] = "build", release[] = "--release",
	     path[] = "--manifest-path";
	char target[] = "--target-dir";
	char *file = mem_format("%s/Cargo.toml", folder), *into = mem_format("%s/target", folder);
	char *make[] = { cargo, build, release, path, file, target, into, NULL };
	int rc = run(make, deadline_ms, why);
	free(into);
	free(file);
	return rc;
}

int dev_build(const char *folder, uint32_t deadline_ms, struct err *why)
{
	uint64_t end = clock_ms() + deadline_ms;
	if (has(folder, "CMakeLists.txt"))
		return build_with_cmake(folder, end, why);
	if (has(folder, "Cargo.toml"))
		return build_with_cargo(folder, end, why);
	return err_set(why,
	               "%s: expected the folder of a plugin, with a CMakeLists.txt or a Cargo.toml",
	               folder);
}

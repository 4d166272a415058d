/* The sockets of the admin listener: where they are, who may connect, and what is in the way. */
#include "fixtures/cmocka_all.h"

#include "admin/door.h"
#include "fixtures/log_file.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static char folder[PATH_MAX];
static char path[PATH_MAX + 16];
static struct door door;
static struct err why;

static int begin(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/actd-door-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/" DOOR_FILE, folder);
	door = (struct door){ .fd = -1, .spare = -1 };
	log_file_begin(LOG_INFO);
	return 0;
}

static int end(void **state)
{
	(void)state;
	door_close(&door);
	unlink(path);
	log_file_end();
	return rmdir(folder);
}

static void open_it(void)
{
	if (door_open_unix(&door, folder, &why) != 0)
		fail_msg("%s", why.text);
}

/* Connects by the folder's descriptor, which works for a path of any length. */
static int connect_to_it(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(to.sun_path, sizeof to.sun_path, "/proc/self/fd/%d/" DOOR_FILE, at);
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
		close(fd);
		fd = -1;
	}
	close(at);
	return fd;
}

/* Somebody who connects comes in. */
static void lets_in(void)
{
	int client = connect_to_it();
	assert_true(client >= 0);
	int fd = door_accept(&door);
	assert_true(fd >= 0);
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_int_equal(door_accept(&door), -1);
	close(fd);
	close(client);
}

static void its_owner_alone_may_connect(void **state)
{
	struct stat about;
	char expected[PATH_MAX + 64];
	(void)state;
	mode_t before = umask(0);
	open_it();
	umask(before);
	assert_int_equal(stat(path, &about), 0);
	assert_true(S_ISSOCK(about.st_mode));
	assert_int_equal(about.st_mode & 07777, 0600);
	assert_true(door.trusted);
	snprintf(expected, sizeof expected, "admin: listening on unix:%s\n", path);
	assert_non_null(strstr(log_file_text(), expected));
	lets_in();
	door_close(&door);
	assert_int_equal(access(path, F_OK), -1);
}

static void one_left_behind_is_replaced(void **state)
{
	(void)state;
	open_it();
	close(door.fd); /* as a server that dies does */
	door.fd = -1;
	free(door.path);
	door.path = NULL;
	close(door.spare);
	assert_int_equal(access(path, F_OK), 0);
	open_it();
	lets_in();
}

static void one_that_is_used_is_left_alone(void **state)
{
	struct door second;
	(void)state;
	open_it();
	assert_int_equal(door_open_unix(&second, folder, &why), -1);
	assert_non_null(strstr(why.text, "Address already in use (see state_dir)"));
	door_close(&second);
	close(door_accept(&door)); /* the second looked whether somebody listens */
	lets_in();
}

static void a_file_is_left_alone(void **state)
{
	struct stat about;
	(void)state;
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(door_open_unix(&door, folder, &why), -1);
	door_close(&door);
	assert_int_equal(stat(path, &about), 0);
	assert_true(S_ISREG(about.st_mode));
}

static void a_long_path_is_no_hindrance(void **state)
{
	char name[120], parent[PATH_MAX];
	(void)state;
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	strcpy(parent, folder);
	snprintf(folder + strlen(folder), sizeof folder - strlen(folder), "/%s", name);
	snprintf(path, sizeof path, "%s/" DOOR_FILE, folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	open_it();
	lets_in();
	door_close(&door);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(rmdir(folder), 0);
	strcpy(folder, parent);
}

static uint16_t tcp_port(void)
{
	struct sockaddr_in bound;
	socklen_t len = sizeof bound;
	assert_int_equal(getsockname(door.fd, (struct sockaddr *)&bound, &len), 0);
	return ntohs(bound.sin_port);
}

static void a_tcp_port_is_named_and_alone(void **state)
{
	char text[] = "127.0.0.1:0", host[] = "127.0.0.1", line[64];
	struct config_listen where = { .text = text, .host = host };
	struct door second;
	(void)state;
	assert_int_equal(door_open_tcp(&door, &where, &why), 0);
	assert_false(door.trusted);
	where.port = tcp_port();
	snprintf(line, sizeof line, "admin: listening on 127.0.0.1:%u\n", where.port);
	assert_non_null(strstr(log_file_text(), line));
	assert_int_equal(door_open_tcp(&second, &where, &why), -1);
	assert_non_null(strstr(why.text, "admin.listen: 127.0.0.1:0: Address already in use"));
	door_close(&second);
}

/* A descriptor is always left to take who comes, and to hang up. */
static void without_descriptors_who_comes_is_turned_away(void **state)
{
	struct rlimit before, few;
	char byte;
	(void)state;
	open_it();
	int client = connect_to_it();
	int highest = dup(client);
	close(highest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){ (rlim_t)highest, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	int fd = door_accept(&door);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(fd, -1);
	assert_true(recv(client, &byte, 1, 0) <= 0);
	close(client);
	assert_true(door.spare >= 0);
	lets_in();
}

#define DOOR(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOOR(its_owner_alone_may_connect),
		DOOR(one_left_behind_is_replaced),
		DOOR(one_that_is_used_is_left_alone),
		DOOR(a_file_is_left_alone),
		DOOR(a_long_path_is_no_hindrance),
		DOOR(a_tcp_port_is_named_and_alone),
		DOOR(without_descriptors_who_comes_is_turned_away),
	};
	return cmocka_run_group_tests_name("door", tests, NULL, NULL);
}

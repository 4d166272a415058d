/* Does something that it should not while it is loaded (ON_LOAD) or unloaded (ON_UNLOAD). */
#include "plain.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef ON_LOAD
#define ON_LOAD (void)0
#endif
#ifndef ON_UNLOAD
#define ON_UNLOAD (void)0
#endif

/* Never ends, and uses the processor meanwhile. */
__attribute__((unused)) static void spin(void)
{
	static volatile int stop;
	while (!stop)
		;
}

/* Says on each descriptor that it may write to what a success might look like, and ends well. */
__attribute__((unused)) static void lie(void)
{
	int fd;
	for (fd = STDERR_FILENO + 1; fd < 16; fd++)
		if (write(fd, "ok\n", 3) < 0)
			continue;
	exit(0);
}

/* Leaves a process behind that holds all descriptors open. */
__attribute__((unused)) static void leave_process(void)
{
	if (fork() == 0)
		for (;;)
			pause();
}

__attribute__((constructor)) static void loaded(void)
{
	ON_LOAD;
}

__attribute__((destructor)) static void unloaded(void)
{
	ON_UNLOAD;
}

PLAIN_PLUGIN;

/* fake_event: what the plugin did is taken down, counted and looked up. */
#include "fake_inner.h"

#include <stdio.h>
#include <stdlib.h>

void fake_note(struct fake_host *fake, struct fake_event event)
{
	struct fake_event *kept = fake_alloc(sizeof *kept);
	*kept = event;
	kept->id = event.id != NULL ? event.id : fake_copy(act_str(""));
	kept->device = event.device != NULL ? event.device : fake_copy(act_str(""));
	kept->body = event.body != NULL ? event.body : fake_copy(act_str(""));
	pthread_mutex_lock(&fake->lock);
	if (fake->event_count == fake->event_room) {
		fake->event_room = fake->event_room != 0 ? fake->event_room * 2 : 16;
		fake->events =
			realloc(fake->events, fake->event_room * sizeof(struct fake_event *));
		if (fake->events == NULL)
			fake_die("no memory for %zu events", fake->event_room);
	}
	fake->events[fake->event_count++] = kept;
	pthread_mutex_unlock(&fake->lock);
}

const struct fake_event *fake_at(struct fake_host *fake, enum fake_kind kind, size_t index)
{
	const struct fake_event *found = NULL;
	pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < fake->event_count && found == NULL; i++)
		if (fake->events[i]->kind == kind && index-- == 0)
			found = fake->events[i];
	pthread_mutex_unlock(&fake->lock);
	return found;
}

size_t fake_count(struct fake_host *fake, enum fake_kind kind)
{
	size_t count = 0;
	pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < fake->event_count; i++)
		count += fake->events[i]->kind == kind;
	pthread_mutex_unlock(&fake->lock);
	return count;
}

bool fake_logged(struct fake_host *fake, const char *text)
{
	const struct fake_event *line;
	for (size_t i = 0; (line = fake_at(fake, FAKE_LOG, i)) != NULL; i++)
		if (strstr(line->body, text) != NULL)
			return true;
	return false;
}

void fake_log_print(struct fake_host *fake)
{
	const struct fake_event *line;
	for (size_t i = 0; (line = fake_at(fake, FAKE_LOG, i)) != NULL; i++)
		fprintf(stderr, "log %u: %s\n", line->number, line->body);
}

void fake_forget(struct fake_host *fake)
{
	for (size_t i = 0; i < fake->event_count; i++) {
		free(fake->events[i]->id);
		free(fake->events[i]->device);
		free(fake->events[i]->body);
		free(fake->events[i]);
	}
	fake->event_count = 0;
}

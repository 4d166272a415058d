#include "act/state.h"

#include <stdlib.h>
#include <string.h>

const struct act_state *state_table(const struct generation *generation)
{
	const struct act_state *table = generation_service(generation, ACT_EXT_STATE);
	bool whole = table != NULL && table->size >= sizeof *table && table->save != NULL &&
	             table->load != NULL;
	return whole ? table : NULL;
}

static act_rc make_room(struct state_bag *bag, size_t more)
{
	size_t room = bag->room != 0 ? bag->room : 4096;
	while (room - bag->len < more)
		room *= 2;
	uint8_t *bytes = realloc(bag->bytes, room);
	if (bytes == NULL)
		return ACT_E_NOMEM;
	bag->bytes = bytes;
	bag->room = room;
	return ACT_OK;
}

/* Once a piece was refused the state has a hole, and nothing more is taken. */
static act_rc take_piece(void *context, act_bytes piece)
{
	struct state_bag *bag = context;
	if (piece.ptr == NULL && piece.len != 0)
		bag->refused = ACT_E_INVAL;
	else if (piece.len > ACT_STATE_BYTES_MAX - bag->len)
		bag->refused = ACT_E_TOOBIG;
	else if (bag->refused == ACT_OK && bag->room - bag->len < piece.len)
		bag->refused = make_room(bag, piece.len);
	if (bag->refused != ACT_OK)
		return bag->refused;
	if (piece.len != 0)
		memcpy(bag->bytes + bag->len, piece.ptr, piece.len);
	bag->len += piece.len;
	return ACT_OK;
}

/* A save() that goes on after a refused piece, and returns ACT_OK, has failed all the same. */
act_rc state_save(struct generation *generation)
{
	const struct act_state *table = state_table(generation);
	if (table == NULL)
		return ACT_OK;
	struct state_bag *bag = generation->bag;
	bag->format = table->format;
	act_rc rc = table->save(generation->self, take_piece, bag);
	return bag->refused != ACT_OK ? bag->refused : rc;
}

act_rc state_load(struct generation *generation)
{
	const struct state_bag *bag = generation->bag;
	const struct act_state *table = state_table(generation);
	if (table == NULL)
		return ACT_OK;
	return table->load(generation->self, bag->format, (act_bytes){ bag->bytes, bag->len });
}

void state_bag_free(struct state_bag *bag)
{
	free(bag->bytes);
	*bag = (struct state_bag){ 0 };
}

void state_bag_leave(struct generation *generation)
{
	if (generation->bag == NULL)
		return;
	state_bag_free(generation->bag);
	free(generation->bag);
	generation->bag = NULL;
}

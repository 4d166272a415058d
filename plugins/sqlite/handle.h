/* handle: the numbers by which askers name transactions and cursors: 48 bits of a serial that does
 * not come back, then the kind and the place where to look. A number that is stale, invented or of
 * the other kind fits nothing. */
#ifndef SQLITE_HANDLE_H
#define SQLITE_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#define HANDLE_TX 0x8000u
#define HANDLE_ROWS 0u

static inline uint64_t handle_make(uint64_t serial, uint32_t kind, uint32_t place)
{
	return serial << 16 | kind | place;
}

/* Is it of that kind, with a place below `count`? */
static inline bool handle_fits(uint64_t handle, uint32_t kind, uint32_t count)
{
	return (handle & 0x8000u) == kind && (handle & 0x7FFFu) < count && handle >> 16 != 0;
}

static inline uint32_t handle_place(uint64_t handle)
{
	return (uint32_t)(handle & 0x7FFFu);
}

static inline uint64_t handle_serial(uint64_t handle)
{
	return handle >> 16;
}

#endif

/* mask: takes a client's mask off its payload (RFC 6455, section 5.3). */
#ifndef NET_MASK_H
#define NET_MASK_H

#include <stddef.h>
#include <stdint.h>

/* Takes `mask`, the four bytes as they came, off `len` bytes where they lie; returns the mask as it
 * has to be for the byte behind them. */
uint32_t mask_take_off(uint8_t *bytes, size_t len, uint32_t mask);

#endif

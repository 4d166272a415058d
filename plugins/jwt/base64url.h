/* base64url: the alphabet of tokens and keys, read strictly (RFC 4648 section 5, RFC 7515
 * section 2): no padding, no white space, no bits left over, so that each run of bytes has exactly
 * one spelling. */
#ifndef JWT_BASE64URL_H
#define JWT_BASE64URL_H

#include <stddef.h>

/* Decodes `len` characters into `out`, which has room for `size` bytes. Returns how many bytes
 * there are, or -1: that is not base64url, or it does not fit. Any thread. */
ptrdiff_t base64url_decode(const char *text, size_t len, unsigned char *out, size_t size);

#endif

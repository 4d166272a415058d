/* show: "log": {"frames": true}: one line a message, for people who develop a client or a plugin.
 */
#ifndef NET_SHOW_H
#define NET_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;

/* Logs type (1 text, 2 binary), length, action and text of a message; `way` is "<" for one that
 * came in, ">" for one that goes out. Text is shown as far as it is UTF-8, other bytes in hex; both
 * cut after SHOW_BYTES. */
enum { SHOW_BYTES = 256 };
void show_message(const struct conn *conn, const char *way, bool text, const uint8_t *bytes,
                  size_t len);
/* The same of a frame that was made by frame_header(). */
void show_frame(const struct conn *conn, const uint8_t *frame, size_t len);

#endif

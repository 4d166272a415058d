/* pb_scan: can these bytes be read as a message of Protocol Buffers, and if not, why and where?
 *
 * protobuf-c reads the messages, but of one that it does not take it says nothing, and a string
 * ends for it at the first U+0000, so that "bob", U+0000, "x" would be taken for "bob". This
 * scanner goes first: what it passes, protobuf-c reads without loss. It also bounds what reading
 * takes: with at most PB_SCAN_FIELDS_MAX fields, none within another, protobuf-c allocates the
 * message, and for each field at most a small record and a copy of its bytes, which are bytes of
 * the payload.
 *
 * It knows messages of strings; a field that the descriptor does not have may be of any type, and
 * is passed over, as newer clients expect of an older server.
 *
 * Source: protobuf.dev, "Encoding". Threads: any; it allocates nothing. */
#ifndef PROFILE_PB_SCAN_H
#define PROFILE_PB_SCAN_H

#include <act/plugin.h>
#include <protobuf-c/protobuf-c.h>

enum {
	PB_SCAN_FIELDS_MAX = 16, /* as many as a JSON object may have keys */
	PB_SCAN_WHY_SIZE = 256,  /* bytes of a sentence, terminated        */
};

/* 0, or -1 and in `why` a sentence: what was expected, what was found, and at which byte. All
 * fields of `message` are strings. */
int pb_scan(const ProtobufCMessageDescriptor *message, act_bytes bytes, char why[PB_SCAN_WHY_SIZE]);

#endif

/* place: one of the calls that an action may have at once (actions.*.in_flight).
 *
 * It is free again when the plugin answers. Where it does not, but the call is given up (its
 * deadline passed, its connection went), a run on another thread holds on to the place until the
 * plugin's function has returned: a client chooses its deadline, and one that does not wait could
 * otherwise have the function run on every worker. Owner: the call and its run, each its hold;
 * thread: any. */
#ifndef ACT_PLACE_H
#define ACT_PLACE_H

struct place;
struct route;

/* The place that admit() took under the route's cap, with one holder; NULL: the route has none.
 * Whoever holds it keeps the generation pinned. The functions below take a NULL for nothing. */
struct place *place_of(const struct route *route);
/* One holder more. Returns the place. */
struct place *place_share(struct place *place);
/* It is free, whoever holds it still. */
void place_free(struct place *place);
/* One holder less; with the last one the place is free, if it was not. */
void place_release(struct place *place);

#endif

/* Masks: every length, every alignment, in one go and in parts. */
#include "fixtures/cmocka_all.h"

#include "net/mask.h"

#include <string.h>

enum { LONGEST = 150 };

static const uint8_t mask_bytes[4] = { 0x12, 0x9A, 0xF0, 0x07 };

static uint32_t mask(void)
{
	uint32_t word;
	memcpy(&word, mask_bytes, sizeof word);
	return word;
}

static void comes_off_in_one_go(void **state)
{
	uint8_t bytes[LONGEST + 16];
	(void)state;
	for (size_t from = 0; from < 8; from++)
		for (size_t len = 0; len <= LONGEST; len++) {
			memset(bytes, 0x55, sizeof bytes);
			mask_take_off(bytes + from, len, mask());
			for (size_t i = 0; i < sizeof bytes; i++) {
				uint8_t expected = 0x55;
				if (i >= from && i < from + len)
					expected ^= mask_bytes[(i - from) % 4];
				assert_int_equal(bytes[i], expected);
			}
		}
}

static void comes_off_in_parts(void **state)
{
	uint8_t whole[LONGEST], parts[LONGEST];
	(void)state;
	for (size_t cut = 0; cut <= LONGEST; cut++)
		for (size_t second = cut; second <= LONGEST; second += 7) {
			memset(whole, 0xA3, sizeof whole);
			memset(parts, 0xA3, sizeof parts);
			mask_take_off(whole, LONGEST, mask());
			uint32_t turned = mask_take_off(parts, cut, mask());
			turned = mask_take_off(parts + cut, second - cut, turned);
			mask_take_off(parts + second, LONGEST - second, turned);
			assert_memory_equal(whole, parts, LONGEST);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_off_in_one_go),
		cmocka_unit_test(comes_off_in_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

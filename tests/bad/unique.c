/* Stays in memory after it was unloaded: it has a symbol that is one in the whole process, as C++
 * compilers make of a static member of a template. Written in assembly, so that each compiler
 * makes it. */
#include "plain.h"

__asm__(".pushsection .data\n"
        ".globl bad_unique_symbol\n"
        ".type bad_unique_symbol, %gnu_unique_object\n"
        ".size bad_unique_symbol, 8\n"
        ".balign 8\n"
        "bad_unique_symbol: .quad 1\n"
        ".quad bad_unique_symbol\n" /* it counts from its first use on */
        ".popsection\n");

PLAIN_PLUGIN;

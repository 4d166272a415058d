/* damage KIND SOURCE TARGET: a copy of a shared object that is broken in one way. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what)
{
	fprintf(stderr, "damage: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned char *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	unsigned char *bytes;
	long end = -1;
	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (end = ftell(file)) < 0)
		die(path);
	rewind(file);
	*size = (size_t)end;
	bytes = malloc(*size);
	if (bytes == NULL || *size < sizeof(Elf64_Ehdr) || fread(bytes, 1, *size, file) != *size)
		die(path);
	fclose(file);
	return bytes;
}

static void damage(const char *kind, unsigned char *bytes, size_t *size)
{
	static const char text[] = "#!/bin/sh\necho this is not a plugin\n";
	Elf64_Ehdr *head = (Elf64_Ehdr *)bytes;
	if (strcmp(kind, "machine") == 0)
		head->e_machine = head->e_machine == EM_AARCH64 ? EM_X86_64 : EM_AARCH64;
	else if (strcmp(kind, "elf32") == 0)
		head->e_ident[EI_CLASS] = ELFCLASS32;
	else if (strcmp(kind, "truncated") == 0)
		*size = *size / 2;
	else if (strcmp(kind, "zero") == 0)
		memset(bytes, 0, *size);
	else if (strcmp(kind, "empty") == 0)
		*size = 0;
	else if (strcmp(kind, "text") == 0)
		memcpy(bytes, text, *size = sizeof text - 1);
	else {
		fprintf(stderr, "damage: unknown kind %s\n", kind);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	unsigned char *bytes;
	size_t size;
	FILE *file;
	if (argc != 4) {
		fputs("usage: damage machine|elf32|truncated|zero|empty|text SOURCE TARGET\n",
		      stderr);
		return 2;
	}
	bytes = read_whole(argv[2], &size);
	damage(argv[1], bytes, &size);
	file = fopen(argv[3], "wb");
	if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
		die(argv[3]);
	free(bytes);
	return 0;
}

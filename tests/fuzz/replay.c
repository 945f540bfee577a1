/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Runs a fuzz target over files, without libFuzzer: replay_TARGET FILE... */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Longer files are cut, which is as good a test. */
enum { MOST = 16 << 20 };

static int
replay(const char *path, uint8_t *buffer)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	size_t size;

	if (file == NULL) {
		perror(path);
		return -1;
	}
	size = fread(buffer, 1, MOST, file);
	fclose(file);
	/* A block of its own: AddressSanitizer sees reads behind its end. */
	data = malloc(size > 0 ? size : 1);
	if (data == NULL)
		return -1;
	for (size_t i = 0; i < size; i++)
		data[i] = buffer[i];
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int
main(int argc, char **argv)
{
	uint8_t *buffer = malloc(MOST);
	int failed = buffer == NULL;

	for (int i = 1; i < argc && buffer != NULL; i++)
		failed |= replay(argv[i], buffer) != 0;
	free(buffer);
	return failed;
}

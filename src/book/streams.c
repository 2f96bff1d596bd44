/*
 * book/streams.c - stdin, stdout and stderr for what is inside libportbook.
 *
 * Debian's libfyaml.a and libjansson.a are compiled for programs, where the
 * linker copies libc's variables into the program; a shared library cannot have
 * that ("relocation R_X86_64_PC32 against symbol `stdin@@GLIBC_2.2.5' can not
 * be used when making a shared object").  So in libportbook's copies of them
 * these names are others, and are defined here.  Nothing reads or prints;
 * libfyaml asks whether stderr is a terminal.
 */
#include <stdio.h>

extern FILE *pb_stdin, *pb_stdout, *pb_stderr;
FILE *pb_stdin, *pb_stdout, *pb_stderr;

__attribute__((constructor)) static void take_streams(void)
{
	pb_stdin = stdin;
	pb_stdout = stdout;
	pb_stderr = stderr;
}

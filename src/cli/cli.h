/*
 * cli/cli.h - the command line.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/*
 * Do what argv says and return the exit status.  Reads argv, the environment,
 * the working directory and stdin; the book is opened by the first question.
 */
int cli_main(int argc, char **argv);

#endif

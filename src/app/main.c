#include <limits.h>
#include <malloc.h>
#include <sys/prctl.h>

#include "app/process.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
	/* Also where the file is called portbook-whole. */
	prctl(PR_SET_NAME, "portbook");
	process_prepare();
	/* Whether a `get` gives a page back would hang on a few bytes; its end gives back all. */
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	return cli_main(argc, argv);
}

#include "app/process.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
	process_prepare();
	return cli_main(argc, argv);
}

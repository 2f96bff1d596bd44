#include <portbook.h>
#include <stdio.h>

int main(void)
{
	struct portbook_error error;
	struct portbook *book = portbook_open(NULL, &error);
	struct portbook_request web = portbook_service(NULL, "web");
	struct portbook_entry *entry = book ? portbook_get(book, &web, &error) : NULL;

	if (entry)
		printf("%u\n", entry->port);
	else
		fprintf(stderr, "%s\n%s\n", error.message, error.hint);
	portbook_free(entry);
	portbook_close(book);
	return error.code;
}

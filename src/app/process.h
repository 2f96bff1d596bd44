/*
 * app/process.h - what each of our programs does before anything else.
 */
#ifndef APP_PROCESS_H
#define APP_PROCESS_H

/* Full disks and readers that have gone are errors; the first three files are taken. */
void process_prepare(void);

#endif

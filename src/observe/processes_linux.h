/*
 * observe/processes_linux.h - one process in /proc, for the files that look there.
 */
#ifndef OBSERVE_PROCESSES_LINUX_H
#define OBSERVE_PROCESSES_LINUX_H

#include "observe/processes.h"

/* A descriptor of the folder; -1: it is not there, or not ours to read. */
int proc_folder_open(int at, const char *name);
int proc_folder_of(pid_t pid);

/* The socket that is open as this descriptor, "4" in /proc/PID/fd; 0: none is. */
ino_t proc_socket_of(int files, const char *fd);

/* From where is looked: paths of processes in another mount namespace mean other folders. */
struct viewpoint {
	char mounts[64]; /* "mnt:[4026531841]"; "": it cannot be told */
};
void viewpoint_read(struct viewpoint *ret);

/* Read what LEARN_OF_SYSTEM asks for of the process whose folder this is; what fails stays. */
void process_read(int process, unsigned learn, const struct viewpoint *from, struct arena *a,
		  struct process *p);

#endif

/*
 * base/notify.h - telling the service manager how it stands.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

/*
 * "READY=1" to who started this process, where it wants to know: NOTIFY_SOCKET.
 * Source: sd_notify(3).
 */
void notify_ready(void);

#endif

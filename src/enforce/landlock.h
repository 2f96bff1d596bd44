/*
 * enforce/landlock.h - the kernel's own list of the ports that a process may bind.
 *
 * Since Linux 6.7.  It stays with the process and all it starts, needs nobody
 * beside it, and a port that is not in it fails with EACCES.  It knows TCP, and
 * not MPTCP, SMC or UDP.
 */
#ifndef ENFORCE_LANDLOCK_H
#define ENFORCE_LANDLOCK_H

#include <stdint.h>

#include "base/err.h"

/* Whether this kernel can. */
bool landlock_has_ports(void);

/*
 * From now on TCP may be bound to these ports and to none that is not among them
 * but 0, the kernel's choice.
 * Errors: ERR_NOT_PERMITTED  the kernel cannot, or has no room for one more such list
 */
MUST_CHECK bool landlock_allow_ports(const uint16_t *ports, unsigned count, struct err *err);

#endif

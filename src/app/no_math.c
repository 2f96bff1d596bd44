/*
 * app/no_math.c - libm's place, empty.
 *
 * Debian's libsqlite3.a has SQL functions for sines and logarithms and asks
 * for libm because of them.  No statement of ours calls one, and loading libm
 * takes a tenth of the time that an empty program needs to start and end
 * (docs/performance.md), so its names are given here.  A statement that did
 * call one would end the program at once rather than give a wrong number.
 */
#include <stdlib.h>

#define NO_MATH(name)          \
	double name(double x); \
	double name(double x)  \
	{                      \
		(void)x;       \
		abort();       \
	}

#define NO_MATH_2(name)                  \
	double name(double x, double y); \
	double name(double x, double y)  \
	{                                \
		(void)x;                 \
		(void)y;                 \
		abort();                 \
	}

/* clang-format off */
NO_MATH(acos) NO_MATH(acosh) NO_MATH(asin) NO_MATH(asinh) NO_MATH(atan) NO_MATH(atanh)
NO_MATH(cos) NO_MATH(cosh) NO_MATH(exp) NO_MATH(log) NO_MATH(sin) NO_MATH(sinh)
NO_MATH(sqrt) NO_MATH(tan) NO_MATH(tanh) NO_MATH(trunc)
NO_MATH_2(atan2) NO_MATH_2(fmod) NO_MATH_2(pow)
	/* clang-format on */

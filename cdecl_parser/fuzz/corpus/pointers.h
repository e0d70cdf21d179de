int *p, **pp, *const cp, (*pa)[3], *ap[3], (*fp)(int), *(*fpp)(int *), (*(*ff[3])(int))[5];
void (*signal(int sig, void (*func)(int)))(int);
const volatile char *restrict const *volatile q;

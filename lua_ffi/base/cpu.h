/* What the module was built for and this processor lacks. */
#ifndef LFFI_CPU_H
#define LFFI_CPU_H

/* The compiler's name of it ("avx2"), NULL when nothing is missing. */
const char *lffi_cpu_lacks(void);

#endif

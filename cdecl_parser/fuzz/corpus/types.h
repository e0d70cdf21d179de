unsigned long long int a; long double _Complex b; __int128 c; _BitInt(17) d; unsigned _BitInt(128) e; _Float128 f; _Atomic(int *) g;
typeof(int *) h; __typeof__(h) i; typeof_unqual(const int) j; _Alignas(16) _Thread_local extern int k; __extension__ long long l; bool m;
wchar_t n; char16_t o; va_list p; uint64_t q; _Noreturn void r(void); int s(int a[static const 3], int b[*], int n, int c[n][n + 1], fn());
int t(); int t(int); extern int u[]; extern int u[7]; __auto_type v = 1;
_Static_assert(sizeof(int) == 4, "int" "s");

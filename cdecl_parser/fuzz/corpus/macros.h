#define N 3
#define LIST A, B
#define TEXT "a" "b" N
#if defined(N) && N == 3 && !defined UNKNOWN || __has_include(<x.h>)
enum { LIST }; int x[N * (N + 1)];
#elif 0
#error "no"
#else
garbage ' " (
#endif
#ifdef M
#elifndef M
#undef N
#endif
# 12 "file.h" 1 3
_Pragma("pack(1)") struct s { char a; int b; };
#line 3

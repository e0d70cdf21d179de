int printf(const char *format, ...) __attribute__((__format__(__printf__, 1, 2), nonnull(1))) __asm__("other" "_name");
__attribute__((noreturn)) void f(void), g(int) __attribute__((visibility("hidden")));
typedef float v4 __attribute__((vector_size(16))); typedef int di __attribute__((mode(DI)));
[[nodiscard("why"), gnu::deprecated]] int h([[cffi::out(n), cffi::owned(g)]] int *p __attribute__((noescape)), int n);
int __attribute__((ms_abi)) m(int); __declspec(dllimport) int __stdcall n(int); struct [[deprecated]] s { int a [[maybe_unused]]; };

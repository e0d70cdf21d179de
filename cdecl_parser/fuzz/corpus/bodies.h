static inline int f(int x) { if (x) { return '}' + "}{\""[0]; } /* } */ return 0; // }
}
extern "C" { int g(void); extern "C" int h(void) { return 1; } }
int x = 3, y[] = { 1, [2] = { 3 } }, *z = &x; char s[] = "abc"; asm("nop");
int k(a, b) int a; char *b; { return a; }

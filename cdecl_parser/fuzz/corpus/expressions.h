enum { A = (1 + 2) * 3 / 2 % 5 - -1 << 2 >> 1 & ~0x0f | 8 ^ 1, B = 1 < 2 && 3 >= 2 || !0 == 1, C = A ? B : (char)300,
D = sizeof(struct { int a; }) + _Alignof(double), E = __builtin_offsetof(struct { int a; struct { char b[3]; } c; }, c.b[1]),
F = (int)1.9 + (unsigned char)-1 + '\x41' + L'\u00e9' + 'ab' + 0b101 + 017 + 1'000, G = _Generic(1L, int : 1, long : 2, default : 3),
H = __builtin_types_compatible_p(int, const int), I = (long)&((struct { int a, b; } *)0)->b, J = sizeof "abc" + "abc"[1], K = 2 ?: 3 };

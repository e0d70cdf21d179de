enum e { A, B = 7, C = B << 2 | 1, D = -1, E = 'x', F = sizeof(int[3]) } v;
enum : unsigned char { G = 255 }; enum f : long; enum f : long { H = 1L << 40 };
enum __attribute__((packed)) g { I __attribute__((deprecated("no"))) = 3, J [[maybe_unused]], };
static const int K = A + 2; constexpr double L = 1.5e3; static const char M[] = "te" "xt";

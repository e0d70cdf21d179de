struct s { int a : 3, : 5, b : 8; unsigned : 0; struct { long c; union { double d; char e[3]; }; }; struct s *next; int tail[]; };
union __attribute__((transparent_union)) u { int *a; const int *b; } __attribute__((aligned(16)));
typedef struct { char a; long b; } __attribute__((packed)) T; T t[sizeof(T)];
struct late; extern struct late *l; struct late { T t; struct s; };
#pragma pack(push, name, 2)
struct packed { char a; long b; };
#pragma pack(pop, name)

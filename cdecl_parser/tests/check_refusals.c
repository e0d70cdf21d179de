/* What must be refused, and with which words: the exact message and its place. Every refused text
 * leaves the state as it was; must_fail() sees to that. */
#include "support.h"

struct refusal {
    const char *text, *message;
};

/* ---- specifiers ---- */

static const struct refusal refused_specifiers[] = {
    {"int int x;", "1:5: 'int' does not go with the type before it"},
    {"int float x;", "1:1: these type specifiers do not go together"},
    {"unsigned float x;", "1:1: these type specifiers do not go together"},
    {"short long x;", "1:1: these type specifiers do not go together"},
    {"long long long x;", "1:11: 'long' does not go with the type before it"},
    {"signed unsigned x;", "1:1: these type specifiers do not go together"},
    {"unsigned _Bool x;", "1:1: these type specifiers do not go together"},
    {"short double x;", "1:1: these type specifiers do not go together"},
    {"char long x;", "1:1: these type specifiers do not go together"},
    {"_Complex int x;", "1:1: these type specifiers do not go together"},
    {"void *_Complex x;", "1:7: expected a name, got '_Complex'"},
    {"unsigned struct s x;", "1:10: 'struct' does not go with the type before it"},
    {"struct s int x;", "1:10: 'int' does not go with the type before it"},
    {"int struct s { int a; } x;", "1:5: 'struct' does not go with the type before it"},
    {"typedef int t; unsigned t x;",
     "1:25: 't' redeclared as 'extern unsigned int t', was 'typedef int t'"},
    {"typedef int t; t int x;", "1:18: 'int' does not go with the type before it"},
    {"typedef int t; t t t;", "1:18: 't' redeclared as 'extern int t', was 'typedef int t'"},
    {"typedef extern int x;", "1:9: 'extern' after another storage class"},
    {"static extern int x;", "1:8: 'extern' after another storage class"},
    {"extern register int x;", "1:8: 'register' after another storage class"},
    {"const x;", "1:7: unknown type 'x'"},
    {"x;", "1:1: unknown type 'x'"},
    {"x y;", "1:1: unknown type 'x'"},
    {"*x;", "1:1: expected a type, got '*'"},
    {"static x;", "1:8: unknown type 'x'"},
    {"__auto_type x = 3;",
     "1:1: '__auto_type' needs an initialiser's type, which a declaration text cannot give"},
    {"_Decimal64 x;", "1:1: decimal floating types are not supported"},
    {"_Imaginary float x;", "1:1: imaginary types are not supported"},
    {"restrict int x;", "1:14: restrict needs a pointer, not 'int'"},
    {"int restrict x;", "1:14: restrict needs a pointer, not 'int'"},
    {"_Atomic(int x;", "1:13: expected ')' to close '_Atomic', got 'x'"},
    {"_Atomic() x;", "1:9: expected a type, got ')'"},
    {"typeof x;", "1:8: expected '(' after 'typeof', got 'x'"},
    {"typeof() x;", "1:8: expected an expression, got ')'"},
    {"typeof(int x;", "1:12: expected ')' to close 'typeof', got 'x'"},
    {"_BitInt x;", "1:9: expected '(' after '_BitInt', got 'x'"},
    {"_BitInt(1) x;", "1:1: _BitInt(1) is not supported: 2 to 128 bits are"},
    {"unsigned _BitInt(0) x;", "1:1: unsigned _BitInt(0) is not supported: 1 to 128 bits are"},
    {"_BitInt(129) x;", "1:1: _BitInt(129) is not supported: 2 to 128 bits are"},
    {"_BitInt(-3) x;", "1:1: _BitInt(-3) is not supported: 2 to 128 bits are"},
    {"double _BitInt(3) x;", "1:1: these type specifiers do not go together"},
    {"_Alignas(3) int x;", "1:10: alignment 3 is not a power of two up to 268435456"},
    {"_Alignas int x;", "1:10: expected '(' after '_Alignas', got 'int'"},
    {"_Alignas(1 << 29) int x;", "1:10: alignment 536870912 is not a power of two up to 268435456"},
};

/* ---- declarators ---- */

static const struct refusal refused_declarators[] = {
    {"void x;", "1:6: variable 'x' has type 'void'"},
    {"void x[3];", "1:8: array element has incomplete type 'void'"},
    {"int x[1 ? 2 :% 3];", "1:14: expected an expression, got '%'"},
    {"int x[1 ? 2 /**/:% 3];", "1:18: expected an expression, got '%'"},
    {"int x[5 %% 3];", "1:10: expected an expression, got '%'"},
    {"int x[1 <> 2];", "1:10: expected an expression, got '>'"},
    {"enum nowhere; _Atomic enum nowhere x[3];",
     "1:38: array element has incomplete type '_Atomic enum nowhere'"},
    {"int x[-1];", "1:7: array length -1 is negative"},
    {"int x[1.5];", "1:7: array length is not an integer constant"},
    {"int x[y];", "1:7: unknown name 'y'"},
    {"int x[\"a\"];", "1:7: array length is not an integer constant"},
    {"int x[n];", "1:7: unknown name 'n'"},
    {"int x[3][];", "1:7: array element has incomplete type 'int[]'"},
    {"int x[3][?];", "1:7: only the outermost array length can be '?'"},
    {"int x[0x7fffffffffffffff];", "1:7: size of array is too large"},
    {"int x[0x7fffffffffffffff][2];", "1:7: size of array is too large"},
    {"int x[0x7fffffffffffffff + 1];", "1:7: array length -9223372036854775808 is negative"},
    {"int x[18446744073709551615u];", "1:7: size of array is too large"},
    {"int x[static 3];", "1:7: qualifiers and 'static' in '[]' are for parameters"},
    {"int x[const 3];", "1:7: qualifiers and 'static' in '[]' are for parameters"},
    {"int x[3;", "1:8: expected ']' to close the array length, got ';'"},
    {"int x[*];", "1:7: '[*]' is for parameters"},
    {"int f(void)[3];", "1:7: a function cannot return 'int[3]'"},
    {"int f(void)(void);", "1:7: a function cannot return 'int (void)'"},
    {"int (*f(void))[3](void);", "1:16: array of functions 'int (void)'"},
    {"int x[3](void);", "1:7: array of functions 'int (void)'"},
    {"int f(int a, void);", "1:18: parameter has type 'void'"},
    {"int f(void, int a);", "1:11: parameter has type 'void'"},
    {"int f(void a);", "1:12: parameter has type 'void'"},
    {"int f(int,);", "1:11: expected a parameter, got ')'"},
    {"int f(int a;", "1:12: expected ')' to close the parameter list, got ';'"},
    {"int f(int a b);", "1:13: expected ')' to close the parameter list, got 'b'"},
    {"int f(static int a);", "1:7: a parameter cannot have a storage class"},
    {"int f(typedef int a);", "1:7: a parameter cannot have a storage class"},
    {"int f(int a, ..., int b);", "1:17: expected ')' to close the parameter list, got ','"},
    {"int f(a, b);", "1:7: unknown type 'a'"},
    {"int f(int [3]x);", "1:14: expected ')' to close the parameter list, got 'x'"},
    {"int *;", "1:6: expected a name, got ';'"},
    {"int *const;", "1:11: expected a name, got ';'"},
    {"int (;", "1:6: expected a name, got ';'"},
    {"int ();", "1:6: expected a name, got ')'"},
    {"int (*);", "1:7: expected a name, got ')'"},
    {"int (x;", "1:7: expected ')' to close the declarator, got ';'"},
    {"int (*x)(int;", "1:13: expected ')' to close the parameter list, got ';'"},
    {"int x y;", "1:7: expected ';' after a declaration, got 'y'"},
    {"int x, ;", "1:8: expected a name, got ';'"},
    {"int x,, y;", "1:7: expected a name, got ','"},
    {"int 3;", "1:5: expected a name, got '3'"},
    {"int int;", "1:5: 'int' does not go with the type before it"},
    {"int x = ;", "1:9: expected an expression, got ';'"},
    {"int x = {1, 2;", "1:9: '{' is never closed"},
    {"int x = (;", "1:10: expected an expression, got ';'"},
};

/* ---- structs and unions ---- */

static const struct refusal refused_bodies[] = {
    {"struct;", "1:7: expected a name or '{' after 'struct', got ';'"},
    {"struct {", "1:8: '{' is never closed"},
    {"struct s {", "1:10: '{' is never closed"},
    {"struct s { int a;", "1:10: '{' is never closed"},
    {"struct s { int a b; };", "1:18: expected ';' after a member, got 'b'"},
    {"struct s { a; };", "1:12: unknown type 'a'"},
    {"struct s { int a; int a; };", "1:23: duplicate member 'a'"},
    {"struct s { int a; struct { int a; }; };", "1:19: duplicate member 'a'"},
    {"struct s { int a[]; int b; };", "1:16: flexible member 'a' is not the last"},
    {"struct s { struct s x; };", "1:21: member 'x' has incomplete type 'struct s'"},
    {"struct s { struct t x; };", "1:21: member 'x' has incomplete type 'struct t'"},
    {"struct s { void x; };", "1:17: member 'x' has incomplete type 'void'"},
    {"struct s { int f(void); };", "1:16: member 'f' is a function"},
    {"struct s { int a : 33; };", "1:20: width 33 of bit-field 'a' exceeds its type 'int'"},
    {"struct s { int a : -1; };", "1:20: width -1 of bit-field 'a' is negative"},
    {"struct s { int a : 0; };", "1:20: bit-field 'a' has width 0"},
    {"struct s { _Bool a : 2; };", "1:22: width 2 of bit-field 'a' exceeds its type 'bool'"},
    {"struct s { float a : 3; };", "1:22: bit-field 'a' has type 'float'"},
    {"struct s { int *a : 3; };", "1:21: bit-field 'a' has type 'int *'"},
    {"struct s { int a : x; };", "1:20: unknown name 'x'"},
    {"struct s { int a : 1.5; };", "1:20: bit-field width is not an integer constant"},
    {"struct s { unsigned char a : 9; };",
     "1:30: width 9 of bit-field 'a' exceeds its type 'unsigned char'"},
    {"struct s { __int128 a : 129; };",
     "1:25: width 129 of bit-field 'a' exceeds its type '__int128'"},
    {"struct s { typedef int t; };", "1:12: a member cannot have this storage class"},
    {"struct s { extern int a; };", "1:12: a member cannot have this storage class"},
    {"struct s { static int a; };", "1:24: expected '=' after a static constant, got ';'"},
    {"struct s { static const int a = x; };", "1:33: unknown name 'x'"},
    {"struct s { int a; }; struct s { int a; int b; };",
     "1:29: 'struct s' redefined: member 2 is 'int b' at byte 4, was none"},
    {"struct s { int a; }; struct s { long a; };",
     "1:29: 'struct s' redefined: member 1 is 'long a' at byte 0, was 'int a' at byte 0"},
    {"struct s { int a; }; union s x;", "1:28: 'union s' was declared as 'struct s'"},
    {"struct s { int a; }; enum s x;", "1:27: 'enum s' was declared as 'struct s'"},
    {"union u { int a; }; struct u *p;", "1:28: 'struct u' was declared as 'union u'"},
};

/* ---- enums ---- */

static const struct refusal refused_enums[] = {
    {"enum { };", "1:8: expected an enumerator, got '}'"},
    {"enum e { };", "1:10: expected an enumerator, got '}'"},
    {"enum;", "1:5: expected a name or '{' after 'enum', got ';'"},
    {"enum { 1 };", "1:8: expected an enumerator, got '1'"},
    {"enum { A,, B };", "1:10: expected an enumerator, got ','"},
    {"enum { A B };", "1:10: expected '}' to close the enum, got 'B'"},
    {"enum { A = };", "1:12: expected an expression, got '}'"},
    {"enum { A = 1.5 };", "1:12: enumerator is not an integer constant"},
    {"enum { A = x };", "1:12: unknown name 'x'"},
    {"enum { A = \"a\" };", "1:12: enumerator is not an integer constant"},
    {"enum { A", "1:9: expected '}' to close the enum, got end of text"},
    {"enum { A, A = 3 };",
     "1:11: 'A' redeclared as 'static const int A = 3', was 'static const int A = 0'"},
    {"enum { A }; enum { A = 1 };",
     "1:20: 'A' redeclared as 'static const int A = 1', was 'static const int A = 0'"},
    {"enum { A = 0xffffffffffffffff, B };", "1:32: enumerator 'B' does not fit 64 bits"},
    {"enum { A = 0xffffffffffffffff, B = -1 };",
     "1:1: the enumerators do not fit any integer type"},
    {"enum e : char { A = 300 };", "1:17: enumerator 'A' does not fit 'char'"},
    {"enum e : signed char { A = 127, B };",
     "1:33: enumerator 'B' does not fit 'signed char'"},
    {"enum e : float { A };", "1:10: an enum cannot have the underlying type 'float'"},
    {"enum e : struct s { A };", "1:21: unknown type 'A'"},
    {"enum e { A }; enum e { A = 1 };",
     "1:24: 'A' redeclared as 'static const int A = 1', was 'static const int A = 0'"},
    {"enum e { A }; enum e { A, B };", "1:20: 'enum e' redefined: enumerator 2 is 'B', was none"},
    {"enum e { A }; struct e x;", "1:22: 'struct e' was declared as 'enum e'"},
    {"int A; enum { A };", "1:15: 'A' redeclared as 'static const int A = 0', was 'extern int A'"},
};

/* ---- between declarations ---- */

static const struct refusal refused_files[] = {
    {"extern \"C\" { int x;", "1:12: '{' is never closed"},
    {"extern \"C", "1:8: unterminated string"},
    {"extern \"C\" 3;", "1:12: expected a type, got '3'"},
    {"int f(void) {", "1:13: '{' is never closed"},
    {"int f(void) { {", "1:13: '{' is never closed"},
    {"int f(void) { \"abc }", "1:15: unterminated string"},
    {"int f(void) { return 0; } }", "1:27: expected a type, got '}'"},
    {"}", "1:1: expected a type, got '}'"},
    {")", "1:1: expected a type, got ')'"},
    {"int x; }", "1:8: expected a type, got '}'"},
    {"int x );", "1:7: expected ';' after a declaration, got ')'"},
    {"_Static_assert(0, \"sizes differ\");", "1:16: static assertion failed: sizes differ"},
    {"_Static_assert(0);", "1:16: static assertion failed"},
    {"_Static_assert(sizeof(int) == 8, \"int \" \"is \" \"8\");",
     "1:16: static assertion failed: int is 8"},
    {"_Static_assert(x, \"a\");", "1:16: unknown name 'x'"},
    {"_Static_assert(1.5, \"a\");", "1:16: static assertion is not an integer constant"},
    {"_Static_assert(1, x);", "1:19: expected a string, got 'x'"},
    {"_Static_assert(1, \"a\"", "1:22: expected ')' to close '_Static_assert', got end of text"},
    {"_Static_assert(1, \"a\") int x;", "1:24: expected ';' after '_Static_assert', got 'int'"},
    {"_Static_assert 1;", "1:16: expected '(' after '_Static_assert', got '1'"},
    {"struct s { _Static_assert(0, \"in a struct\"); };",
     "1:27: static assertion failed: in a struct"},
    {"static_assert(1 == 2, \"b\");", "1:15: static assertion failed: b"},
    {"asm(\"x\") x", "1:10: expected ';' after a declaration, got 'x'"},
    {"asm;", "1:4: expected '(' after 'asm', got ';'"},
    {"int x asm(y);", "1:11: expected a string, got 'y'"},
    {"int x asm();", "1:11: expected a string, got ')'"},
    {"int x asm(\"y\";", "1:14: expected ')' to close 'asm', got ';'"},
};

/* ---- attributes and asm labels ---- */

static const struct refusal refused_attributes[] = {
    {"int x __attribute__;", "1:20: expected '(' after '__attribute__', got ';'"},
    {"int x __attribute__((;", "1:22: expected an attribute, got ';'"},
    {"int x __attribute__(packed);", "1:21: expected '(' after '__attribute__(', got 'packed'"},
    {"int x __attribute__((packed);", "1:29: expected ')' to close '__attribute__', got ';'"},
    {"int x __attribute__((3));", "1:22: expected an attribute, got '3'"},
    {"int x [[;", "1:9: expected an attribute, got ';'"},
    {"int x [[a;", "1:10: expected ',' or ']]' after an attribute, got ';'"},
    {"int x [[a::]];", "1:12: expected an attribute after '::', got ']'"},
    {"int x [[a(]];", "1:13: expected ']' to close '[[', got ';'"},
    {"int x __attribute__((aligned(3)));",
     "1:30: alignment 3 is not a power of two up to 268435456"},
    {"int x __attribute__((aligned(0)));",
     "1:30: alignment 0 is not a power of two up to 268435456"},
    {"int x __attribute__((vector_size(3)));", "1:38: vector_size(3) does not suit 'int'"},
    {"int x __attribute__((vector_size(0)));", "1:34: vector size 0 is out of range"},
    {"int x __attribute__((mode(XX)));", "1:32: mode 'XX' is not known"},
    {"int x __attribute__((mode(3)));", "1:27: expected the name of a mode, got '3'"},
    {"int a[3] __attribute__((mode(SI), vector_size(6)));", "1:51: mode(SI) on 'int[3]'"},
};

/* ---- expressions in array lengths ---- */

static const struct refusal refused_expressions[] = {
    {"int x[sizeof(struct s)];", "1:13: sizeof of incomplete type 'struct s'"},
    {"int x[sizeof(int[])];", "1:13: sizeof of incomplete type 'int[]'"},
    {"int x[sizeof(int[?])];", "1:13: sizeof of variable-length type 'int[?]'"},
    {"int x[_Alignof];", "1:15: expected an expression, got ']'"},
    {"int x[sizeof];", "1:13: expected an expression, got ']'"},
    {"int x[1 +];", "1:10: expected an expression, got ']'"},
    {"int x[(1];", "1:9: expected ')' to close '(', got ']'"},
    {"int x[1 / 0];", "1:9: division by zero in a constant expression"},
    {"int x[1 % 0];", "1:9: division by zero in a constant expression"},
    {"int x[(-0x7fffffff - 1) / -1];", "1:25: overflow in a constant expression: -2147483648 / -1"},
    {"int x[(-0x7fffffff - 1) % -1];", "1:25: overflow in a constant expression: -2147483648 % -1"},
    {"int x[(-0x7fffffffffffffff - 1) / -1];",
     "1:33: overflow in a constant expression: -9223372036854775808 / -1"},
    {"int x[({ 1; })];", "1:7: statement expressions are not supported"},
    {"int x[__builtin_offsetof(int, a)];", "1:31: 'int' has no member 'a'"},
    {"int x[__builtin_offsetof(struct { int a : 3; }, a)];", "1:49: offset of bit-field 'a'"},
    {"int x[__builtin_offsetof(struct { int a; }, b)];",
     "1:45: 'struct { int a; }' has no member 'b'"},
    {"int x[1 ? 2];", "1:12: expected ':' after '?', got ']'"},
    {"int x[f(3)];", "1:7: unknown name 'f'"},
    {"int f(int); int x[f(3)];", "1:19: array length is not an integer constant"},
    {"int x[_Generic(1, char: 2)];", "1:7: no _Generic association for 'int'"},
    {"typedef int t; int x[t];", "1:22: expected an expression, got the type 't'"},
    {"int x[*3];", "1:7: 'int' is not a pointer"},
    {"int x[&3];", "1:7: '&' needs an object"},
    {"int x[~1.5];", "1:7: '~' on 'double'"},
    {"int x[1.5 % 2];", "1:11: '%' on 'double' and 'int'"},
    {"int x[!struct s];", "1:8: expected an expression, got 'struct'"},
    {"int x; struct x { int a : x; };", "1:27: bit-field width is not an integer constant"},
    {"typedef struct s t; struct u { t a; };", "1:34: member 'a' has incomplete type 'struct s'"},
    {"typedef void t(void); t f { }", "1:27: expected ';' after a declaration, got '{'"},
    {"typedef int x[?]; x y[2];", "1:23: only the outermost array length can be '?'"},
    {"int f[3](void);", "1:7: array of functions 'int (void)'"},
};

/* ---- unknown names ---- */

static const struct refusal refused_names[] = {
    {"uint33_t x;", "1:1: unknown type 'uint33_t' (did you mean 'uint32_t'?)"},
    {"structt s x;", "1:1: unknown type 'structt' (did you mean 'struct'?)"},
    {"typedef int foo_t; fo_t x;", "1:20: unknown type 'fo_t' (did you mean 'foo_t'?)"},
    {"struct tm { int a; }; tm x;", "1:23: unknown type 'tm' (did you mean 'struct tm'?)"},
    {"struct s { uint33_t x; };", "1:12: unknown type 'uint33_t' (did you mean 'uint32_t'?)"},
    {"int f(uint33_t x);", "1:7: unknown type 'uint33_t' (did you mean 'uint32_t'?)"},
    {"int f(uint33_t);", "1:7: unknown type 'uint33_t' (did you mean 'uint32_t'?)"},
    {"int x $;", "1:7: no argument left for this '$'"},
    {"int @;", "1:5: unexpected character '@'"},
    {"int `;", "1:5: unexpected character '`'"},
    {"int x \\ y;", "1:7: unexpected character '\\'"},
};

/* ---- type names ---- */

static const struct refusal refused_type_names[] = {
    {" int x", "1:6: expected the end of the type name, got 'x'"},
    {" struct s", "1:9: undeclared tag 'struct s'"},
    {" struct s { int a; }", "1:9: 'struct s' cannot be declared in a type name"},
    {" enum e { A }", "1:7: 'enum e' cannot be declared in a type name"},
    {" int; ", "1:5: expected the end of the type name, got ';'"},
    {" extern int", "1:2: a type name cannot have a storage class"},
    {" typedef int", "1:2: a type name cannot have a storage class"},
    {" int (", "1:7: expected ')' to close the declarator, got end of text"},
    {" int [", "1:7: expected an expression, got end of text"},
    {" ", "1:2: expected a type, got end of text"},
    {" x", "1:2: unknown type 'x'"},
    {" int, int", "1:5: expected the end of the type name, got ','"},
    {" int f(void)", "1:6: expected the end of the type name, got 'f'"},
    {" void (*", "1:9: expected ')' to close the declarator, got end of text"},
};

/* ---- expressions alone ---- */

static const struct refusal refused_values[] = {
    {" ", "1:2: expected an expression, got end of text"},
    {" 1 2", "1:4: expected the end of the expression, got '2'"},
    {" x", "1:2: unknown name 'x'"},
    {" int", "1:2: expected an expression, got 'int'"},
    {" (int)", "1:7: expected an expression, got end of text"},
    {" 1 +", "1:5: expected an expression, got end of text"},
    {" {1}", "1:2: expected an expression, got '{'"},
    {" sizeof(struct s)", "1:16: undeclared tag 'struct s'"},
    {" &1", "1:2: '&' needs an object"},
    {" f()", "1:2: unknown name 'f'"},
};

START_TEST(specifiers)
{
    must_fail(refused_specifiers[_i].text, refused_specifiers[_i].message);
}
END_TEST

START_TEST(declarators)
{
    must_fail(refused_declarators[_i].text, refused_declarators[_i].message);
}
END_TEST

START_TEST(bodies)
{
    must_fail(refused_bodies[_i].text, refused_bodies[_i].message);
}
END_TEST

START_TEST(enums)
{
    must_fail(refused_enums[_i].text, refused_enums[_i].message);
}
END_TEST

START_TEST(files)
{
    must_fail(refused_files[_i].text, refused_files[_i].message);
}
END_TEST

START_TEST(attributes)
{
    must_fail(refused_attributes[_i].text, refused_attributes[_i].message);
}
END_TEST

START_TEST(expressions)
{
    must_fail(refused_expressions[_i].text, refused_expressions[_i].message);
}
END_TEST

START_TEST(names)
{
    must_fail(refused_names[_i].text, refused_names[_i].message);
}
END_TEST

START_TEST(type_names)
{
    must_fail_type(refused_type_names[_i].text, refused_type_names[_i].message);
}
END_TEST

START_TEST(values)
{
    must_fail_value(refused_values[_i].text, refused_values[_i].message);
}
END_TEST

#define ADD_REFUSALS(tcase, name) \
    tcase_add_loop_test(tcase, name, 0, sizeof(refused_##name) / sizeof *refused_##name)

Suite *check_refusals(void)
{
    Suite *suite = suite_create("refusals");
    TCase *tcase = add_case(suite, "refusals");
    ADD_REFUSALS(tcase, specifiers);
    ADD_REFUSALS(tcase, declarators);
    ADD_REFUSALS(tcase, bodies);
    ADD_REFUSALS(tcase, enums);
    ADD_REFUSALS(tcase, files);
    ADD_REFUSALS(tcase, attributes);
    ADD_REFUSALS(tcase, expressions);
    ADD_REFUSALS(tcase, names);
    ADD_REFUSALS(tcase, type_names);
    ADD_REFUSALS(tcase, values);
    return suite;
}

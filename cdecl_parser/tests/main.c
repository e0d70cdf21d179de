/* Runs the Check suites of the parser. CK_RUN_SUITE=name runs one; CK_FORK=no keeps them in one
 * process, for debuggers and valgrind. */
#include <stdlib.h>

#include "suites.h"

int main(void)
{
    SRunner *runner = srunner_create(NULL);
    int failed;
#define SUITE(name) srunner_add_suite(runner, check_##name());
#include "suites.def"
#undef SUITE
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

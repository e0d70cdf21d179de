"""What both Python peers share: timing and the loops around the calls."""
import time


def row(name, count, run):
    """Prints nanoseconds per run of run(k), best of several slices of CPU time."""
    best = float("inf")
    run(count)
    for _ in range(10):
        start = time.process_time()
        run(count)
        best = min(best, time.process_time() - start)
    print("%s\t%.1f" % (name, best / count * 1e9), flush=True)


def calls(name, function, *args):
    def run(k):
        for _ in range(k):
            function(*args)
    row(name, 20000, run)

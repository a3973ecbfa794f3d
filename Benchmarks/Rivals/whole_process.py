"""Runs a command pinned to some cores; prints its milliseconds from start to end, its peak memory in bytes and its status.

    python3 -I -S whole_process.py CORES COMMAND...        CORES: numbers with commas between, or nothing

A process of its own, because Linux counts what the process that starts a command holds at that time as the command's: with the
libraries of a comparison loaded, that would be hundreds of megabytes. This one holds some 10 MB, the least that it can report.
"""
import os
import sys
import time


def main():
    cores, *command = sys.argv[1:]
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        try:
            if cores:
                os.sched_setaffinity(0, map(int, cores.split(",")))
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            os.execv(command[0], command)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    print((time.perf_counter() - start) * 1e3, usage.ru_maxrss * unit, status)


if __name__ == "__main__":
    main()

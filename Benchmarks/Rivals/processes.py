"""Processes that measure: pinned to cores, stopped while others are measured, ended when they do not answer."""
import atexit
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path

WORKER = Path(__file__).resolve().parent / "worker.py"


class Silence(Exception):
    """A process ended, or did not answer in time."""


class AskedProcess:
    """A process that answers a line with a line."""

    running = set()

    def __init__(self, command, cpus, environment, log):
        def pin():
            if cpus and hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, cpus)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, bufsize=0,
                                        env=os.environ | environment, preexec_fn=pin, start_new_session=True)
        self.unread = b""
        self.is_paused = False
        self.running.add(self)

    def ask(self, line, timeout):
        self.resume()
        try:
            self.process.stdin.write(line.encode() + b"\n")
        except BrokenPipeError:
            raise Silence(f"ended with code {self.process.wait()}") from None
        return self.read_line(timeout)

    def read_line(self, timeout):
        end = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.unread:
                if not selector.select(max(0, end - time.monotonic())):
                    raise Silence(f"no answer within {timeout:.0f} s")
                piece = os.read(self.process.stdout.fileno(), 1 << 16)
                if not piece:
                    raise Silence(f"ended with code {self.process.wait()}")
                self.unread += piece
        line, self.unread = self.unread.split(b"\n", 1)
        return line.decode()

    def pause(self):
        """Takes the process off the cores, its spinning threads too."""
        if not self.is_paused and self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)
            self.is_paused = True

    def resume(self):
        if self.is_paused:
            self.process.send_signal(signal.SIGCONT)
            self.is_paused = False

    def end(self):
        """Ends the process and what it has started."""
        self.running.discard(self)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()


def end_all():
    """Ends every process that still runs."""
    for process in list(AskedProcess.running):
        process.end()


atexit.register(end_all)


class Participant:
    """A library with a number of threads. Its process starts when it is first asked, and again after it failed."""

    def __init__(self, peer, threads, cpus, log, timeout):
        self.peer, self.threads, self.cpus, self.log, self.timeout = peer, threads, cpus, log, timeout
        self.process = None

    @property
    def key(self):
        return self.peer, self.threads

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def greet(self):
        """What is read before the first question."""

    def request(self, case, seconds, variant):
        raise NotImplementedError

    def rows(self, answer):
        raise NotImplementedError

    def start(self):
        """Starts the process if there is none; does not wait for it."""
        if not self.process:
            self.process = AskedProcess(self.command(), self.cpus, self.environment(), self.log)
            self.is_greeted = False

    def wait_until_ready(self):
        """Starts the process if there is none, and waits until it can be asked."""
        self.start()
        if not self.is_greeted:
            self.process.resume()
            self.greet()
            self.is_greeted = True

    def measure(self, case, seconds, variant=None):
        """Rows of the case's variants, or of one; one row with `error` if the process fails."""
        try:
            self.wait_until_ready()
            return self.rows(self.process.ask(self.request(case, seconds, variant), self.timeout))
        except (Silence, ValueError, KeyError) as failure:  # no answer, or one that is none
            self.stop()
            return [{"case": case, "peer": self.peer, "threads": self.threads, "error": str(failure)}]

    def pause(self):
        if self.process:
            self.process.pause()

    def stop(self):
        if self.process:
            self.process.end()
            self.process = None


class Rival(Participant):
    def __init__(self, *arguments, folder):
        super().__init__(*arguments)
        self.folder = folder

    def command(self):
        return [sys.executable, str(WORKER), self.peer, "--threads", str(self.threads), "--folder", str(self.folder)]

    def environment(self):
        # MLX's wheel links a reference BLAS, which is slow: give it a fast one.
        return {"LD_PRELOAD": "libopenblas.so.0"} if self.peer == "mlx" and has_library("libopenblas.so.0") else {}

    def request(self, case, seconds, variant):
        return json.dumps({"case": case, "seconds": seconds} | ({} if variant is None else {"variant": variant}))

    def greet(self):
        self.process.read_line(self.timeout)  # it is ready

    def rows(self, answer):
        return json.loads(answer)["rows"]


class Ours(Participant):
    """`rnn bench`; its peer's name may end in the type that weights are stored in: recurrent-bfloat16."""

    def __init__(self, *arguments, tool, seconds):
        super().__init__(*arguments)
        self.tool, self.seconds = tool, seconds
        self.machine = None

    def command(self):
        _, _, weights = self.peer.partition("-")
        return [str(self.tool), "bench", "--json", "--case", "-", "--threads", str(self.threads), "--seconds",
                str(self.seconds), *(["--weights", weights] if weights else [])]

    def greet(self):
        self.machine = json.loads(self.process.read_line(self.timeout))["machine"]

    def request(self, case, seconds, variant):
        return case

    def rows(self, answer):
        return [json.loads(answer) | {"peer": self.peer}]


def has_library(name):
    import ctypes
    try:
        ctypes.CDLL(name)
        return True
    except OSError:
        return False

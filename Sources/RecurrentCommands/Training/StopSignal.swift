import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Notices Ctrl-C and `kill`, so that a run can end in good order.
///
/// The first signal is only noted; the second ends the process at once, as it does without this.
enum StopSignal {
  private static let isNoted = Atomic<Bool>(false)

  /// Whether a signal came since ``listen()``.
  static var isReceived: Bool { isNoted.load(ordering: .relaxed) }

  /// Notes SIGINT, SIGTERM and, unless it is ignored as `nohup` asks, SIGHUP from now on.
  static func listen() {
    // Makes the flag now: a signal handler must not.
    isNoted.store(false, ordering: .relaxed)
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let before = signal(number) { number in
        StopSignal.isNoted.store(true, ordering: .relaxed)
        _ = signal(number, SIG_DFL)
      }
      if number == SIGHUP && isIgnoring(before) { _ = signal(number, SIG_IGN) }
      sigaddset(&signals, number)
    }
    // Programs that start others from a worker thread leave the signals blocked.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  private static func isIgnoring(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

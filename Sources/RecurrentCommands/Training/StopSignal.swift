import Foundation
import Synchronization

/// Notices Ctrl-C and `kill`, so that a run can end in good order.
///
/// The first signal is only noted; the second ends the process at once, as it does without this.
enum StopSignal {
  private static let isNoted = Atomic<Bool>(false)

  /// Whether a signal came since ``listen()``.
  static var isReceived: Bool { isNoted.load(ordering: .relaxed) }

  /// Notes SIGINT and SIGTERM from now on.
  static func listen() {
    // Makes the flag now: a signal handler must not.
    isNoted.store(false, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { number in
        StopSignal.isNoted.store(true, ordering: .relaxed)
        _ = signal(number, SIG_DFL)
      }
    }
  }
}

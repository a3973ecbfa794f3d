import Recurrent
import RecurrentCommands
import Testing

struct HeatPictureTests {
  private let states = Tensor([[-1, 0], [1, -0.3], [.nan, 5]])

  private func picture(_ style: HeatPicture.Style) -> [Substring] {
    HeatPicture(states, steps: ["a", "b", "c"], style: style).text.split(separator: "\n")
  }

  @Test func rowIsAUnitAndColumnIsAStep() {
    #expect(picture(.blocks).prefix(3) == ["  h[0]  ▁▁ ██ ▁▁ ", "  h[1]  ▅▅ ▃▃ ██ ", "        a  b  c  "])
    #expect(picture(.ascii).prefix(2) == ["  h[0]     ##    ", "  h[1]  == :: ## "])
  }

  @Test func colourGoesFromBlueToRedAndIsReset() {
    let row = picture(.color)[0]
    #expect(row.hasPrefix("  h[0]  \u{1B}[48;5;21m   \u{1B}[0m\u{1B}[48;5;196m   \u{1B}[0m"))
  }
}

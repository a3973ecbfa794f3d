import RecurrentCommands
import Testing

struct ProgressLineTests {
  private let line = ProgressLine(
    fraction: 0.43,
    figures: ["loss 1.532", "0:58 left", "2.21 bits/char", "31.2k char/s", "step 860/2,000", "43%"],
    order: [5, 4, 0, 2, 3, 1])

  @Test func wideLineHasABarAndAllFigures() {
    let text = line.text(width: 120, unicode: true)
    let figures = "43%  step 860/2,000  loss 1.532  2.21 bits/char  31.2k char/s  0:58 left"
    #expect(text == "██████████▎░░░░░░░░░░░░░  " + figures)
  }

  @Test func barIsPlainWithoutUnicode() {
    #expect(line.text(width: 120, unicode: false).hasPrefix("[#########.............]  43%"))
  }

  @Test func lineFitsEveryWidthAndTheLossStaysLongest() {
    for width in 1...130 {
      let text = line.text(width: width, unicode: width % 2 == 0)
      #expect(text.count <= width, "\(width)")
      #expect(text.contains("loss 1.532") || width < 10, "\(width)")
    }
  }

  @Test(arguments: [-1, 0, 0.5, 1, 2, Double.ulpOfOne]) func barNeverLeavesItsFrame(fraction: Double) {
    var line = line
    line = ProgressLine(fraction: fraction, figures: ["x"], order: [0])
    #expect(line.text(width: 27, unicode: true).count == 27)
    #expect(line.text(width: 27, unicode: false).count == 27)
  }
}

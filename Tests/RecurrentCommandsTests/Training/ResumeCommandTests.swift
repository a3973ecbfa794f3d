import RecurrentCommands
import Testing

struct ResumeCommandTests {
  @Test func otherResumeIsReplaced() {
    let arguments = ["rnn", "train", "text", "a", "--resume", "old", "--steps", "9"]
    #expect(
      ResumeCommand.line(arguments, checkpoint: "new") == "rnn train text a --steps 9 --resume new")
    #expect(ResumeCommand.line(["rnn", "--resume=old", "a"], checkpoint: "new") == "rnn a --resume new")
  }

  @Test func pathsBehindTheDashesStayThere() {
    #expect(
      ResumeCommand.line(["rnn", "train", "text", "--", "-x"], checkpoint: "c")
        == "rnn train text --resume c -- -x")
  }

  @Test(arguments: [
    ("plain-1.txt", "plain-1.txt"), ("글.txt", "글.txt"), ("two words", "'two words'"), ("it's", "'it'\\''s'"),
    ("", "''"), ("$(rm)", "'$(rm)'"), ("a*", "'a*'"), ("~x", "'~x'"),
  ])
  func wordIsQuotedForAShell(word: String, quoted: String) {
    #expect(ResumeCommand.quoted(word) == quoted)
  }
}

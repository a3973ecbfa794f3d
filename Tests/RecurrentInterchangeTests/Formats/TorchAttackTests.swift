import Recurrent
import Testing

/// Pickles that mean harm, one rule each.
@Suite struct TorchAttackTests {
  private typealias P = PickleBytes

  private func expectRefusal(
    _ kind: FileError.Kind, _ parts: [UInt8]..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let pickle = [0x80, 2] + parts.joined() + [0x2E]
    expectError(kind, sourceLocation: sourceLocation) { try TorchFile.decode(P.archive(pickle)) }
  }

  @Test func theArchiveMadeByHandIsFine() throws {
    let tensors = try TorchFile.decode(P.archive(P.pickle(P.named("w", P.tensor()))))
    #expect(tensors.names == ["w"])
    #expect(tensors["w"]!.shape == [2, 3])
  }

  // MARK: - Names

  @Test(arguments: [
    ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("__builtin__", "eval"),
    ("builtins", "getattr"), ("subprocess", "Popen"), ("torch", "load"), ("torch.hub", "load"),
    ("torch._utils", "_rebuild_tensor_v2.__globals__"), ("__torch", "x"), ("torch", ""),
  ])
  func namesOfCodeAreRefusedWhereTheyStand(module: String, name: String) {
    let call = P.tuple(P.text("echo harm")) + P.reduce
    for harm in [P.global(module, name) + call, P.global(module, name)] {
      let error = expectError(.forbidden) { try TorchFile.decode(P.archive(P.pickle(harm))) }
      #expect(error?.found == "\"\(module).\(name)\"")
    }
    let fromStack = [0x8C, UInt8(module.utf8.count)] + Array(module.utf8) + P.text(name) + [0x93]
    expectRefusal(.forbidden, fromStack, call)
    // Beside a tensor, and thrown away again.
    expectRefusal(.forbidden, P.global(module, name), call, P.pop, P.named("w", P.tensor()))
  }

  @Test func whatStandsBesideWeightsInManyCheckpointsIsNoReasonToRefuseThem() throws {
    let arguments = P.global("argparse", "Namespace") + [0x29, 0x81] + P.named("epochs", P.int(3)) + [0x62]
    let scalar =
      P.global("numpy._core.multiarray", "scalar") + P.tuple(P.text("f8"), P.text("12345678")) + P.reduce
    let path = P.global("pathlib", "PosixPath") + P.tuple(P.text("/")) + P.reduce
    let checkpoint =
      P.named("args", arguments) + P.text("best") + scalar + P.setItem + P.text("path") + path + P.setItem
      + P.text("w") + P.tensor() + P.setItem
    let file = try TorchFile.decode(P.archive(P.pickle(checkpoint)))
    #expect(file.names == ["w"] && file.metadata == ["args.epochs": "3"])
  }

  @Test func arraysOfNumPyAreRefusedWithAWayOut() {
    let pickle = P.pickle(P.global("numpy._core.multiarray", "_reconstruct"))
    let error = expectError(.forbidden) { try TorchFile.decode(P.archive(pickle)) }
    #expect(error?.advice.contains("numpy.savez") == true)
  }

  @Test func wholeModulesAreRefusedWithAWayOut() {
    let pickle = P.pickle(P.global("torch.nn.modules.rnn", "LSTM"), [0x29, 0x81])
    let error = expectError(.forbidden) { try TorchFile.decode(P.archive(pickle)) }
    #expect(error?.advice.contains("state_dict()") == true)
  }

  @Test(arguments: [
    "i", "o", "P", "I", "L", "F", "S", "V", "g", "p", "l", "d", "\u{1}",
  ])
  func instructionsOfOtherProtocolsAreRefused(opcode: String) {
    expectRefusal(.syntax, Array(opcode.utf8))
  }

  @Test(arguments: [0x82, 0x83, 0x84, 0x97, 0x98, 0xFF] as [UInt8])
  func extensionsAndBuffersAreRefused(opcode: UInt8) { expectRefusal(.syntax, [opcode]) }

  // MARK: - Nesting

  @Test func collectionsThatHoldThemselvesAreRefused() {
    expectRefusal(.nesting, P.list, P.put(0), P.get(0), P.append)
    expectRefusal(.nesting, P.dictionary, P.put(0), P.text("k"), P.get(0), P.setItem)
    let script = P.global("__torch__", "M") + [0x29, 0x81] + P.put(0)
    expectRefusal(.nesting, script, P.dictionary, P.text("k"), P.get(0), P.setItem, [0x62])
  }

  @Test func deepNestingIsRefused() {
    for depth in [65, 1000, 10_000] {
      expectRefusal(
        .nesting, [UInt8](repeating: 0x5D, count: depth), [UInt8](repeating: 0x61, count: depth - 1))
    }
    expectRefusal(.nesting, [UInt8](repeating: 0x28, count: 70_000))
    expectRefusal(.nesting, [UInt8](repeating: 0x4E, count: 70_000))
  }

  @Test func nestingUpToTheLimitIsRead() throws {
    let lists = [UInt8](repeating: 0x5D, count: 60) + P.text("leaf") + [UInt8](repeating: 0x61, count: 60)
    #expect(try TorchFile.decode(P.archive(P.pickle(lists))).metadata.values.contains("leaf"))
  }

  // MARK: - Memory

  @Test func collectionsThatGrowByReferenceAreRefused() {
    var lists = P.list + P.put(0) + P.text("x") + P.append
    for level in 1..<50 as Range<UInt8> {
      lists += P.list + P.put(level) + P.get(level - 1) + P.append + P.get(level - 1) + P.append
    }
    expectRefusal(.tooLarge, P.mark, lists, [0x74])
  }

  @Test func namesThatGrowByReferenceAreRefused() {
    let key = P.text(String(repeating: "k", count: 1000)) + P.put(0) + P.pop
    var nested = P.none
    for _ in 0..<10 { nested = P.dictionary + P.get(0) + nested + P.setItem }
    expectRefusal(.name, key, nested)
    let long = P.text(String(repeating: "k", count: 5000)) + P.none + P.setItem
    expectRefusal(.name, P.dictionary, long)
  }

  @Test func manyObjectsOfOneByteAreRefused() {
    expectRefusal(.tooLarge, [UInt8](repeating: 0x5D, count: 60_000))
    // Popping makes room on the stack, but not in the memory that objects took.
    expectRefusal(.tooLarge, [[UInt8]](repeating: [0x5D, 0x30], count: 60_000).flatMap(\.self))
  }

  @Test func attributesThatGrowByReferenceAreRefused() {
    let state = P.list + P.put(0) + P.mark + [UInt8](repeating: 0x4E, count: 5000) + [0x65] + P.pop
    // An object that shares the list's items, and then one item more in the list.
    let copy =
      P.global("__torch__", "M") + [0x29, 0x81] + P.get(0) + [0x62] + P.pop + P.get(0) + P.none + P.append
      + P.pop
    expectRefusal(.tooLarge, state, [[UInt8]](repeating: copy, count: 50).flatMap(\.self), P.none)
  }

  /// Two bytes refer to a long text: whoever copies it each time takes gigabytes, or minutes.
  @Test func longTextsThatManyReferToAreNotCopied() {
    let long = P.text(String(repeating: "k", count: 1 << 18)) + P.put(0)
    func many(_ part: [UInt8]) -> [UInt8] { [[UInt8]](repeating: part, count: 20_000).flatMap(\.self) }
    let storage = P.tuple(P.text("storage"), P.global("torch", "FloatStorage"), long, P.text("cpu"), P.int(1))
    let storages = storage + P.put(1) + many([0x51] + P.pop + P.get(1)) + [0x51]
    let module = P.text("__torch__") + P.put(1) + P.pop
    let classes = long + P.pop + module + many(P.get(1) + P.get(0) + [0x93] + P.pop) + P.none
    let keys = P.list + P.mark + long + many(P.get(0)) + [0x65]
    let machine = P.dictionary + P.mark + long + P.none + many(P.get(0) + P.none) + [0x75]
    let start = ContinuousClock.now
    expectError(.syntax) { try TorchFile.decode(P.legacy(storages)) }
    expectError(.syntax) { try TorchFile.decode(P.legacy(classes)) }
    expectError(.syntax) { try TorchFile.decode(P.legacy(P.none, keys: keys)) }
    expectError(.missingField) { try TorchFile.decode(P.legacy(P.none, machine: machine)) }
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test func theOldFormMadeByHandIsFine() throws {
    #expect(try TorchFile.decode(P.legacy(P.named("n", P.int(3)))).metadata == ["n": "3"])
  }

  @Test func lengthsBeyondTheFileAreRefused() {
    for opcode in [0x58, 0x54, 0x42, 0x8B] as [UInt8] {
      expectRefusal(.truncated, [opcode, 0xFF, 0xFF, 0xFF, 0x7F])
      expectRefusal(.truncated, [opcode, 0xFF, 0xFF, 0xFF, 0xFF])
    }
    for opcode in [0x8D, 0x8E, 0x95, 0x96] as [UInt8] {
      expectRefusal(.truncated, [opcode] + [UInt8](repeating: 0xFF, count: 8))
      expectRefusal(.truncated, [opcode] + P.little(UInt64(1) << 40))
    }
    expectRefusal(.truncated, [0x8A, 0xFF, 1, 2, 3])
    expectRefusal(.syntax, Array("c".utf8), [UInt8](repeating: 0x61, count: 1000))
  }

  @Test func hugeIntegersAreNoNumbers() throws {
    let long = [0x8A, 0xFF] + [UInt8](repeating: 0x7F, count: 255)
    let pickle = P.pickle(P.dictionary, P.text("n"), long, P.setItem)
    #expect(try TorchFile.decode(P.archive(pickle)).metadata.isEmpty)
    let size = P.global("torch._utils", "_rebuild_tensor_v2")
    expectRefusal(.syntax, size, P.tuple(P.storage(), P.int(0), P.tuple(long), P.tuple(P.int(1))), P.reduce)
  }

  // MARK: - Grammar

  @Test func theStackIsNeverReadBelowItsEnd() {
    for parts in [
      P.pop, P.append, P.setItem, P.reduce, [0x85], [0x87], [0x74], [0x75], [0x31], [0x32], [0x62], [0x51],
      P.put(0), [0x94], [0x93], [0x81], [0x92], P.mark + P.append, P.none + P.mark + P.pop,
      P.list + P.mark + P.append,
    ] {
      expectRefusal(.syntax, parts)
    }
  }

  @Test func whatIsLeftMustBeOneValue() {
    expectRefusal(.syntax)
    expectRefusal(.syntax, P.none, P.none)
    expectRefusal(.syntax, P.none, P.mark)
    expectError(.trailing) { try TorchFile.decode(P.archive(P.pickle(P.none) + [0])) }
    expectError(.truncated) { try TorchFile.decode(P.archive(P.pickle(P.none).dropLast())) }
  }

  @Test func theMemoHasNoGaps() {
    expectRefusal(.syntax, P.get(0))
    expectRefusal(.syntax, P.none, P.put(1))
    expectRefusal(.syntax, P.none, [0x72, 0xFF, 0xFF, 0xFF, 0xFF])
    expectRefusal(.syntax, P.none, P.put(0), [0x6A, 0xFF, 0xFF, 0xFF, 0xFF])
  }

  @Test func itemsGoIntoWhatCanHoldThem() {
    expectRefusal(.syntax, P.list, P.none, P.none, P.setItem)
    expectRefusal(.syntax, P.dictionary, P.none, P.append)
    expectRefusal(.syntax, P.dictionary, P.mark, P.none, [0x75])
    expectRefusal(.syntax, P.none, P.none, P.append)
    expectRefusal(.syntax, P.none, P.tuple(P.none), P.reduce)
    expectRefusal(.syntax, P.global("torch", "Size"), P.none, P.reduce)
  }

  @Test func protocolsAreKnown() {
    expectError(.version) { try TorchFile.decode(P.archive([0x80, 6, 0x4E, 0x2E])) }
    expectError(.version) { try TorchFile.decode(P.archive([0x80, 1, 0x4E, 0x2E])) }
    expectError(.syntax) { try TorchFile.decode(P.archive([0x4E, 0x2E])) }
  }
}

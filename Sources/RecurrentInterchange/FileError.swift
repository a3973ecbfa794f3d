/// What went wrong with a file: which rule was broken, where, what stood there and what should have.
///
/// The description reads in that order and ends with what to do:
///
///     shared bytes in model.safetensors, tensor "fc.weight", byte 12: found begin 12, expected 16, the last
///     tensor's end; the file is damaged: copy or export it again
public struct FileError: Error, Sendable, Equatable {
  /// The rule that was broken. One rule of a format is one kind; its raw value says what failed, in a few words.
  public enum Kind: String, Sendable, CaseIterable {
    /// The file is not there.
    case missing = "missing file"
    /// The file cannot be opened or read.
    case unreadable = "cannot read"
    /// The file or its folder cannot be written.
    case unwritable = "cannot write"
    /// The disk or a quota is full.
    case diskFull = "no space left to write"

    /// The file ends before what it promises.
    case truncated = "too few bytes"
    /// Bytes follow after the end.
    case trailing = "bytes after the end"
    /// The file does not begin (or end) as this format does.
    case signature = "unknown format"
    /// The format's version is unknown.
    case version = "unknown version"
    /// The header's length is beyond its limit or beyond the file.
    case headerLength = "impossible header length"
    /// The header's text breaks its grammar.
    case syntax = "broken header"
    /// A name or key occurs twice.
    case duplicate = "a name twice"
    /// A key that must be there is not.
    case missingField = "missing key"
    /// A key that means nothing in this format.
    case unknownField = "unknown key"
    /// An element type that is not read.
    case dtype = "unsupported element type"
    /// A shape with too many dimensions, or with more elements than can be counted.
    case shape = "impossible shape"
    /// The shape and the number of bytes disagree.
    case byteCount = "shape and bytes disagree"
    /// Offsets out of order or beyond the file.
    case offsets = "impossible offsets"
    /// Two tensors or entries share bytes.
    case overlap = "shared bytes"
    /// Bytes that belong to no tensor.
    case hole = "unused bytes"
    /// A number that the tensor's element type cannot hold.
    case value = "a number out of range"
    /// The bytes are not those that were written.
    case checksum = "wrong checksum"
    /// An entry is compressed in a way that is not read.
    case compression = "compressed entry"
    /// An entry is encrypted or patched.
    case encryption = "encrypted entry"
    /// Two records of one entry disagree.
    case inconsistent = "records that disagree"
    /// A name that the format cannot hold, or that points outside of the archive.
    case name = "unusable name"
    /// A pickle names something outside of the list that is understood. Nothing is ever run.
    case forbidden = "a forbidden name"
    /// Values nested deeper than is read, or within themselves.
    case nesting = "values nested too deeply"
    /// What the file describes takes more memory than a file of its size may.
    case tooLarge = "too much memory for a file of this size"
    /// A tensor's bytes are in another file.
    case externalData = "data elsewhere"

    /// No recurrent weights under the names that PyTorch gives them.
    case noNetwork = "no recurrent network"
    /// Several recurrent networks, and no prefix that chooses one.
    case ambiguousNetwork = "several recurrent networks"
    /// A recurrent network of another kind than the one asked for.
    case otherNetwork = "another kind of network"
    /// A tensor of the network is not there.
    case missingTensor = "missing tensor"
    /// A tensor's shape does not fit the network's others.
    case misshapenTensor = "tensor of another shape"
    /// A tensor that the network has no place for.
    case unexpectedTensor = "unexpected tensor"
    /// What a network computes cannot be said in the form that is to be written.
    case inexpressible = "a network that this form cannot hold"
  }

  /// Where it went wrong.
  public struct Place: Sendable, Equatable {
    /// The path, or what the bytes are called.
    public var file: String
    /// The name of the tensor, entry or key.
    public var tensor: String?
    /// The byte of the file, from 0.
    public var byte: Int?

    /// A place in `file`, as narrow as it is known.
    public init(file: String, tensor: String? = nil, byte: Int? = nil) {
      self.file = file
      self.tensor = tensor
      self.byte = byte
    }
  }

  /// The rule that was broken.
  public var kind: Kind
  /// Where.
  public var place: Place
  /// What stood there.
  public var found: String
  /// What should have stood there.
  public var expected: String
  /// What to do.
  public var advice: String

  /// Makes an error; without `advice` it gets its kind's usual one.
  public init(_ kind: Kind, at place: Place, found: String, expected: String, advice: String? = nil) {
    self.kind = kind
    self.place = place
    self.found = found
    self.expected = expected
    self.advice = advice ?? kind.usualAdvice
  }
}

extension FileError: CustomStringConvertible {
  /// One line: what failed, where, found against expected, what to do.
  public var description: String {
    let tensor = place.tensor.map { ", tensor \($0.quoted)" } ?? ""
    let byte = place.byte.map { ", byte \($0)" } ?? ""
    let file = place.file.isEmpty ? "the tensors" : place.file
    return "\(kind.rawValue) in \(file)\(tensor)\(byte): found \(found), expected \(expected); \(advice)"
  }
}

extension FileError.Kind {
  fileprivate var usualAdvice: String {
    switch self {
    case .missing: "check the path"
    case .unreadable, .unwritable: "check the path and its permissions"
    case .diskFull: "free some space or choose another folder"
    case .signature, .version, .dtype, .compression, .encryption, .name, .value, .shape, .nesting, .tooLarge,
      .externalData:
      "export it again in a form that is read here"
    case .inexpressible: "choose another form"
    case .noNetwork, .ambiguousNetwork, .otherNetwork, .missingTensor, .misshapenTensor, .unexpectedTensor:
      "check the prefix, and that the file holds the whole network"
    default: "the file is damaged: copy or export it again"
    }
  }
}

extension String {
  /// The string in quotes, safe to print: control characters escaped, at most 80 scalars.
  var quoted: String {
    var text = "\""
    for scalar in unicodeScalars.prefix(80) { text += scalar.escaped(asASCII: false) }
    return text + (unicodeScalars.count > 80 ? "…\"" : "\"")
  }
}

/// What went wrong with a file: which rule was broken, where, what stood there and what should have.
///
/// The description reads in that order and ends with what to do:
///
///     tensors share bytes in model.safetensors, tensor "fc.weight": found begin 12, expected 16; the file is
///     damaged: copy or export it again
public struct FileError: Error, Sendable, Equatable {
  /// The rule that was broken. One rule of a format is one kind.
  public enum Kind: String, Sendable, CaseIterable {
    /// The file is not there.
    case missing
    /// The file cannot be opened or read.
    case unreadable
    /// The file or its folder cannot be written.
    case unwritable
    /// The disk or a quota is full.
    case diskFull

    /// The file ends before what it promises.
    case truncated
    /// Bytes follow after the end.
    case trailing
    /// The file does not begin (or end) as this format does.
    case signature
    /// The format's version is unknown.
    case version
    /// The header's length is beyond its limit or beyond the file.
    case headerLength
    /// The header's text breaks its grammar.
    case syntax
    /// A name or key occurs twice.
    case duplicate
    /// A key that must be there is not.
    case missingField
    /// A key that means nothing in this format.
    case unknownField
    /// An element type that is not read.
    case dtype
    /// A shape with too many dimensions, or with more elements than can be counted.
    case shape
    /// The shape and the number of bytes disagree.
    case byteCount
    /// Offsets out of order or beyond the file.
    case offsets
    /// Two tensors or entries share bytes.
    case overlap
    /// Bytes that belong to no tensor.
    case hole
    /// A number that the tensor's element type cannot hold.
    case value
    /// The bytes are not those that were written.
    case checksum
    /// An entry is compressed in a way that is not read.
    case compression
    /// An entry is encrypted or patched.
    case encryption
    /// Two records of one entry disagree.
    case inconsistent
    /// A name that the format cannot hold, or that points outside of the archive.
    case name
    /// A pickle names something outside of the list that is understood. Nothing is ever run.
    case forbidden
    /// Values nested deeper than is read, or within themselves.
    case nesting
    /// What the file describes takes more memory than a file of its size may.
    case tooLarge
    /// A tensor's bytes are in another file.
    case externalData

    /// No recurrent weights under the names that PyTorch gives them.
    case noNetwork
    /// Several recurrent networks, and no prefix that chooses one.
    case ambiguousNetwork
    /// A recurrent network of another kind than the one asked for.
    case otherNetwork
    /// A tensor of the network is not there.
    case missingTensor
    /// A tensor's shape does not fit the network's others.
    case misshapenTensor
    /// A tensor that the network has no place for.
    case unexpectedTensor
    /// What a network computes cannot be said in the form that is to be written.
    case inexpressible
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
    return "\(kind.summary) in \(file)\(tensor)\(byte): found \(found), expected \(expected); \(advice)"
  }
}

extension FileError.Kind {
  /// What failed, in a few words.
  var summary: String {
    switch self {
    case .missing: "missing file"
    case .unreadable: "cannot read"
    case .unwritable: "cannot write"
    case .diskFull: "no space left to write"
    case .truncated: "too few bytes"
    case .trailing: "bytes after the end"
    case .signature: "unknown format"
    case .version: "unknown version"
    case .headerLength: "impossible header length"
    case .syntax: "broken header"
    case .duplicate: "a name twice"
    case .missingField: "missing key"
    case .unknownField: "unknown key"
    case .dtype: "unsupported element type"
    case .shape: "impossible shape"
    case .byteCount: "shape and bytes disagree"
    case .offsets: "impossible offsets"
    case .overlap: "shared bytes"
    case .hole: "unused bytes"
    case .value: "a number out of range"
    case .checksum: "wrong checksum"
    case .compression: "compressed entry"
    case .encryption: "encrypted entry"
    case .inconsistent: "records that disagree"
    case .name: "unusable name"
    case .forbidden: "a forbidden name"
    case .nesting: "values nested too deeply"
    case .tooLarge: "too much memory for a file of this size"
    case .externalData: "data elsewhere"
    case .noNetwork: "no recurrent network"
    case .ambiguousNetwork: "several recurrent networks"
    case .otherNetwork: "another kind of network"
    case .missingTensor: "missing tensor"
    case .misshapenTensor: "tensor of another shape"
    case .unexpectedTensor: "unexpected tensor"
    case .inexpressible: "a network that this form cannot hold"
    }
  }

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

import Foundation
import RecurrentInterchange
import RecurrentTensors

// Graphs for tests, as short as they can be said.

extension OnnxModelProto {
  /// A model of nodes between inputs and outputs of any shape.
  init(
    _ nodes: [OnnxNodeProto], inputs: [OnnxValueInfoProto] = [], outputs: [String],
    tensors: [OnnxTensorProto] = [], operatorSet: Int64 = 17
  ) {
    self.init()
    irVersion = 8
    producerName = "tests"
    opsetImport = [OnnxOperatorSetIdProto(version: operatorSet)]
    graph.node = nodes
    graph.input = inputs
    graph.output = outputs.map { OnnxValueInfoProto($0) }
    graph.initializer = tensors
  }

  /// The model as a reader gets it.
  func read() throws -> OnnxModel { try OnnxModel(decoding: try encoded(), name: "graph.onnx") }
}

extension OnnxOperatorSetIdProto {
  fileprivate init(version: Int64) {
    self.init()
    self.version = version
  }
}

extension OnnxNodeProto {
  init(
    _ operatorName: String, _ inputs: [String], _ outputs: [String], domain: String = "",
    _ attributes: [OnnxAttributeProto] = []
  ) {
    self.init()
    opType = operatorName
    self.domain = domain
    input = inputs
    output = outputs
    attribute = attributes
  }
}

extension OnnxAttributeProto {
  init(_ name: String, _ value: Int64) {
    self.init()
    self.name = name
    (i, type) = (value, .int)
  }

  init(_ name: String, number value: Float) {
    self.init()
    self.name = name
    (f, type) = (value, .float)
  }

  init(_ name: String, numbers values: [Float]) {
    self.init()
    self.name = name
    (floats, type) = (values, .floats)
  }

  init(_ name: String, strings values: [String]) {
    self.init()
    self.name = name
    (strings, type) = (values.map { Data($0.utf8) }, .strings)
  }
}

extension OnnxValueInfoProto {
  /// A value; `dimensions` are numbers, names or `?`.
  init(_ name: String, _ dimensions: [String]? = nil, _ type: OnnxTensorProto.DataType = .float) {
    self.init()
    self.name = name
    guard let dimensions else { return }
    self.type.tensorType.elemType = Int32(type.rawValue)
    self.type.tensorType.shape.dim = dimensions.map { text in
      var dimension = OnnxTensorShapeProto.Dimension()
      if let size = Int64(text) {
        dimension.dimValue = size
      } else if text != "?" {
        dimension.dimParam = text
      }
      return dimension
    }
  }
}

extension OnnxTensorProto {
  init(_ name: String, _ type: DataType, dims: [Int64], raw: [UInt8]? = nil) {
    self.init()
    self.name = name
    self.dims = dims
    dataType = Int32(type.rawValue)
    if let raw { rawData = Data(raw) }
  }

  init(_ name: String, scalar: Int64) {
    self.init(name, .int64, dims: [])
    int64Data = [scalar]
  }

  init(_ name: String, _ numbers: [Int64]) {
    self.init(name, .int64, dims: [Int64(numbers.count)])
    int64Data = numbers
  }
}

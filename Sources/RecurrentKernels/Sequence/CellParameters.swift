import CRecurrentKernels

/// The parameters of one direction of one layer, as PyTorch lays them out.
package struct CellParameters: Sendable {
  /// `[G * H, I]`
  package var inputWeight: AlignedMemory
  /// `[G * H, H_out]`
  package var hiddenWeight: AlignedMemory
  /// `[G * H]`
  package var inputBias: AlignedMemory?
  package var hiddenBias: AlignedMemory?
  /// `[P, H]`
  package var projectionWeight: AlignedMemory?
  /// `[3H]` of i, f and o; of an LSTM whose ``FusedVariant/hasPeepholes``.
  package var peephole: AlignedMemory?

  package init(
    inputWeight: AlignedMemory, hiddenWeight: AlignedMemory, inputBias: AlignedMemory? = nil,
    hiddenBias: AlignedMemory? = nil, projectionWeight: AlignedMemory? = nil, peephole: AlignedMemory? = nil
  ) {
    self.inputWeight = inputWeight
    self.hiddenWeight = hiddenWeight
    self.inputBias = inputBias
    self.hiddenBias = hiddenBias
    self.projectionWeight = projectionWeight
    self.peephole = peephole
  }
}

/// The same parameters in the order that the forward kernels read them: panels of 16 outputs, biases summed.
package final class PackedCell: Sendable {
  package let shape: CellShape
  let inputWeight: AlignedMemory
  let hiddenWeight: AlignedMemory
  let projectionWeight: AlignedMemory?
  let bias: AlignedMemory
  let variant: VariantCall?

  package init(_ parameters: CellParameters, shape: CellShape) {
    self.shape = shape
    variant = VariantCall(parameters, shape)
    let table = KernelTable.current(shape.dtype)
    inputWeight = Self.packGates(parameters.inputWeight, depth: shape.inputSize, shape, table)
    hiddenWeight = Self.packGates(parameters.hiddenWeight, depth: shape.outputSize, shape, table)
    projectionWeight = parameters.projectionWeight.map {
      Packing.rows($0, columns: shape.projectionSize, depth: shape.hiddenSize, shape.dtype, table)
    }
    bias = parameters.startingSums(shape)
  }

  /// Gate by gate, so that each gate starts on a panel of its own.
  static func packGates(
    _ weight: AlignedMemory, depth: Int, _ shape: CellShape, _ table: KernelTable
  ) -> AlignedMemory {
    let gate = shape.paddedHidden * depth * shape.dtype.byteWidth
    let packed = AlignedMemory(byteCount: shape.cell.gateCount * gate, zeroed: false)
    for index in 0..<shape.cell.gateCount {
      table.functions.pack_rows(
        weight.base + index * shape.hiddenSize * depth * shape.dtype.byteWidth, depth, shape.hiddenSize,
        depth,
        packed.base + index * gate)
    }
    return packed
  }
}

extension CellParameters {
  /// Where each chain starts, `[slots][H']`: `b_ih + b_hh`, rounded once; a GRU's candidate keeps the two apart, slots
  /// r z nh nx. Zeros without biases.
  func startingSums(_ shape: CellShape) -> AlignedMemory {
    let sums = AlignedMemory(shape.dtype, count: shape.slotCount * shape.paddedHidden)
    guard let inputBias, let hiddenBias else { return sums }
    if shape.dtype == .float32 {
      addBiases(Float.self, inputBias, hiddenBias, shape, into: sums)
    } else {
      addBiases(Double.self, inputBias, hiddenBias, shape, into: sums)
    }
    return sums
  }

  private func addBiases<Element: BinaryFloatingPoint>(
    _ type: Element.Type, _ input: AlignedMemory, _ hidden: AlignedMemory, _ shape: CellShape,
    into sums: AlignedMemory
  ) {
    let (input, hidden) = (input.pointer(0, type), hidden.pointer(0, type))
    let (size, width, slots) = (shape.hiddenSize, shape.paddedHidden, sums.pointer(0, type))
    for unit in 0..<size {
      for gate in 0..<shape.cell.gateCount {
        slots[gate * width + unit] = input[gate * size + unit] + hidden[gate * size + unit]
      }
      if shape.resetsBeforeProduct {
        slots[3 * width + unit] = slots[2 * width + unit]
        slots[2 * width + unit] = 0
      } else if shape.cell == .gru {
        slots[2 * width + unit] = hidden[2 * size + unit]
        slots[3 * width + unit] = input[2 * size + unit]
      }
    }
  }
}

/// Matrices in panels of 16 outputs.
enum Packing {
  /// Packs a matrix stored `[columns, depth]`.
  static func rows(
    _ matrix: AlignedMemory, offset: Int = 0, columns: Int, depth: Int, _ dtype: DType, _ table: KernelTable
  ) -> AlignedMemory {
    let packed = AlignedMemory(dtype, count: CellShape.padded(columns) * depth, zeroed: false)
    table.functions.pack_rows(matrix.base + offset * dtype.byteWidth, depth, columns, depth, packed.base)
    return packed
  }

  /// Packs a matrix stored `[depth, columns]`.
  static func columns(
    _ matrix: AlignedMemory, offset: Int = 0, columns: Int, depth: Int, _ dtype: DType, _ table: KernelTable
  ) -> AlignedMemory {
    let packed = AlignedMemory(dtype, count: CellShape.padded(columns) * depth, zeroed: false)
    table.functions.pack_columns(matrix.base + offset * dtype.byteWidth, columns, columns, depth, packed.base)
    return packed
  }

  /// Copies `rows` rows of `width` elements into rows of `stride`, or back.
  static func copyRows(
    _ dtype: DType, rows: Int, width: Int, from source: AlignedMemory, stride sourceStride: Int,
    to target: AlignedMemory, stride targetStride: Int
  ) {
    let bytes = dtype.byteWidth
    for row in 0..<rows {
      target.copyBytes(
        from: source, sourceByte: row * sourceStride * bytes, toByte: row * targetStride * bytes,
        byteCount: width * bytes)
    }
  }
}

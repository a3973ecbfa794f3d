// Cephes' single-precision logf, sinf and cosf (Moshier, 1992) in the form of Pommier's sse_mathfun, with the fused
// multiply-adds that PyTorch's compiler makes of it; each `addingProduct` below stands where one was observed, and the
// results are equal bit for bit. They are good to about 2 ULP, and used for nothing else.

/// The natural logarithm of a normal number: Cephes' polynomial on `sqrt(1/2)..<sqrt(2)`.
func cephesLogarithm(_ u: Float) -> Float {
  let bits = u.bitPattern
  var exponent = Float(Int32(bits >> 23) - 126)
  var x = Float(bitPattern: bits & 0x807f_ffff | 0x3f00_0000)
  if x < 0.707106781186547524 {
    exponent -= 1
    x = (x - 1) + x
  } else {
    x -= 1
  }
  let z = x * x
  var y: Float = 7.0376836292e-2
  y = Float(-1.1514610310e-1).addingProduct(y, x)
  y = Float(1.1676998740e-1).addingProduct(y, x)
  y = Float(-1.2420140846e-1).addingProduct(y, x)
  y = Float(1.4249322787e-1).addingProduct(y, x)
  y = Float(-1.6668057665e-1).addingProduct(y, x)
  y = Float(2.0000714765e-1).addingProduct(y, x)
  y = Float(-2.4999993993e-1).addingProduct(y, x)
  y = Float(3.3333331174e-1).addingProduct(y, x)
  y = (exponent * -2.12194440e-4).addingProduct(y * x, z)
  y = y.addingProduct(-z, 0.5)
  return (x + y).addingProduct(exponent, 0.693359375)
}

/// Sine and cosine of an angle in 0..<2 pi: octants by Cody and Waite, then Cephes' polynomials on |x| <= pi/4.
func cephesSineAndCosine(_ angle: Float) -> (Float, Float) {
  let octant = (Int32(angle * 1.27323954473516) + 1) & ~1
  let y = Float(octant)
  let x = angle.addingProduct(y, -0.78515625).addingProduct(y, -2.4187564849853515625e-4)
    .addingProduct(y, -3.77489497744594108e-8)
  let z = x * x
  let half = z * 0.5
  let outer = Float(4.166664568298827e-2).addingProduct(
    Float(-1.388731625493765e-3).addingProduct(2.443315711809948e-5, z), z)
  let cosine = (-half).addingProduct(outer * z, z) + 1
  let inner = Float(-1.6666654611e-1).addingProduct(
    Float(8.3321608736e-3).addingProduct(-1.9515295891e-4, z), z)
  let sine = x.addingProduct(inner * z, x)
  let swapped = octant & 2 != 0
  let sineSign = UInt32(octant & 4) << 29
  let cosineSign = UInt32(~(octant - 2) & 4) << 29
  return (
    Float(bitPattern: (swapped ? cosine : sine).bitPattern ^ sineSign),
    Float(bitPattern: (swapped ? sine : cosine).bitPattern ^ cosineSign)
  )
}

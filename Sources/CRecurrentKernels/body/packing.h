// A cell's weights as its step reads them: [panel of 16 units][k][gate][16]. All gates of a unit stand in the same lanes
// of neighbouring vectors, so a step reads one stream and finishes the cell in registers.

INLINE size_t NAME(padded)(size_t size) { return (size + CRK_PANEL - 1) / CRK_PANEL * CRK_PANEL; }

// Gate by gate, so that 16 rows at a time are read along k.
static void NAME(pack_gates)(const void *weights, size_t gates, size_t units, size_t depth, void *packed_) {
  for (size_t first = 0; first < units; first += CRK_PANEL) {
    const size_t count = units - first < CRK_PANEL ? units - first : CRK_PANEL;
    for (size_t gate = 0; gate < gates; gate++) {
      const real *rows = (const real *)weights + (gate * units + first) * depth;
      real *packed = (real *)packed_ + (first * depth * gates) + gate * CRK_PANEL;
      NAME(pack_panel)(rows, depth, count, depth, packed, gates * CRK_PANEL);
    }
  }
}

/*
 * Sums over an axis that is not the last one, in AssemblyScript, in the memory of tfjs's wasm backend.
 */

/** Rows that are summed in registers before the sum is added to what stands: two short sums lose fewer digits than a long one. */
const BLOCK: u32 = 64

@inline
function addTo(address: usize, value: v128): void {
  v128.store(address, f32x4.add(v128.load(address), value))
}

/**
 * out[o, i] = scale · Σ over r of x[o, r, i].
 *
 * @param x shape (outer, rows, inner); `out` shape (outer, inner), float32 both
 */
export function sumRows(x: usize, out: usize, outer: u32, rows: u32, inner: u32, scale: f32): void {
  const row = inner * 4
  for (let o: u32 = 0; o < outer; o++) {
    memory.fill(out, 0, row)
    for (let r: u32 = 0; r < rows; r += BLOCK) sumBlock(x + r * row, out, min<u32>(BLOCK, rows - r), inner, row)
    for (let i: u32 = 0; i < row; i += 4) store<f32>(out + i, load<f32>(out + i) * scale)
    x += rows * row
    out += row
  }
}

function sumBlock(x: usize, out: usize, rows: u32, inner: u32, row: u32): void {
  const end = x + rows * row
  let i: u32 = 0
  for (; i + 16 <= inner; i += 16) {
    let a = f32x4.splat(0)
    let b = a, c = a, d = a
    for (let from = x + i * 4; from < end; from += row) {
      a = f32x4.add(a, v128.load(from))
      b = f32x4.add(b, v128.load(from, 16))
      c = f32x4.add(c, v128.load(from, 32))
      d = f32x4.add(d, v128.load(from, 48))
    }
    const to = out + i * 4
    addTo(to, a)
    addTo(to + 16, b)
    addTo(to + 32, c)
    addTo(to + 48, d)
  }
  for (; i + 4 <= inner; i += 4) {
    let a = f32x4.splat(0)
    for (let from = x + i * 4; from < end; from += row) a = f32x4.add(a, v128.load(from))
    addTo(out + i * 4, a)
  }
  for (; i < inner; i++) {
    let sum: f32 = 0
    for (let from = x + i * 4; from < end; from += row) sum += load<f32>(from)
    store<f32>(out + i * 4, load<f32>(out + i * 4) + sum)
  }
}

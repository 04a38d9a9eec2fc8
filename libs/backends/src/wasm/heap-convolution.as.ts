/*
 * Convolution and its filter gradient for images in NHWC, in AssemblyScript. They work where their operands lie, in the
 * memory of tfjs's wasm backend, and have none of their own. Addresses and steps are in bytes.
 *
 * Both keep a tile of 4 × 8 sums in registers. A padded image lets the taps of one kernel row be walked as one run of
 * numbers, kernel width × channels long, and leaves no border to look out for. It may be read up to 3 pixels and 15
 * numbers past its end; what is read there is thrown away.
 */

@inline
function sumOf(sum: v128, x: v128, y: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, y))
}

@inline
function addTo(address: usize, value: v128): void {
  v128.store(address, f32x4.add(v128.load(address), value))
}

/** Copies `rows` rows of `rowBytes`, `fromRow` apart, to places `toRow` apart. */
export function copyRows(from: usize, to: usize, rows: u32, rowBytes: u32, fromRow: u32, toRow: u32): void {
  for (let row: u32 = 0; row < rows; row++) {
    memory.copy(to, from, rowBytes)
    from += fromRow
    to += toRow
  }
}

/** The 8 sums of each of 4 pixels; a panel is 8 numbers to start from, then 8 weights for each tap. */
function convolveTile(
  source: usize,
  panel: usize,
  out: usize,
  kernelHeight: u32,
  runBytes: u32,
  row: u32,
  pixel: u32,
  outPixel: u32,
): void {
  let a0 = v128.load(panel)
  let b0 = v128.load(panel, 16)
  let a1 = a0, b1 = b0, a2 = a0, b2 = b0, a3 = a0, b3 = b0
  panel += 32
  for (let tapRow: u32 = 0; tapRow < kernelHeight; tapRow++) {
    let x0 = source
    let x1 = source + pixel
    let x2 = x1 + pixel
    let x3 = x2 + pixel
    const end = source + runBytes
    while (x0 < end) {
      const left = v128.load(panel)
      const right = v128.load(panel, 16)
      let x = v128.load_splat<f32>(x0)
      a0 = sumOf(a0, x, left)
      b0 = sumOf(b0, x, right)
      x = v128.load_splat<f32>(x1)
      a1 = sumOf(a1, x, left)
      b1 = sumOf(b1, x, right)
      x = v128.load_splat<f32>(x2)
      a2 = sumOf(a2, x, left)
      b2 = sumOf(b2, x, right)
      x = v128.load_splat<f32>(x3)
      a3 = sumOf(a3, x, left)
      b3 = sumOf(b3, x, right)
      x0 += 4
      x1 += 4
      x2 += 4
      x3 += 4
      panel += 32
    }
    source += row
  }
  v128.store(out, a0)
  v128.store(out, b0, 16)
  out += outPixel
  v128.store(out, a1)
  v128.store(out, b1, 16)
  out += outPixel
  v128.store(out, a2)
  v128.store(out, b2, 16)
  out += outPixel
  v128.store(out, a3)
  v128.store(out, b3, 16)
}

/**
 * out[y, x, c] = start[c] + Σ over taps of source[y, x, tap] weights[tap, c], for one padded image.
 *
 * @param panels from packing: ⌈channels / 8⌉ panels of 8 · (1 + kernelHeight · runBytes / 4) numbers
 * @param tile room for 32 numbers
 * @param row from one padded row to the next; `strideRow`, `pixel` from one output's source to the next one's
 */
export function convolve(
  source: usize,
  panels: usize,
  out: usize,
  tile: usize,
  kernelHeight: u32,
  runBytes: u32,
  row: u32,
  strideRow: u32,
  pixel: u32,
  height: u32,
  width: u32,
  channels: u32,
  outRow: u32,
  outPixel: u32,
): void {
  const panelBytes = 32 + kernelHeight * runBytes * 8
  for (let y: u32 = 0; y < height; y++) {
    let panel = panels
    for (let c: u32 = 0; c < channels; c += 8) {
      const valid = min<u32>(8, channels - c) * 4
      for (let x: u32 = 0; x < width; x += 4) {
        const first = x + 4 > width && width > 4 ? width - 4 : x
        const target = out + first * outPixel + c * 4
        if (valid === 32 && width >= 4) {
          convolveTile(source + first * pixel, panel, target, kernelHeight, runBytes, row, pixel, outPixel)
        } else {
          convolveTile(source + first * pixel, panel, tile, kernelHeight, runBytes, row, pixel, 32)
          const count = min<u32>(4, width - first)
          for (let i: u32 = 0; i < count; i++) memory.copy(target + i * outPixel, tile + i * 32, valid)
        }
      }
      panel += panelBytes
    }
    source += strideRow
    out += outRow
  }
}

/**
 * Lays out the weights of one kernel row run for `convolve`: panel p holds the channels 8 p … 8 p + 7 of each of `count` taps.
 * Channels past the last are zeros.
 *
 * @param from the first weight; `tap` bytes from one tap to the next, `channel` bytes from one channel to the next
 * @param to where the run starts in the first panel, `panelBytes` long
 */
export function packRun(from: usize, to: usize, count: u32, tap: i32, channels: u32, channel: u32, panelBytes: u32): void {
  for (let c: u32 = 0; c < channels; c += 8) {
    const valid = min<u32>(8, channels - c)
    let source = from + c * channel
    let target = to
    for (let i: u32 = 0; i < count; i++) {
      for (let j: u32 = 0; j < valid; j++) store<f32>(target + j * 4, load<f32>(source + j * channel))
      for (let j = valid; j < 8; j++) store<f32>(target + j * 4, 0)
      source += tap
      target += 32
    }
    to += panelBytes
  }
}

/** sums[i, c] += Σ over rows and pixels of x[i] dy[c], for 4 taps i and 8 channels c. */
function outerTile(
  x: usize,
  dy: usize,
  sums: usize,
  rows: u32,
  rowBytes: u32,
  xRow: u32,
  xPixel: u32,
  dyPixel: u32,
): void {
  let a0 = f32x4.splat(0)
  let b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0
  for (let row: u32 = 0; row < rows; row++) {
    let source = x
    let gradient = dy
    const end = dy + rowBytes
    while (gradient < end) {
      const left = v128.load(gradient)
      const right = v128.load(gradient, 16)
      let tap = v128.load_splat<f32>(source)
      a0 = sumOf(a0, tap, left)
      b0 = sumOf(b0, tap, right)
      tap = v128.load_splat<f32>(source, 4)
      a1 = sumOf(a1, tap, left)
      b1 = sumOf(b1, tap, right)
      tap = v128.load_splat<f32>(source, 8)
      a2 = sumOf(a2, tap, left)
      b2 = sumOf(b2, tap, right)
      tap = v128.load_splat<f32>(source, 12)
      a3 = sumOf(a3, tap, left)
      b3 = sumOf(b3, tap, right)
      source += xPixel
      gradient += dyPixel
    }
    x += xRow
    dy += rowBytes
  }
  addTo(sums, a0)
  addTo(sums + 16, b0)
  sums += dyPixel
  addTo(sums, a1)
  addTo(sums + 16, b1)
  sums += dyPixel
  addTo(sums, a2)
  addTo(sums + 16, b2)
  sums += dyPixel
  addTo(sums, a3)
  addTo(sums + 16, b3)
}

@inline
function addLane(address: usize, value: f32): void {
  store<f32>(address, load<f32>(address) + value)
}

@inline
function addLanes(address: usize, step: u32, value: v128): void {
  addLane(address, f32x4.extract_lane(value, 0))
  addLane(address + step, f32x4.extract_lane(value, 1))
  addLane(address + 2 * step, f32x4.extract_lane(value, 2))
  addLane(address + 3 * step, f32x4.extract_lane(value, 3))
}

/** The same for 16 taps and one channel: what is left of channels that are not a multiple of 8. */
function outerColumn(
  x: usize,
  dy: usize,
  sums: usize,
  rows: u32,
  rowBytes: u32,
  xRow: u32,
  xPixel: u32,
  dyPixel: u32,
): void {
  let a = f32x4.splat(0)
  let b = a, c = a, d = a
  for (let row: u32 = 0; row < rows; row++) {
    let source = x
    let gradient = dy
    const end = dy + rowBytes
    while (gradient < end) {
      const channel = v128.load_splat<f32>(gradient)
      a = sumOf(a, channel, v128.load(source))
      b = sumOf(b, channel, v128.load(source, 16))
      c = sumOf(c, channel, v128.load(source, 32))
      d = sumOf(d, channel, v128.load(source, 48))
      source += xPixel
      gradient += dyPixel
    }
    x += xRow
    dy += rowBytes
  }
  addLanes(sums, dyPixel, a)
  addLanes(sums + 4 * dyPixel, dyPixel, b)
  addLanes(sums + 8 * dyPixel, dyPixel, c)
  addLanes(sums + 12 * dyPixel, dyPixel, d)
}

/**
 * sums[ky, i, c] += Σ over outputs of x[output, ky, i] dy[output, c] for one padded image; i runs over kernel width × channels.
 *
 * @param sums room for kernelHeight · ⌈taps / 16⌉ · 16 · channels numbers
 * @param block how many rows of outputs are walked before the next tile of sums: few enough to stay in the first-level cache
 */
export function filterGradient(
  x: usize,
  dy: usize,
  sums: usize,
  kernelHeight: u32,
  taps: u32,
  row: u32,
  strideRow: u32,
  pixel: u32,
  height: u32,
  width: u32,
  channels: u32,
  block: u32,
): void {
  const dyPixel = channels * 4
  const dyRow = width * dyPixel
  const runBytes = ((taps + 15) & ~15) * dyPixel
  const whole = channels & ~7
  for (let y: u32 = 0; y < height; y += block) {
    const rows = min<u32>(block, height - y)
    for (let ky: u32 = 0; ky < kernelHeight; ky++) {
      const source = x + ky * row
      const run = sums + ky * runBytes
      for (let i: u32 = 0; i < taps; i += 4) {
        for (let c: u32 = 0; c < whole; c += 8) {
          outerTile(source + i * 4, dy + c * 4, run + i * dyPixel + c * 4, rows, dyRow, strideRow, pixel, dyPixel)
        }
      }
      for (let c = whole; c < channels; c++) {
        for (let i: u32 = 0; i < taps; i += 16) {
          outerColumn(source + i * 4, dy + c * 4, run + i * dyPixel + c * 4, rows, dyRow, strideRow, pixel, dyPixel)
        }
      }
    }
    x += block * strideRow
    dy += block * dyRow
  }
}

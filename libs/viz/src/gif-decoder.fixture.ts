/** A frame of a decoded GIF. */
export interface DecodedFrame {
  readonly width: number
  readonly height: number
  /** Hundredths of a second. */
  readonly delay: number
  /** Red, green, blue of each pixel, (height × width × 3). */
  readonly rgb: Uint8Array
}

/** A decoded GIF. */
export interface DecodedGif {
  readonly width: number
  readonly height: number
  /** 0 for ever, undefined where the file does not say: once. */
  readonly repeat: number | undefined
  readonly frames: readonly DecodedFrame[]
}

/** Decodes a GIF of whole, opaque, not interlaced frames, as GIF89a describes it; written from the specification, for tests. */
export function decodeGif(file: Uint8Array): DecodedGif {
  let at = 0
  const byte = (): number => {
    if (at >= file.length) throw new Error(`The GIF ends at byte ${at}.`)
    return file[at++]
  }
  const word = (): number => byte() + 256 * byte()
  const text = (length: number): string => Array.from({ length }, () => String.fromCharCode(byte())).join('')
  const table = (flags: number): Uint8Array => Uint8Array.from({ length: 3 * 2 ** ((flags & 7) + 1) }, byte)
  const blocks = (): number[] => {
    const data: number[] = []
    for (let size = byte(); size > 0; size = byte()) for (let i = 0; i < size; i++) data.push(byte())
    return data
  }
  if (text(6) !== 'GIF89a') throw new Error('The file is no GIF89a.')
  const [width, height, screen] = [word(), word(), byte()]
  at += 2
  const global = (screen & 128) !== 0 ? table(screen) : new Uint8Array(0)
  const frames: DecodedFrame[] = []
  let repeat: number | undefined
  let delay = 0
  for (let kind = byte(); kind !== 0x3b; kind = byte()) {
    if (kind === 0x21) {
      const label = byte()
      const data = blocks()
      if (label === 0xf9) delay = data[1] + 256 * data[2]
      if (label === 0xff && String.fromCharCode(...data.slice(0, 11)) === 'NETSCAPE2.0') repeat = data[12] + 256 * data[13]
    } else if (kind === 0x2c) {
      at += 4
      const [frameWidth, frameHeight, flags] = [word(), word(), byte()]
      const colors = (flags & 128) !== 0 ? table(flags) : global
      const indices = decodeLzw(byte(), blocks())
      if (indices.length !== frameWidth * frameHeight) throw new Error(`A frame of ${frameWidth} × ${frameHeight} holds ${indices.length} pixels.`)
      frames.push({ width: frameWidth, height: frameHeight, delay, rgb: Uint8Array.from(indices.flatMap((index) => [...colors.subarray(3 * index, 3 * index + 3)])) })
    } else throw new Error(`Byte ${at - 1} is ${kind}, the start of nothing.`)
  }
  if (at !== file.length) throw new Error('Something follows the end of the GIF.')
  return { width, height, repeat, frames }
}

function decodeLzw(leastBits: number, data: readonly number[]): number[] {
  const clear = 1 << leastBits
  const pixels: number[] = []
  let codes: number[][] = []
  let bits = 0
  let previous: number[] | undefined
  const restart = (): void => {
    codes = Array.from({ length: clear + 2 }, (_, value) => (value < clear ? [value] : []))
    ;[bits, previous] = [leastBits + 1, undefined]
  }
  restart()
  for (let position = 0; ;) {
    let code = 0
    for (let bit = 0; bit < bits; bit++, position++) code |= ((data[position >> 3] >> (position & 7)) & 1) << bit
    if (code === clear + 1) return pixels
    if (code === clear) {
      restart()
      continue
    }
    const known = codes[code]
    if (!known && (code !== codes.length || !previous)) throw new Error(`Code ${code} was never defined.`)
    const run = known ?? [...previous!, previous![0]]
    for (const pixel of run) pixels.push(pixel)
    if (previous && codes.length < 4096) {
      codes.push([...previous, run[0]])
      if (codes.length === 1 << bits && bits < 12) bits++
    }
    previous = run
  }
}

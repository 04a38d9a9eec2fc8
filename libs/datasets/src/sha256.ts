/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, §4.2.2). */
const ROUND_CONSTANTS = fractionalRoots(64, Math.cbrt)

/** Those of the square roots of the first 8 (§5.3.3). */
const INITIAL = fractionalRoots(8, Math.sqrt)

/**
 * SHA-256 of bytes, as 64 hexadecimal digits. Here so that what runs in a browser can name its contents without waiting;
 * about 150 MB/s.
 *
 * @see NIST FIPS 180-4, §6.2.
 */
export function sha256(bytes: Uint8Array): string {
  const state = Uint32Array.from(INITIAL)
  const schedule = new Int32Array(64)
  const whole = bytes.length - (bytes.length % 64)
  for (let at = 0; at < whole; at += 64) compress(state, bytes, at, schedule)
  const tail = paddedTail(bytes.subarray(whole), bytes.length)
  for (let at = 0; at < tail.length; at += 64) compress(state, tail, at, schedule)
  return [...state].map((word) => word.toString(16).padStart(8, '0')).join('')
}

/** The last bytes, a one bit, zeros, and the length in bits as a 64-bit number: one or two blocks. */
function paddedTail(rest: Uint8Array, length: number): Uint8Array {
  const tail = new Uint8Array(rest.length < 56 ? 64 : 128)
  tail.set(rest)
  tail[rest.length] = 0x80
  const view = new DataView(tail.buffer)
  view.setUint32(tail.length - 8, Math.floor(length / 2 ** 29))
  view.setUint32(tail.length - 4, (length * 8) >>> 0)
  return tail
}

function compress(state: Uint32Array, bytes: Uint8Array, at: number, w: Int32Array): void {
  for (let i = 0, from = at; i < 16; i++, from += 4) {
    w[i] = (bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3]
  }
  for (let i = 16; i < 64; i++) {
    const [x, y] = [w[i - 15], w[i - 2]]
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as readonly number[]
  for (let i = 0; i < 64; i++) {
    const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const first = (h + sum1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[i] + w[i]) | 0
    const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  state[0] += a
  state[1] += b
  state[2] += c
  state[3] += d
  state[4] += e
  state[5] += f
  state[6] += g
  state[7] += h
}

/** First 32 bits of the fractional parts of a root of the first primes; float64 has the digits for it. */
function fractionalRoots(count: number, root: (prime: number) => number): Int32Array {
  const primes: number[] = []
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
  }
  return Int32Array.from(primes, (prime) => ((root(prime) % 1) * 2 ** 32) >>> 0)
}

/**
 * One block of Philox4x32-10: four random 32-bit words as a function of a 128-bit counter and a 64-bit key, and of
 * nothing else. Under one key it is a bijection of the counters, so no two counters give the same block.
 *
 * All words are unsigned 32-bit integers; signed ones are read modulo 2³².
 *
 * @param c0 - counter, word 0
 * @param c1 - counter, word 1
 * @param c2 - counter, word 2
 * @param c3 - counter, word 3
 * @param k0 - key, word 0
 * @param k1 - key, word 1
 * @param out - receives the four words
 * @see Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", §3.3.
 */
export function philox4x32(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
): void {
  // Constants of the generator, inside the function because engines fold them only there: that is a third of its time.
  const multiplier0 = 0xd2511f53
  const multiplier1 = 0xcd9e8d57
  const weyl0 = 0x9e3779b9
  const weyl1 = 0xbb67ae85
  let x0 = c0 | 0
  let x1 = c1 | 0
  let x2 = c2 | 0
  let x3 = c3 | 0
  for (let round = 0; round < 10; round++) {
    const high0 = highWord(x0, multiplier0 & 0xffff, multiplier0 >>> 16)
    const high1 = highWord(x2, multiplier1 & 0xffff, multiplier1 >>> 16)
    const low0 = Math.imul(x0, multiplier0)
    const low1 = Math.imul(x2, multiplier1)
    x0 = high1 ^ x1 ^ k0
    x1 = low1
    x2 = high0 ^ x3 ^ k1
    x3 = low0
    k0 = (k0 + weyl0) | 0
    k1 = (k1 + weyl1) | 0
  }
  out[0] = x0
  out[1] = x1
  out[2] = x2
  out[3] = x3
}

/** The upper 32 bits of the unsigned 64-bit product of a word and a multiplier, which comes in two 16-bit halves. */
function highWord(word: number, multiplierLow: number, multiplierHigh: number): number {
  const low = word & 0xffff
  const high = word >>> 16
  const middle = (Math.imul(high, multiplierLow) + (Math.imul(low, multiplierLow) >>> 16)) | 0
  const carry = (Math.imul(low, multiplierHigh) + (middle & 0xffff)) >>> 16
  return (Math.imul(high, multiplierHigh) + (middle >>> 16) + carry) | 0
}

import { InvalidArgumentError } from '../errors'
import { philox4x32 } from './philox'

/**
 * Which noise is meant. Number j of sample i is a function of (seed, stream, step, i, draw, j) and of nothing else:
 * not of the batch it is drawn in, its order, its shard, or what was drawn before.
 */
export interface NoiseKey {
  /** The run's seed, a safe integer ≥ 0. */
  readonly seed: number
  /** What the noise is for, such as `'sampler'` or `'training/time'`; streams of different names are independent. */
  readonly stream: string
  /** Index of the step, an integer in [0, 2³²). */
  readonly step: number
  /** Index of the first sample of the batch within the whole run, an integer in [0, 2³²). */
  readonly firstSample: number
  /** Which of several draws within one step (a corrector, a rejected step), an integer in [0, 2³²). */
  readonly draw: number
}

/** The 64-bit key of the generator, as two unsigned words. */
export interface PhiloxKey {
  /** Word 0. */
  readonly k0: number
  /** Word 1. */
  readonly k1: number
}

const WORD = 2 ** 32

/** The constant key under which seeds and names are hashed: the bytes of "sbgmnois". */
const HASH_KEY = [0x7362676d, 0x6e6f6973] as const

/**
 * Hashes (seed, stream) into a Philox key. A state of four words starts as the block of counter (seed mod 2³², ⌊seed
 * / 2³²⌋, length of the name, 0) under a constant key; each eight UTF-16 code units of the name, two to a word and
 * padded with zeros, are combined into it by exclusive or, after which it becomes the block of itself. The key is its
 * first two words.
 *
 * @param seed - the run's seed, a safe integer ≥ 0
 * @param stream - the name of the stream
 */
export function philoxKey(seed: number, stream: string): PhiloxKey {
  const [h0, h1] = HASH_KEY
  const state = new Uint32Array(4)
  philox4x32(seed, Math.floor(seed / WORD), stream.length, 0, h0, h1, state)
  for (let at = 0; at < stream.length; at += 8) {
    const word = (i: number) => state[i] ^ stream.charCodeAt(at + 2 * i) ^ (stream.charCodeAt(at + 2 * i + 1) << 16)
    philox4x32(word(0), word(1), word(2), word(3), h0, h1, state)
  }
  return { k0: state[0], k1: state[1] }
}

/**
 * Checks a key against the words of the counter that must hold it.
 *
 * @param key - the key
 * @param batch - how many samples are drawn, the first of them `key.firstSample`
 * @throws {@link InvalidArgumentError} naming the field that breaks its rule.
 */
export function checkNoiseKey(key: NoiseKey, batch: number): void {
  const { seed, stream, step, firstSample, draw } = key
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new InvalidArgumentError('key.seed', seed, 'an integer from 0 to 2^53 - 1')
  }
  if (typeof stream !== 'string' || stream === '') {
    throw new InvalidArgumentError('key.stream', stream, 'a name that is not empty')
  }
  checkWord('key.step', step)
  checkWord('key.firstSample', firstSample)
  checkWord('key.draw', draw)
  if (firstSample + batch > WORD) {
    const rule = `at most 2^32 - ${batch}, so that each of the ${batch} samples has an index below 2^32`
    throw new InvalidArgumentError('key.firstSample', firstSample, rule)
  }
}

function checkWord(argument: string, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= WORD) {
    throw new InvalidArgumentError(argument, value, 'an integer from 0 to 2^32 - 1')
  }
}

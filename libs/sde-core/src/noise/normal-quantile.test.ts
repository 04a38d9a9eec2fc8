import { describe, expect, it } from 'vitest'
import { normalQuantile } from './normal-quantile'

/**
 * [n, Φ⁻¹(n / 2⁵³)] to 19 digits by mpmath 1.3 at 50: −√2 erfinv(1 − 2p), Halley's iteration on ncdf below p = 1e-6.
 * The rows stand on both sides of every joint: e⁻²⁵, where the tail formula changes; √½ / 16, where the logarithm's
 * mantissa wraps; 0.075, where the central region begins.
 */
const golden: readonly (readonly [number, number])[] = [
  [1, -8.209536151601386856],
  [3, -8.07657100413012465],
  [11, -7.916520712471188502],
  [121, -7.612581833222721163],
  [125095, -6.657900503832199246],
  [125201, -6.657775980560808571],
  [9007199, -5.997807019601637426],
  [9007199255, -4.753424308817087766],
  [9007199254741, -3.090232306167813278],
  [90071992547409, -2.326347874040844933],
  [398065728932861, -1.70396113928329651],
  [398065730132861, -1.703961137857147664],
  [675539043385649, -1.439532177375900488],
  [675540844825499, -1.439530764501730373],
  [900719925474099, -1.281551565544600593],
  [2251799813685249, -0.6744897501960813938],
  [3602879701896397, -0.2533471031357997413],
  [4503599627368497, -5.563049932918862078e-13],
  [4503599627370495, -2.782916424671766922e-16],
  [4503599627370497, 2.782916424671766922e-16],
  [5404319552844595, 0.2533471031357997413],
  [8106479329266893, 1.281551565544600593],
  [8556839292003943, 1.644853626951473361],
  [9006298534815519, 3.719016485455988854],
  [9007199254615993, 6.658013368782379277],
  [9007199254740991, 8.209536151601386856],
]

describe('normalQuantile', () => {
  it.each(golden)('at %d / 2^53 is %d to a relative error of 1e-15', (n, z) => {
    expect(Math.abs(normalQuantile(n * 2 ** -53) / z - 1)).toBeLessThan(1e-15)
  })

  it('is odd about one half, bit for bit', () => {
    for (let p = 2 ** -53; p < 0.5; p *= 1.37) {
      const n = 2 * Math.floor(p * 2 ** 52) + 1
      expect(normalQuantile(1 - n * 2 ** -53)).toBe(-normalQuantile(n * 2 ** -53))
    }
  })

  it('is 0 at one half', () => {
    expect(normalQuantile(0.5)).toBe(0)
  })

  it('never falls by more than its error, across the joints of its formulas (0.075 and e^-25) too', () => {
    for (const joint of [0.075, Math.exp(-25), 0.925]) {
      for (let i = -1000; i < 1000; i++) {
        const [below, above] = [joint * (1 + i * 1e-13), joint * (1 + (i + 1) * 1e-13)]
        const rise = normalQuantile(above) - normalQuantile(below)
        expect(rise).toBeGreaterThan(-1e-15 * Math.abs(normalQuantile(joint)))
      }
    }
  })
})

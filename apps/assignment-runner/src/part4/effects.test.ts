import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guidanceEffects, type EffectsInput } from './effects'
import type { ClassMeasures, GammaMeasures, RealMeasures } from './measure'

const measures = (changes: Partial<ClassMeasures> = {}): ClassMeasures => ({
  count: 64, guide: 0.9, judge: 0.9, anyClass: 0.8, histogram: [0, 64], diversity: { mean: 10, meanError: 0.4 }, frechet: 20, ...changes,
})
const realOf = (changes: Partial<ClassMeasures> = {}): RealMeasures => {
  const all = measures({ count: 892, ...changes })
  return { ...all, frechetSets: { sets: 13, size: 64, mean: all.frechet, std: 1 } }
}
const row = (gamma: number, changes: Partial<ClassMeasures> = {}): GammaMeasures => ({ gamma, ...measures(changes) })
const varied = (mean: number, meanError = 0.4) => ({ diversity: { mean, meanError } })
const said = (rows: readonly GammaMeasures[], real = realOf({ judge: 1, anyClass: 0.95, frechet: 5 })) => {
  const { short, paragraphs } = guidanceEffects({ rows, real, title: 'class 5' })
  const [obedience, agreement, spoiling, diversity, distance] = paragraphs
  return { short, obedience, agreement, spoiling, diversity, distance }
}

describe('what γ does, in sentences from made-up numbers', () => {
  it('as usually: more of the class, less variety, and the nearest images in between', () => {
    const { short, obedience, agreement, spoiling, diversity, distance } = said([
      row(0, { guide: 0.1, judge: 0.1, ...varied(20), histogram: [5, 10, 20, 29], frechet: 80 }),
      row(0.5, { guide: 0.7, judge: 0.6, ...varied(14), frechet: 30 }),
      row(1, { guide: 0.95, judge: 0.94, ...varied(12), frechet: 11.234 }),
      row(5, { guide: 1, judge: 0.98, anyClass: 0.82, ...varied(8), frechet: 18 }),
    ])
    expect(short).toBe('In short: guidance makes more of the images class 5 (10 % without guidance, 98 % at γ = 5); they are more alike at γ = 5 than at γ = 0.5.')
    expect(obedience).toContain('calls 10 % class 5, of those at γ = 5 98 %. From γ = 1 on (94 %) no share is clearly below the largest.')
    expect(agreement).toContain('differ the most at γ = 0.5: 70 % and 60 %, which is not clear from chance')
    expect(spoiling).toContain('80 % of the images without guidance, for 82 % at γ = 5, and for 95 % of real ones. Between the first two there is no difference that is clear from chance.')
    expect(diversity).toContain('Two images at γ = 0, where 4 classes are mixed, are 20 ± 0.4 apart')
    expect(diversity).toContain('From γ = 0.5 to γ = 5 it falls from 14 ± 0.4 to 8 ± 0.4, the price of the images that a larger γ gains for the class. At γ = 5 the images are more alike than real ones are.')
    expect(distance).toContain('is 80 without guidance and the smallest at γ = 1, 11.2; sets of 64 real test images have 5 on average, with a standard deviation of 1 over 13 sets. Beyond it more guidance leads away again, to 18 at γ = 5.')
  })

  it('where guidance changes nothing, nothing is claimed', () => {
    const { short, obedience, agreement, spoiling, diversity, distance } = said([0, 1, 2].map((gamma) => row(gamma, { guide: 0.1, judge: 0.1 })), realOf())
    expect(short).toBe('In short: guidance makes no difference that is clear from chance to how many images are class 5 (10 % without guidance, 10 % at γ = 2).')
    expect(obedience).toMatch(/That is no difference that is clear from chance\.$/)
    expect(agreement).toMatch(/find the same share at each γ above 0\.$/)
    expect(spoiling).toMatch(/no difference that is clear from chance\.$/)
    expect(diversity).toContain('From γ = 1 (10 ± 0.4) to γ = 2 (10 ± 0.4) it does not clearly change. At γ = 2 they are about as varied as real ones.')
    expect(distance).toMatch(/So no γ brought the images nearer to the class's\.$/)
  })

  it('where guidance leads away from the class, and varies and clears the images', () => {
    const { short, obedience, spoiling, diversity } = said([
      row(0, { judge: 0.6, anyClass: 0.2 }), row(1, { judge: 0.3, anyClass: 0.5, ...varied(8) }), row(2, { judge: 0.1, anyClass: 0.9, ...varied(12) }),
    ])
    expect(short).toContain('makes fewer of the images class 5 (60 % without guidance, 10 % at γ = 2), the opposite of what it is for; they are more varied at γ = 2 than at γ = 1; more of them are clearly an image of some class.')
    expect(obedience).toMatch(/So guidance leads away from the class\.$/)
    expect(spoiling).toContain('clearer than those of the model alone')
    expect(diversity).toContain('it grows from 8 ± 0.4 to 12 ± 0.4. At γ = 2 the images differ more than real ones do.')
  })

  it('where too large a γ spoils images, loses the class again, and convinces its own classifier alone', () => {
    const { short, obedience, agreement, spoiling } = said([
      row(0, { guide: 0.1, judge: 0.1 }), row(2, { guide: 1, judge: 0.95 }), row(20, { guide: 1, judge: 0.5, anyClass: 0.1 }),
    ])
    expect(short).toContain('fewer of them are clearly an image of some class')
    expect(obedience).toMatch(/The most are 95 %, at γ = 2: beyond it the share falls\.$/)
    expect(agreement).toMatch(/differ the most at γ = 20: 100 % and 50 %\. So some of what guidance does convinces only the network that asks for it\.$/)
    expect(spoiling).toContain('So guidance spoils images.')
  })

  it('where the classifier that guides believes less than the independent one', () => {
    expect(said([row(0, { guide: 0.1, judge: 0.1 }), row(2, { guide: 0.5, judge: 0.95 })]).agreement).toMatch(/better than the network that asks for them knows\.$/)
  })

  it('of one γ alone nothing is said about a course over several', () => {
    const { short, obedience, diversity, distance } = said([row(0, { judge: 0.1, frechet: 80 }), row(3, { judge: 0.9, ...varied(7) })])
    expect(short).toBe('In short: guidance makes more of the images class 5 (10 % without guidance, 90 % at γ = 3).')
    expect(obedience).toMatch(/At γ = 0 before it they are clearly fewer, 10 %\.$/)
    expect(diversity).not.toContain('From')
    expect(diversity).toContain('At γ = 3 it is 7 ± 0.4.')
    expect(distance).toMatch(/No larger γ than 3 was tried\.$/)
  })

  it('two images have no error of their distance, so nothing is clear about it', () => {
    expect(said([row(0, varied(10, NaN)), row(1, varied(20, NaN)), row(2, varied(1, NaN))], realOf(varied(5, NaN))).diversity).toMatch(/it does not clearly change. At γ = 2 they are about as varied as real ones\.$/)
  })
})

describe('whatever the numbers', () => {
  const share = fc.integer({ min: 0, max: 64 }).map((n) => n / 64)
  const any = fc.record({
    guide: share, judge: share, anyClass: share, frechet: fc.double({ min: 0, max: 200, noNaN: true }),
    diversity: fc.record({ mean: fc.double({ min: 0.1, max: 30, noNaN: true }), meanError: fc.double({ min: 0.01, max: 3, noNaN: true }) }),
  }).map((changes) => measures(changes))
  const input: fc.Arbitrary<EffectsInput> = fc.tuple(fc.array(any, { minLength: 2, maxLength: 6 }), any).map(([all, real]) => ({ rows: all.map((one, i) => ({ gamma: i, ...one })), real: realOf(real), title: 'class 5' }))

  it('each claim has its numbers on its side (1000 runs)', () => {
    fc.assert(fc.property(input, ({ rows, real, title }) => {
      const { short, paragraphs } = guidanceEffects({ rows, real, title })
      const [none, least, most] = [rows[0], rows[1], rows[rows.length - 1]]
      const text = [short, ...paragraphs].join('\n')
      const claims: readonly (readonly [string, boolean])[] = [
        ['makes more of the images', most.judge > none.judge],
        ['makes fewer of the images', most.judge < none.judge],
        ['leads away from the class', most.judge < none.judge],
        ['beyond it the share falls', rows.some(({ judge }) => judge > most.judge)],
        ['more alike at', most.diversity.mean < least.diversity.mean],
        ['more varied at', most.diversity.mean > least.diversity.mean],
        ['the price of the images', most.diversity.mean < least.diversity.mean && most.judge > least.judge],
        ['more alike than real ones', most.diversity.mean < real.diversity.mean],
        ['differ more than real ones', most.diversity.mean > real.diversity.mean],
        ['spoils images', most.anyClass < none.anyClass],
        ['clearer than those of the model alone', most.anyClass > none.anyClass],
        ['leads away again', rows.some(({ frechet }) => frechet < most.frechet)],
        ['convinces only the network that asks', rows.some(({ guide, judge }) => guide > judge)],
        ['better than the network that asks', rows.some(({ guide, judge }) => guide < judge)],
      ]
      for (const [claim, holds] of claims) if (text.includes(claim)) expect(holds, claim).toBe(true)
      expect(text).not.toMatch(/undefined|NaN|Infinity|\[object/)
    }), { seed: 4, numRuns: 1000 })
  })
})

import { digits } from '@sbgm/datasets'
import { describe, expect, it } from 'vitest'
import { atLeast } from '../bar'
import type { ClassMeasures } from './measure'
import { part4Report, type GuidanceReport } from './report'
import { allClassesSection, barsSection, inpaintingSection } from './report-sections'
import { classifierSettings } from './settings'

const data = { ...digits({ seed: 1, trainCount: 20, testCount: 10 }), name: 'mnist' }
const measures: ClassMeasures = { count: 64, guide: 0.5, judge: 0.25, anyClass: 0.75, histogram: [32, 32], diversity: { mean: 10, meanError: 0.5 }, frechet: 20 }
const report: GuidanceReport = {
  seed: 7, profile: 'quick', title: 'class 5', method: 'DDIM, 50 steps',
  rows: [{ gamma: 0, ...measures }, { gamma: 0.5, ...measures, judge: 1 }],
  real: { ...measures, count: 892, frechet: 5, frechetSets: { sets: 13, size: 64, mean: 5, std: 1 } },
  score: { from: 'part 3', sha256: 'abcdef0123456789' }, asPart3: true,
  classifier: {
    settings: classifierSettings.quick, parameters: 12345, log: [{ step: 4000, loss: 1, meanLoss: 0.8, learningRate: 0, gradientNorm: 1, samplesPerSecond: 640, seconds: 400 }],
    accuracy: { clean: 0.9876, times: Float64Array.of(0.3, 0.6, 1), accuracies: Float64Array.of(0.9, 0.5, 0.12), crossEntropies: new Float64Array(3), images: 2000, guess: 0.11, guessEntropy: 2.3 },
  },
  figures: ['comparison', 'effect', 'classifier-accuracy', 'gamma-0', 'gamma-0.5'].map((name) => ({ name, caption: `the ${name}`, svg: '' })),
  bars: [],
}

describe('the report of part 4', () => {
  it('has each figure, a row for each γ and for real images, and what the classifier can do', () => {
    const text = part4Report(report, data)
    for (const { name, caption } of report.figures) expect(text).toContain(`![${caption}](${name}.png)`)
    expect(text).toContain('| γ = 0.5 | 64 | 50 % | 100 % | 75 % | 10 ± 0.5 | 20 |')
    expect(text).toContain('| real test images of the class | 892 | 50 % | 25 % | 75 % | 10 ± 0.5 | 5 in sets of 64 |')
    expect(text).toContain('it puts 98.8 % into their class; with noise 90 % at t = 0.3, 50 % at t = 0.6, 12 % at t = 1, where always naming the commonest class has 11 %.')
    expect(text).toContain('In short: guidance makes more of the images class 5')
    expect(text).not.toMatch(/## (All classes|Inpainting)|undefined|NaN/)
  })

  it.each([
    [{}, "The sampler is part 3's, unchanged: DDIM, 50 steps. The score network is part 3's (`../part3/`, sha256 `abcdef012345…`); the images of γ = 0 are the first of part 3's own, to the bit. Image k"],
    [{ asPart3: false }, "The score network is part 3's (`../part3/`, sha256 `abcdef012345…`). Image k"],
    [{ asPart3: false, score: { from: 'this part', sha256: 'abcdef0123456789' } as const }, 'Part 3 was not complete beside this part, so its network was trained here'],
  ])('says where the score comes from, and of γ = 0 only what was found (%#)', (changes, expected) => {
    expect(part4Report({ ...report, ...changes }, data)).toContain(expected)
  })

  it('says of all classes which got the fewest, or that none did', () => {
    const numbers = { gamma: 2, perClass: 10, sameClass: 0.95, sameClassOfEach: [1, 1, 1, 0.7, 1, 0.7, 1, 1, 1, 1] }
    expect(allClassesSection(numbers, [], data)).toContain('puts 95 % of them into the class that was asked for, the fewest, 70 %, where 3, 5 were asked for.')
    expect(allClassesSection({ ...numbers, sameClassOfEach: new Array<number>(10).fill(1) }, [], data)).toContain('asked for, of each class alike.')
  })

  it('says of inpainting how far the samples are from what was given and from the rest', () => {
    const numbers = { images: 10, samples: 6, largestGivenError: 0, toOriginal: 0.6, betweenSamples: 0.5, sameClass: 0.9 }
    expect(inpaintingSection(numbers, { samples: 6, steps: 250, resamplings: 4 }, [])).toContain('differ from them by at most 0. Elsewhere a sample differs from the original by 0.6 per pixel')
  })

  it('says which bars are met, and of another set than MNIST that guidance has none', () => {
    const [met, missed] = [atLeast('a', 0.9, 0.7), atLeast('b', 0.1, 0.7)]
    expect(barsSection([met], data)).toContain('All are met.\n\n| bar')
    expect(barsSection([met, missed], data)).toContain('1 of 2 is missed.')
    expect(barsSection([met, missed], data)).toContain('| b | 0.1 | ≥ 0.7 | **missed** |')
    expect(barsSection([met], { ...data, name: 'fashion-mnist' })).toContain('The bars of guidance were set for MNIST and are not held against Fashion-MNIST. All are met.')
    expect(barsSection([], { ...data, name: 'digits' })).toBe('The bars were set for published sets; a run on drawn digits has none.')
  })
})

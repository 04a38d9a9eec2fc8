import { writeFigure } from '../drawn-figure'
import type { ImageSize } from '../judges/image-size'
import type { OutputFolder } from '../output-folder'
import { statesAnimation, stripFigure, type ModelWords } from './figures'
import type { StatesAlong } from './sample-images'
import type { SamplingPlan } from './sampler-choice'

const [strip, film] = ['along-the-way', 'samples.gif']

/** The images along the way: a strip of a few and an animation of all that are shown, written as soon as they are sampled. */
export function alongTheWay(
  folder: OutputFolder,
  { shown, plan }: { readonly shown: number; readonly plan: SamplingPlan },
  size: ImageSize,
  words: ModelWords & { readonly method: string },
): StatesAlong {
  return {
    images: shown,
    every: plan.shown.fiftieth,
    isDone: () => [`${strip}.svg`, `${strip}.png`, film].every((name) => folder.has(name)),
    async use(states) {
      await writeFigure(stripFigure(strip, states, plan.shown, size, words), folder)
      folder.write(film, statesAnimation(states, size, shown))
    },
  }
}

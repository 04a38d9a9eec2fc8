import type { Judges } from '../judges/open-judges'
import type { PartContext } from '../part'
import type { GammaImages } from './figures'
import { classFeatures, imagesOfClass, measureClass, measureReal, type ClassMeasuring, type GammaMeasures, type RealMeasures } from './measure'

/** What was made at each γ, and real images, measured. */
export interface MeasuredGammas {
  /** In the order of what was made. */
  readonly rows: readonly GammaMeasures[]
  /** All test images of the class. */
  readonly real: RealMeasures
}

/** Measures what was made at each γ, and the real test images of the class. @throws the signal's reason when the run is interrupted */
export async function measuredGammas(
  made: readonly GammaImages[], judges: Judges, asked: Pick<ClassMeasuring, 'guide' | 'time' | 'label'> & { readonly count: number }, context: PartContext,
): Promise<MeasuredGammas> {
  const { signal, progress } = context
  const { train, test } = context.dataset()
  const stage = progress.stage('measuring', made.length + 2)
  const features = await classFeatures(judges, train, asked.label, signal)
  const measuring: ClassMeasuring = { ...asked, judges, train, features, signal }
  stage.advance(1)
  const real = await measureReal(imagesOfClass(test, asked.label), asked.count, measuring)
  const rows: GammaMeasures[] = []
  for (const { gamma, images } of made) {
    stage.advance(2 + rows.length)
    rows.push({ gamma, ...(await measureClass(images, measuring)) })
  }
  stage.end()
  return { rows, real }
}

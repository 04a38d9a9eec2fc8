import { scalarMixtureTarget, vpSde, type ScalarModel } from '@sbgm/sde-core'

/** β(0) and β(1) of the assignment's VP SDE. */
export const [betaMin, betaMax] = [0.1, 20]

/** The VP SDE of part 1. */
export const sde = vpSde({ betaMin, betaMax })

/** x_0 ~ ½ N(−3, 0.5²) + ½ N(3, 0.5²), with everything that is known about it under the SDE. */
export const target: ScalarModel = scalarMixtureTarget({ sde, weights: [0.5, 0.5], means: [-3, 3], stds: [0.5, 0.5] })

/** The setting in one line, for figures. */
export const parameters = `VP SDE, β_{0} = ${betaMin}, β_{1} = ${betaMax};  x_{0} ~ ½ N(−3, 0.5²) + ½ N(3, 0.5²)`

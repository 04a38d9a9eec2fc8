export { classifier, type ClassifierOptions } from './classifier'
export { compose, type Guidance } from './guidance'
export type { GuidanceScale } from './guidance-scale'
export { labelLogProbabilityGradient, logProbabilityGradient, type LabelGradient, type LabelGradientOptions, type NoisyLogits } from './label-gradient'

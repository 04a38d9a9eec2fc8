export type { Constraint } from './constraint'
export { convert, type ConversionContext } from './convert'
export { cosineVpSde, type CosineVpSdeOptions } from './cosine-vp-sde'
export { denoisingExample, denoisingLoss, type DenoisingExample, type DenoisingExampleOptions, type DenoisingLossOptions } from './denoising-loss'
export {
  differentiable,
  isDifferentiable,
  vectorJacobian,
  type Covector,
  type DifferentiablePredictor,
  type VectorJacobian,
} from './differentiable-predictor'
export { discreteDdpm, type DiscreteDdpm, type DiscreteDdpmOptions } from './discrete-ddpm'
export { forwardSde, probabilityFlow, reverseSde, type Dynamics } from './dynamics'
export { edmSde, type EdmSdeOptions } from './edm-sde'
export { InvalidArgumentError, MissingGradientError, NonFiniteError, ShapeError, type NonFiniteLocation } from './errors'
export { empiricalTarget, scalarEmpiricalTarget, type EmpiricalTargetOptions, type ScalarEmpiricalTargetOptions } from './exact/empirical'
export type { DrawableModel, DrawOptions, ExactModel, FlowModel, ScalarModel } from './exact/exact-model'
export { fusedKernel, type FusedKernel } from './fused-kernel'
export {
  gaussianTarget,
  type GaussianMarginal,
  type GaussianTarget,
  type GaussianTargetOptions,
  type ScalarGaussianTarget,
  type ScalarGaussianTargetOptions,
} from './exact/gaussian'
export { labelledMixtureTarget, type LabelledMixtureTarget } from './exact/labelled-mixture'
export { mixtureTarget, type MixtureTargetOptions } from './exact/mixture'
export { normalCdf, normalDensity } from './exact/normal-law'
export { scalarMixtureTarget, type ScalarMixtureTargetOptions } from './exact/scalar-mixture'
export { hostSpace } from './host-space'
export { hostState, type HostState } from './host-state'
export { karrasGrid, type KarrasGridOptions } from './karras-grid'
export { labelledPredictor, type LabelledPredictor, type LabelledPredictorOptions } from './labelled-predictor'
export { checkLabels, type Labels } from './labels'
export { likelihoodWeighting, minSnrWeighting, noiseWeighting, scoreWeighting, type LossWeighting } from './loss-weighting'
export { predictor, type Network, type NetworkConditions, type Params, type PredictorOptions } from './network'
export type { NoiseSchedule } from './noise-schedule'
export { fillNormal, fillUniform } from './noise/keyed-noise'
export type { NoiseKey } from './noise/noise-key'
export { ownedStates, type OwnedStates } from './owned-states'
export { conditionalScore, marginal, perturb, type ConditionalScoreOptions, type Marginal, type PerturbOptions } from './perturb'
export { conversionCoefficients, type ConversionCoefficients, type Prediction } from './prediction'
export { conversionAt, conversionOf, evaluate, type ConversionFactors, type Predictor } from './predictor'
export { samplePrior, type SamplePriorOptions } from './prior'
export { quadraticGrid } from './quadratic-grid'
export { memoryless, type Sampler, type SamplerState, type StepInput, type StepPosition, type StepResult } from './sampler'
export { scoreFromDiscreteNoise } from './score-from-discrete-noise'
export type { Sde } from './sde'
export { songGrid, type SongGridOptions } from './song-grid'
export { subVpSde } from './sub-vp-sde'
export { differentiableOnTensors } from './tensor-gradient'
export { tensorSpace } from './tensor-space'
export { lambdaGrid, timeGrid, uniformGrid, type GridOptions, type TimeGrid } from './time-grid'
export { timeSampler, type SampledTimes, type TimeSampler, type TimeSamplingOptions } from './time-sampling'
export {
  batchSize,
  coefficientAt,
  timesOf,
  type Coefficient,
  type Tolerance,
  type TwofoldBinaryOperation,
  type TwofoldOperation,
  type VectorSpace,
} from './vector-space'
export type { Times } from './times'
export { veSde, type VeSdeOptions } from './ve-sde'
export { vpSde, type BetaSde, type LinearBetaOptions } from './vp-sde'

export { convergenceOrder, type ConvergenceOrder } from './convergence-order'
export { gaussianW2, momentPropagation, type MomentPropagationOptions, type ScalarMoments } from './moment-propagation'
export { noLeak, tensorLeak, type TensorLeak } from './tensor-leak'

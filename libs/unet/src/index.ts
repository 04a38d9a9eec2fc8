export { scoreMlp, type ScoreMlpOptions } from './score-mlp'
export { sinusoidalEmbedding, type SinusoidalEmbeddingOptions } from './time-embedding'

// How probable a model finds data: ln p by the probability flow, exactly and by random probes, and as bits per dimension.
import { bitsPerDimension, logLikelihood, uniformDequantization } from '@sbgm/samplers'
import { hostSpace as space, mixtureTarget, probabilityFlow, timeGrid, vpSde } from '@sbgm/sde-core'

// A law of four numbers whose density is known at every time; stands where a network would.
const sde = vpSde()
const means = [[-0.5, -0.25, 0, 0.25], [0.5, 0.25, 0.5, -0.5]]
const law = mixtureTarget({ sde, weights: [0.5, 0.5], means, stds: [[0.1, 0.2, 0.1, 0.2], [0.2, 0.1, 0.2, 0.1]] })

// Data as bytes, 0 to 255 for [−1, 1): their probability is bounded by the density of the bytes with uniform noise added.
const draws = law.draw(space, { count: 20, seed: 1 })
const bytes = draws.data.map((value) => Math.min(Math.max(Math.floor((value + 1) * 128), 0), 255))
const bytesToX = uniformDequantization({ levels: 256, low: -1, high: 1 })
const x = bytesToX.dequantize({ space, data: bytes, shape: draws.shape, seed: 1 })

const dynamics = probabilityFlow(sde, law.predictor('noise', space), space)
const run = { dynamics, space, x, grid: timeGrid([1e-3, 1]), seed: 1 }
const truth = law.logDensity(x, 1e-3)
const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const gap = ({ nats }) => Math.max(...nats.map((value, i) => Math.abs(value - truth[i]))).toExponential(0)

const exact = await logLikelihood({ ...run, divergence: 'exact', prior: (end) => law.logDensity(end, 1) })
console.log(`exact trace, exact prior: off by ${gap(exact)} nats at most, ${exact.evaluations} evaluations`)
const normal = await logLikelihood({ ...run, divergence: 'exact' })
console.log(`exact trace, N(0, 1) as prior: off by ${gap(normal)} nats at most, the prior's mismatch`)
const estimate = await logLikelihood({ ...run, probes: 8 })
const error = Math.hypot(...estimate.standardError) / estimate.nats.length
console.log(`mean ln p: ${average(exact.nats).toFixed(2)}, by 8 random probes ${average(estimate.nats).toFixed(2)} ± ${error.toFixed(2)}`)

const { mean, standardError, terms } = bitsPerDimension(exact, bytesToX)
for (const [name, values] of Object.entries(terms)) console.log(name.padEnd(10), average(values).toFixed(3).padStart(7))
console.log(`bits/dim   ${mean.toFixed(3).padStart(7)} ± ${standardError.toFixed(3)}`)

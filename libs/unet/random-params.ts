import { fillNormal, type Params } from '@sbgm/sde-core'
import { tensor } from '@tensorflow/tfjs-core'

/** Parameters of the same names and shapes with none at zero: kernels N(0, 1/fan-in), scales 1 + N(0, 0.2²), others N(0, 0.2²). */
export function randomParams(like: Params, seed: number): Params {
  return Object.fromEntries(Object.entries(like).map(([name, { shape, size }]) => {
    const values = new Float32Array(size)
    fillNormal(values, size, { seed, stream: name, step: 0, firstSample: 0, draw: 0 })
    const std = name.endsWith('.kernel') ? Math.sqrt(shape[shape.length - 1] / size) : 0.2
    return [name, tensor(values.map((value) => std * value + (name.endsWith('.scale') ? 1 : 0)), shape)]
  }))
}

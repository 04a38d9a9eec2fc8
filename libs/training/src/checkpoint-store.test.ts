import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkpointStore } from './checkpoint-store'
import type { TrainingState } from './training-state'

const group = (value: number) => ({ 'out.kernel': { data: Float32Array.of(value, -0, 1e-40), shape: [3, 1] }, gain: { data: Float32Array.of(2 * value), shape: [] } })
const stateAt = (step: number, meanLoss = 1 / step): TrainingState => ({
  step, seconds: step / 8, meanLoss, record: { seed: 3, data: { checksum: 'ab' } }, parameters: group(step), average: group(step + 0.5), first: group(-step), second: group(step / 7),
})

it('works', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'x-'))
  const store = checkpointStore({ folder: join(folder, 'a', 'b'), keep: 2 })
  expect(await store.latest()).toBeUndefined()
  for (const step of [1, 2, 3, 4, 5]) await store.save(stateAt(step, step === 2 ? 0 : 1))
  console.log(readdirSync(store.folder), (await store.best())?.path)
  expect((await store.latest())?.state).toEqual(stateAt(5, 1))
  rmSync(folder, { recursive: true })
})

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inTemporaryFolder } from '../temporary-folder'
import { CheckpointError } from './checkpoint-error'
import { encodeSafetensors } from './safetensors'
import { readWeights, writeWeights } from './weights-file'

const content = { tensors: { 'out.kernel': { data: Float32Array.of(1, -2), shape: [2, 1] } }, metadata: { data: 'digits' } }

it('weights are written by their own names, as a plain safetensors file, and read back', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'models', 'average.safetensors')
    await writeWeights(path, content)
    expect(new Uint8Array(readFileSync(path))).toEqual(encodeSafetensors(content))
    expect(await readWeights(path)).toEqual(content)
  }))

it('a file of weights that is missing or damaged is named', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'w.safetensors')
    await expect(readWeights(path)).rejects.toThrow(`${path} cannot be read: there is no such file or folder (ENOENT).`)
    await writeWeights(path, content)
    writeFileSync(path, readFileSync(path).subarray(0, -1))
    await expect(readWeights(path)).rejects.toThrow(/w\.safetensors cannot be read: bytes must be a whole safetensors file, .*\. Remove it/)
    await expect(readWeights(path)).rejects.toBeInstanceOf(CheckpointError)
  }))

it('weights written at the same moment under one name are those of one write, whole, and nothing lies beside them', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'w.safetensors')
    const filled = (value: number) => ({ tensors: { w: { data: new Float32Array(300_000).fill(value), shape: [300_000] } }, metadata: {} })
    await Promise.all([1, 2, 3, 4].map((value) => writeWeights(path, filled(value))))
    const { data } = (await readWeights(path)).tensors.w
    expect(data.every((value) => value === data[0])).toBe(true)
    expect(readdirSync(folder)).toEqual(['w.safetensors'])
  }))

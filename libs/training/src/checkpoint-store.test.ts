import files from 'node:fs'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { inTemporaryFolder } from '../temporary-folder'
import { CheckpointError } from './checkpoint-error'
import { readCheckpoint } from './checkpoint-file'
import { checkpointStore, type CheckpointStore } from './checkpoint-store'
import { decodeSafetensors, encodeSafetensors } from './safetensors'
import type { TrainingState } from './training-state'

afterEach(() => vi.restoreAllMocks())

const group = (value: number) => ({
  'out.kernel': { data: Float32Array.of(value, -0, 1e-40), shape: [3, 1] },
  gain: { data: Float32Array.of(2 * value), shape: [] },
})
const stateAt = (step: number, meanLoss = 1 / step): TrainingState => ({
  step, seconds: step / 8, meanLoss, record: { seed: 3, data: { checksum: 'ab' } },
  parameters: group(step), average: group(step + 0.5), first: group(-step), second: group(step / 7),
})

const inStore = (action: (store: CheckpointStore) => Promise<void>, keep = 3) =>
  inTemporaryFolder((folder) => action(checkpointStore({ folder: join(folder, 'run', 'checkpoints'), keep })))
const stepsOf = async (store: CheckpointStore) => (await store.list()).map(({ step }) => step)
const failure = (code: string) => Object.assign(new Error(`${code}: it failed`), { code })

describe('a checkpoint', () => {
  it('comes back bit for bit, and its file says so to every reader: float32 tensors by group and name, the numbers as JSON', () =>
    inStore(async (store) => {
      const { path, step } = await store.save(stateAt(12))
      expect([path, step]).toEqual([join(store.folder, 'step-00000012.safetensors'), 12])
      expect(await store.latest()).toEqual({ path, score: 1 / 12, state: stateAt(12) })
      const { tensors, metadata } = decodeSafetensors(files.readFileSync(path))
      const names = ['average', 'first', 'parameters', 'second'].flatMap((prefix) => [`${prefix}/gain`, `${prefix}/out.kernel`])
      expect(Object.keys(tensors)).toEqual(names)
      expect(tensors['average/gain']).toEqual({ data: Float32Array.of(25), shape: [] })
      expect(metadata['sbgm.checkpoint']).toBe('1')
      expect(JSON.parse(metadata['sbgm.state'])).toMatchObject({ step: 12, meanLoss: 1 / 12, record: { seed: 3 } })
    }))

  it('with any one bit of it flipped is refused by a CheckpointError that names the file', () =>
    inStore(async (store) => {
      const { path } = await store.save(stateAt(1))
      const bytes = files.readFileSync(path)
      for (let at = 0; at < bytes.length; at++) {
        files.writeFileSync(path, bytes.with(at, bytes[at] ^ (1 << at % 7)))
        const error: unknown = await readCheckpoint(path).catch((reason: unknown) => reason)
        expect(CheckpointError.isInstance(error) && error.path, `byte ${at}`).toBe(path)
      }
    }))

  it.each([0, 4, 8, 100, -100, -1])('cut off at byte %d (from its end where negative) is refused, with what to do', (length) =>
    inStore(async (store) => {
      await store.save(stateAt(1))
      const { path } = await store.save(stateAt(2))
      files.writeFileSync(path, files.readFileSync(path).subarray(0, length))
      for (const read of [() => store.latest(), () => store.best()]) {
        await expect(read()).rejects.toBeInstanceOf(CheckpointError)
        await expect(read()).rejects.toThrow(path)
        await expect(read()).rejects.toThrow(/is damaged: .*\. Remove it to go on from the checkpoint before it\.$/)
      }
    }))

  it('of another program, of a newer format, and one that is not there are told apart', () =>
    inStore(async (store) => {
      const { path } = await store.save(stateAt(1))
      const { tensors, metadata } = decodeSafetensors(files.readFileSync(path))
      const readWith = (text: Record<string, string>) => {
        files.writeFileSync(path, encodeSafetensors({ tensors, metadata: text }))
        return readCheckpoint(path)
      }
      await expect(readWith({ format: 'pt' })).rejects.toThrow(`${path} is a safetensors file, but no checkpoint of @sbgm/training`)
      await expect(readWith({ ...metadata, 'sbgm.checkpoint': '2' })).rejects.toThrow('has format 2, and this version of @sbgm/training reads formats up to 1; update it')
      await expect(readWith({ ...metadata, 'sbgm.checkpoint': 'one' })).rejects.toThrow("is damaged: its format version is 'one'")
      await expect(readWith({ 'sbgm.checkpoint': '1' })).rejects.toThrow('is damaged: its metadata lacks sbgm.state')
      files.rmSync(path)
      await expect(readCheckpoint(path)).rejects.toThrow(`${path} cannot be read: there is no such file or folder (ENOENT).`)
    }))

  it.each([
    ['a weight that is not finite', { average: { ...group(1), gain: { data: Float32Array.of(NaN), shape: [] } } }, "state.average['gain'] must be finite to be saved in a checkpoint; got NaN."],
    ['no whole number of steps', { step: 1.5 }, 'step must be an integer of at least 1; got 1.5.'],
    ['a mean loss that is not finite', { meanLoss: Infinity }, 'meanLoss must be a finite number to be saved in a checkpoint; got Infinity.'],
  ])('is not made of %s', (_, change, message) =>
    inStore(async (store) => {
      const save = store.save({ ...stateAt(1), ...change })
      await expect(save).rejects.toThrow(message)
      await expect(save).rejects.toBeInstanceOf(InvalidArgumentError)
      expect(await store.list()).toEqual([])
    }))
})

describe('a checkpoint store', () => {
  it('keeps the newest and, besides them, the best by score: the mean loss, or what it is told; the later of two equals', () =>
    inStore(async (store) => {
      for (const [step, loss] of [[1, 5], [2, 1], [3, 4], [4, 3], [5, 2]]) await store.save(stateAt(step, loss))
      expect(await stepsOf(store)).toEqual([2, 4, 5])
      expect((await store.best())?.state).toEqual(stateAt(2, 1))
      await store.save(stateAt(6, 9), { score: 1 })
      expect((await store.best())?.state.step).toBe(6)
      await store.save(stateAt(7, 8))
      expect(await stepsOf(store)).toEqual([6, 7])
      await store.save(stateAt(8, 8))
      await store.save(stateAt(9, 8))
      expect(await stepsOf(store)).toEqual([6, 8, 9])
    }, 2))

  it('opened anew knows which is the best', () =>
    inStore(async (store) => {
      await store.save(stateAt(1, 0.5))
      await store.save(stateAt(2, 0.7))
      const again = checkpointStore({ folder: store.folder, keep: 1 })
      await again.save(stateAt(3, 0.6))
      expect(await stepsOf(again)).toEqual([1, 3])
      expect(await again.best()).toMatchObject({ score: 0.5, state: { step: 1 } })
    }))

  it('that was never saved to is empty, and reading makes no folder', () =>
    inStore(async (store) => {
      expect([await store.list(), await store.latest(), await store.best()]).toEqual([[], undefined, undefined])
      expect(files.existsSync(store.folder)).toBe(false)
    }))

  it('removes what killed writes left, and nothing else', () =>
    inStore(async (store) => {
      files.mkdirSync(store.folder, { recursive: true })
      const random = '0f8fad5b-d9cb-469f-a165-70867728950e'
      const others = ['notes.txt', `notes.txt.${random}.partial`, `step-1.safetensors.${random}.partial`]
      for (const name of [...others, `step-00000003.safetensors.${random}.partial`]) files.writeFileSync(join(store.folder, name), 'x')
      await store.save(stateAt(5))
      expect(files.readdirSync(store.folder)).toEqual([...others, 'step-00000005.safetensors'].sort())
    }))

  it('replaces a checkpoint of the same step, and refuses to save below a later one, which stays', () =>
    inStore(async (store) => {
      await store.save(stateAt(5))
      await store.save(stateAt(5, 7))
      expect((await store.latest())?.score).toBe(7)
      await expect(store.save(stateAt(4))).rejects.toThrow('step-00000005.safetensors is of a later step than the 4 to be saved beside it; remove it, or')
      expect(await stepsOf(store)).toEqual([5])
    }))

  it('saves past a damaged checkpoint, which goes when its time has come', () =>
    inStore(async (store) => {
      files.writeFileSync((await store.save(stateAt(1, 0))).path, 'broken')
      const again = checkpointStore({ folder: store.folder, keep: 2 })
      await again.save(stateAt(2))
      expect(await stepsOf(again)).toEqual([1, 2])
      await again.save(stateAt(3))
      expect(await stepsOf(again)).toEqual([2, 3])
    }))

  it('that cannot remove what it no longer needs names it; the new checkpoint is there', () =>
    inStore(async (store) => {
      await store.save(stateAt(1, 9))
      vi.spyOn(fs, 'rm').mockRejectedValue(failure('EPERM'))
      const save = store.save(stateAt(2))
      await expect(save).rejects.toThrow('step-00000001.safetensors is no longer needed and cannot be removed: not permitted; give a folder of your own (EPERM). The new checkpoint is saved.')
      await expect(save).rejects.toBeInstanceOf(CheckpointError)
      vi.restoreAllMocks()
      await store.save(stateAt(3))
      expect(await stepsOf(store)).toEqual([3])
    }, 1))

  it('takes saves one after the other, whenever they are asked for', () =>
    inStore(async (store) => {
      await Promise.all([1, 2, 3, 4].map((step) => store.save(stateAt(step))))
      expect(await stepsOf(store)).toEqual([2, 3, 4])
    }))

  it('counts steps of more than eight digits', () =>
    inStore(async (store) => {
      for (const step of [99_999_999, 100_000_000]) await store.save(stateAt(step))
      expect(await stepsOf(store)).toEqual([99_999_999, 100_000_000])
    }))

  it.each([[{ folder: '' }, 'folder must be the path of a folder'], [{ folder: 'x', keep: 0 }, 'keep must be an integer of at least 1; got 0.']])('refuses %o', (options, message) => {
    expect(() => checkpointStore(options)).toThrow(message)
  })

  it('in whose place a file stands says so', () =>
    inTemporaryFolder(async (folder) => {
      files.writeFileSync(join(folder, 'taken'), '')
      const store = checkpointStore({ folder: join(folder, 'taken') })
      await expect(store.list()).rejects.toThrow('taken cannot be listed: a file stands where a folder is needed; move it')
      await expect(store.save(stateAt(1))).rejects.toBeInstanceOf(CheckpointError)
    }))
})

describe('a full disk', () => {
  /** Makes one step of the writing fail, the data half written where it is the writing itself. */
  async function failAt(step: 'open' | 'writeFile' | 'sync' | 'rename', folder: string, code: string): Promise<void> {
    const fail = () => Promise.reject(failure(code))
    if (step === 'open' || step === 'rename') return void vi.spyOn(fs, step).mockImplementation(fail)
    const handle = await fs.open(join(folder, 'step-00000001.safetensors'), 'r')
    await handle.close()
    const prototype = Object.getPrototypeOf(handle) as fs.FileHandle
    vi.spyOn(prototype, step).mockImplementation(async function (this: fs.FileHandle, data?: unknown) {
      if (data instanceof Uint8Array) await this.write(data.subarray(0, data.length / 2))
      throw failure(code)
    })
  }

  it.each(['open', 'writeFile', 'sync', 'rename'] as const)('found by %s leaves the old checkpoint whole and nothing beside it, says what to do, and stops nothing for good', (step) =>
    inStore(async (store) => {
      await store.save(stateAt(1))
      await failAt(step, store.folder, 'ENOSPC')
      const save = store.save(stateAt(2))
      await expect(save).rejects.toThrow('step-00000002.safetensors cannot be written: no space is left on the device; free some, or give another folder (ENOSPC). What was saved before is whole.')
      await expect(save).rejects.toBeInstanceOf(CheckpointError)
      vi.restoreAllMocks()
      expect(files.readdirSync(store.folder)).toEqual(['step-00000001.safetensors'])
      expect((await store.latest())?.state).toEqual(stateAt(1))
      await store.save(stateAt(2))
      expect(await stepsOf(store)).toEqual([1, 2])
    }))

  it('leaves the file of the same name as it was', () =>
    inStore(async (store) => {
      await store.save(stateAt(1))
      await failAt('writeFile', store.folder, 'EDQUOT')
      await expect(store.save(stateAt(1, 9))).rejects.toThrow('the disk quota is used up')
      expect(await store.latest()).toMatchObject({ score: 1, state: stateAt(1) })
    }))

  it('is asked for the data before the name, and for the folder after it', () =>
    inStore(async (store) => {
      const order: string[] = []
      const { path } = await store.save(stateAt(1))
      const handle = await fs.open(path, 'r')
      await handle.close()
      const prototype = Object.getPrototypeOf(handle) as fs.FileHandle
      const { rename } = fs
      vi.spyOn(prototype, 'sync').mockImplementation(async function (this: fs.FileHandle) {
        order.push((await this.stat()).isDirectory() ? 'sync folder' : 'sync file')
        await this.datasync()
      })
      vi.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
        order.push('rename')
        await rename(from, to)
      })
      await store.save(stateAt(2))
      expect(order).toEqual(process.platform === 'win32' ? ['sync file', 'rename'] : ['sync file', 'rename', 'sync folder'])
    }))
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noAdapterBy, offerSwiftShader } from '../../../../tools/software-gpu'
import type { HostTensor } from './host-tensor'
import { openSession, type OnnxSession, type SessionOptions } from './session'
import { floatValue, runningSum, tinyModel } from './tiny-model.fixture'

const state = [{ input: 'total', output: 'newTotal' }]
const floats = (...numbers: number[]): HostTensor => ({ data: Float32Array.from(numbers), shape: [numbers.length] })
const scalar = (number: number): HostTensor => ({ data: Float32Array.of(number), shape: [] })
const onGpu = (model: Uint8Array, options: SessionOptions = { state }) => openSession(model, { device: 'webgpu', ...options })

let held: OnnxSession | undefined // so that the worker and its device outlive each test
let missing = ''
beforeAll(async () => {
  offerSwiftShader()
  held = await onGpu(runningSum(1), {}).catch((error: Error) => void (missing = noAdapterBy(error)))
})
beforeEach((context) => void (missing !== '' && context.skip(missing)))
afterAll(() => held?.close())

describe('state on a GPU', () => {
  it('is carried from run to run, read as often as wanted, and set in between; what was read is a copy', async () => {
    const session = await onGpu(runningSum())
    expect(await session.readState()).toEqual({})
    await session.writeState({ total: floats(1, 2, 3) })
    expect(await session.readState()).toEqual({ total: floats(1, 2, 3) })
    for (const k of [1, 2]) {
      expect(await session.run({ x: floats(10, 20, 30), scale: scalar(0.5) })).toEqual({ scaled: floats(0.5 * (1 + 10 * k), 0.5 * (2 + 20 * k), 0.5 * (3 + 30 * k)) })
    }
    const [first, second] = await Promise.all([session.readState(), session.readState()])
    expect([first, second]).toEqual([{ total: floats(21, 42, 63) }, { total: floats(21, 42, 63) }])
    first['total'].data.fill(9)
    await session.run({ x: floats(1, 1, 1), scale: scalar(1) })
    expect(await session.readState()).toEqual({ total: floats(22, 43, 64) })
    await session.writeState({ total: floats(0, 0, 0) })
    await session.run({ x: floats(1, 2, 3), scale: scalar(1) })
    expect(await session.readState()).toEqual({ total: floats(1, 2, 3) })
    await session.close()
    await session.close()
  })

  it('of two sessions is kept apart, and moves from one to the other', async () => {
    const [a, b] = [await onGpu(runningSum(1)), await onGpu(runningSum(1))]
    const feeds = { x: floats(1), scale: scalar(1) }
    await Promise.all([a.writeState({ total: floats(0) }), b.writeState({ total: floats(100) })])
    await Promise.all([a.run(feeds), b.run(feeds), a.run(feeds)])
    expect([await a.readState(), await b.readState()]).toEqual([{ total: floats(2) }, { total: floats(101) }])
    await b.writeState(await a.readState())
    await a.close()
    expect((await b.run(feeds))['scaled']).toEqual(floats(3))
    await b.close()
  })

  it('takes no more memory after 600 runs than after 100: 1 MiB of state, which would else be 500', async () => {
    const size = 2 ** 18
    const session = await onGpu(tinyModel([['Add', ['total', 'x'], ['newTotal']], ['ReduceMax', ['newTotal'], ['largest']]], [floatValue('total', size), floatValue('x', 1)], [floatValue('newTotal', size), floatValue('largest', 1)]))
    await session.writeState({ total: { data: new Float32Array(size), shape: [size] } })
    const after = async (runs: number) => {
      for (let i = 0; i < runs; i++) await session.run({ x: floats(1) })
      return process.memoryUsage().rss // of which SwiftShader's memory is a part
    }
    const before = await after(100)
    expect(await after(500) - before).toBeLessThan(2 ** 27)
    expect((await session.readState())['total'].data[size - 1]).toBe(600)
    await session.close()
  })

  it.each(['is closed', 'is written'] as const)('is given back when it %s: 4 MiB, 40 times', async (how) => {
    const size = 2 ** 20
    const open = () => onGpu(tinyModel([['Add', ['total', 'x'], ['newTotal']], ['ReduceMax', ['newTotal'], ['largest']]], [floatValue('total', size), floatValue('x', 1)], [floatValue('newTotal', size), floatValue('largest', 1)]))
    const kept = await open()
    const after = async (rounds: number) => {
      for (let i = 0; i < rounds; i++) {
        const session = how === 'is closed' ? await open() : kept
        await session.writeState({ total: { data: new Float32Array(size), shape: [size] } })
        await session.run({ x: floats(1) })
        if (session !== kept) await session.close()
      }
      return process.memoryUsage().rss
    }
    const before = await after(10)
    expect(await after(40) - before).toBeLessThan(80 * 2 ** 20) // of 160
    await kept.close()
  })

  it('is refused with onnxruntime\'s words where an operator of the model would be left to the processor', async () => {
    const model = tinyModel([['Hardmax', ['total'], ['newTotal']]], [floatValue('total', 3)], [floatValue('newTotal', 3)])
    await expect(onGpu(model)).rejects.toMatchObject({ name: 'OnnxRuntimeError', during: 'open', device: 'webgpu', message: expect.stringMatching(/fallback to CPU EP has been explicitly disabled/) as string })
    await (await openSession(model, { state })).close()
  })
})

it('what a GPU has no memory for is an error that says so, never zeros; the state is as before, and the session goes on', async () => {
  const open = { shape: [-1, 1], type: 'float32' } as const
  const session = await onGpu(tinyModel(
    [['Add', ['total', 'total'], ['newTotal']], ['Transpose', ['x'], ['row']], ['MatMul', ['x', 'row'], ['square']], ['ReduceMax', ['square'], ['largest']]],
    [floatValue('total', 2), { ...open, name: 'x' }],
    [floatValue('newTotal', 2), { name: 'largest', shape: [1, 1], type: 'float32' }],
  ))
  const ofLength = (length: number): HostTensor => ({ data: new Float32Array(length).fill(3), shape: [length, 1] })
  await session.writeState({ total: floats(1, 2) })
  expect((await session.run({ x: ofLength(4) }))['largest'].data).toEqual(Float32Array.of(9))
  const failing = session.run({ x: ofLength(60_000) }) // 14 GB when it is multiplied, more than any buffer of WebGPU's
  await expect(failing).rejects.toMatchObject({
    name: 'OnnxRuntimeError', during: 'run', device: 'webgpu', message: expect.stringMatching(/^onnxruntime failed to run the model on the GPU; it said: .*(max buffer size limit|Too many storage buffers|previous error).*make the batch smaller/s) as string,
  })
  expect(await session.readState()).toEqual({ total: floats(2, 4) })
  expect((await session.run({ x: ofLength(4) }))['largest'].data).toEqual(Float32Array.of(9))
  expect(await session.readState()).toEqual({ total: floats(4, 8) })
  await session.close()
})

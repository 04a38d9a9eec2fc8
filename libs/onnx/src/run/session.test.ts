import { afterEach, describe, expect, it } from 'vitest'
import type { HostTensor } from './host-tensor'
import { openSession, type OnnxSession, type SessionOptions } from './session'
import { floatValue, matrixPower, runningSum, tinyModel } from './tiny-model.fixture'

const open: OnnxSession[] = []
const opened = async (model: Uint8Array, options: SessionOptions = {}) => {
  const session = await openSession(model, { threads: 1, ...options })
  open.push(session)
  return session
}
const floats = (...numbers: number[]): HostTensor => ({ data: Float32Array.from(numbers), shape: [numbers.length] })
const scalar = (number: number): HostTensor => ({ data: Float32Array.of(number), shape: [] })
const square = (size: number): HostTensor => ({ data: Float32Array.from({ length: size * size }, (_, i) => Math.sin(i) / size), shape: [size, size] })
const state = [{ input: 'total', output: 'newTotal' }]

afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()))
})

describe('a run', () => {
  it('gives every output where there is no state', async () => {
    const session = await opened(runningSum(2))
    const outputs = await session.run({ total: floats(1, 2), x: floats(10, 20), scale: scalar(2) })
    expect(outputs).toEqual({ newTotal: floats(11, 22), scaled: floats(22, 44) })
  })

  it('takes and gives float32, int32 and bool, and any length where the model leaves an axis open', async () => {
    const [a, b] = [{ name: 'a', shape: [-1], type: 'int32' }, { name: 'b', shape: [-1], type: 'int32' }] as const
    const session = await opened(tinyModel(
      [['Greater', ['a', 'b'], ['greater']], ['And', ['greater', 'mask'], ['both']], ['Add', ['a', 'b'], ['sum']]],
      [a, b, { name: 'mask', shape: [-1], type: 'bool' }],
      [{ name: 'both', shape: [-1], type: 'bool' }, { name: 'sum', shape: [-1], type: 'int32' }],
    ))
    const ints = (...numbers: number[]): HostTensor => ({ data: Int32Array.from(numbers), shape: [numbers.length] })
    const bools = (...numbers: number[]): HostTensor => ({ data: Uint8Array.from(numbers), shape: [numbers.length] })
    expect(await session.run({ a: ints(1, 5, 9), b: ints(2, 2, 2), mask: bools(1, 1, 0) })).toEqual({ both: bools(0, 1, 0), sum: ints(3, 7, 11) })
    expect(await session.run({ a: ints(3), b: ints(2), mask: bools(1) })).toEqual({ both: bools(1), sum: ints(5) })
  })

  it('copies its feeds when it is called, and moves those that are given away, but never a larger buffer under one', async () => {
    const session = await opened(runningSum(2))
    const whole = Float32Array.of(7, 1, 2, 7)
    const feeds = { total: floats(1, 2), x: { data: whole.subarray(1, 3), shape: [2] }, scale: scalar(1) }
    const running = session.run(feeds, { transfer: ['total', 'x'] })
    feeds.scale.data[0] = 100
    expect((await running).scaled).toEqual(floats(2, 4))
    expect([feeds.total.data.length, feeds.x.data.length, feeds.scale.data.length]).toEqual([0, 2, 1])
  })

  it('repeated on 2 threads with the same feeds gives the same bits', async () => {
    const session = await opened(matrixPower(128, 6), { threads: 2 })
    const first = await session.run({ x: square(128) })
    for (let i = 0; i < 5; i++) expect(await session.run({ x: square(128) })).toEqual(first)
  })

  it('leaves the event loop free: timers of 5 ms tick meanwhile', async () => {
    const session = await opened(matrixPower(500, 40))
    let ticks = 0
    const timer = setInterval(() => ticks++, 5)
    const start = performance.now()
    await session.run({ x: square(500) })
    clearInterval(timer)
    const duration = performance.now() - start
    expect(duration).toBeGreaterThan(50) // shorter than that it would show nothing
    expect(ticks).toBeGreaterThan(4) // a busy machine drops most of them; a blocked loop gives one at most
  })
})

describe('state', () => {
  it('is carried from run to run: after k runs of +x it is start + k x', async () => {
    const session = await opened(runningSum(), { state })
    await session.writeState({ total: floats(1, 2, 3) })
    for (const k of [1, 2, 3]) {
      const outputs = await session.run({ x: floats(10, 20, 30), scale: scalar(0.5) })
      expect(outputs).toEqual({ scaled: floats(0.5 * (1 + 10 * k), 0.5 * (2 + 20 * k), 0.5 * (3 + 30 * k)) })
    }
    expect(await session.readState()).toEqual({ total: floats(31, 62, 93) })
  })

  it('read is what was written, in arrays of the caller\'s own', async () => {
    const session = await opened(runningSum(), { state })
    expect(await session.readState()).toEqual({})
    const written = floats(1, 2, 3)
    await session.writeState({ total: written })
    const read = await session.readState()
    expect(read).toEqual({ total: written })
    read['total']?.data.fill(9)
    written.data.fill(9)
    expect(await session.readState()).toEqual({ total: floats(1, 2, 3) })
  })

  it('is as before after a run that fails', async () => {
    const columns = { name: 'x', shape: [-1, -1], type: 'float32' } as const // 2 numbers that do not fit 3 fail only while running
    const session = await opened(tinyModel(
      [['Add', ['total', 'total'], ['newTotal']], ['Add', ['newTotal', 'x'], ['shifted']]],
      [floatValue('total', 3), columns],
      [floatValue('newTotal', 3), { ...columns, name: 'shifted' }],
    ), { state })
    await session.writeState({ total: floats(1, 2, 3) })
    const run = (width: number) => session.run({ x: { data: new Float32Array(width), shape: [1, width] } })
    await run(3)
    await expect(run(2)).rejects.toMatchObject({ name: 'OnnxRuntimeError', during: 'run', message: expect.stringContaining('run eagerly, the function says what it refuses.') as string })
    expect(await session.readState()).toEqual({ total: floats(2, 4, 6) })
    expect((await run(3))['shifted']?.data).toEqual(Float32Array.of(4, 8, 12))
  })

  it('needs to be written before the first run, under its own name and in its own form', async () => {
    const session = await opened(runningSum(), { state })
    const feeds = { x: floats(1, 1, 1), scale: scalar(1) }
    await expect(session.run(feeds)).rejects.toThrow('Every state must be written once before the first run; \'total\' was not. Call writeState.')
    await expect(session.writeState({ x: floats(1, 2, 3) })).rejects.toThrow('A state must be one of \'total\'; got \'x\'.')
    await expect(session.writeState({ total: floats(1, 2) })).rejects.toThrow('Input \'total\' must be float32 of shape (3); got float32 of shape (2).')
    expect(await session.readState()).toEqual({})
  })

  it('links an input to an output of the same form, each once', async () => {
    await expect(openSession(runningSum(), { state: [{ input: 'total', output: 'none' }] })).rejects.toThrow(
      'A state\'s output must be one of the model\'s (newTotal, scaled); got \'none\'.')
    await expect(openSession(runningSum(), { state: [{ input: 'scale', output: 'scaled' }] })).rejects.toThrow(
      'one form with fixed axes; got input \'scale\', float32 of shape (), and output \'scaled\', float32 of shape (3).')
    await expect(openSession(runningSum(), { state: [...state, { input: 'x', output: 'newTotal' }] })).rejects.toThrow(
      'Each state must have an output of its own; \'newTotal\' is linked twice.')
  })
})

describe('a session refuses', () => {
  it('feeds that are missing, unknown or of another form, before it runs anything', async () => {
    const session = await opened(runningSum(2))
    const feeds = { total: floats(1, 2), x: floats(1, 2), scale: scalar(1) }
    await expect(session.run({ total: feeds.total, x: feeds.x })).rejects.toThrow('(\'total\', \'x\', \'scale\'); \'scale\' is missing.')
    await expect(session.run({ ...feeds, y: scalar(1) })).rejects.toThrow('A feed must be one of \'total\', \'x\', \'scale\'; got \'y\'.')
    await expect(session.run({ ...feeds, x: { data: Int32Array.of(1, 2), shape: [2] } })).rejects.toThrow(
      'Input \'x\' must be float32 of shape (2); got int32 of shape (2).')
    await expect(session.run({ ...feeds, x: { data: Float32Array.of(1), shape: [2] } })).rejects.toThrow(
      'Input \'x\' of shape (2) must have 2 numbers; got 1. Give its true shape.')
  })

  it('a broken model, an unknown operator, no threads and a device that there is not, and says why', async () => {
    await expect(openSession(Uint8Array.of(1, 2, 3))).rejects.toThrow('it said: Failed to load model because protobuf parsing failed.')
    const unknown = tinyModel([['Frobnicate', ['x'], ['y']]], [floatValue('x', 1)], [floatValue('y', 1)])
    await expect(openSession(unknown)).rejects.toThrow(/it said: .*Frobnicate/)
    const wide = tinyModel([['Shape', ['x'], ['length']]], [floatValue('x', 1)], [{ name: 'length', shape: [1], type: 'int64' }])
    await expect(openSession(wide)).rejects.toThrow('An output of a model must be float32, int32 or bool; output \'length\' is int64.')
    await expect(openSession(runningSum(), { threads: 0 })).rejects.toThrow('threads must be a positive integer; got 0.')
    await expect(openSession(runningSum(), { device: 'cuda' as 'cpu' })).rejects.toThrow(new RangeError("device must be one of 'cpu', 'webgpu'; got 'cuda'. Leave it out for the processor."))
  })

  it('to be used after it was closed, but not to be closed again', async () => {
    const session = await opened(runningSum(1))
    const running = session.run({ total: floats(1), x: floats(1), scale: scalar(1) })
    await Promise.all([session.close(), session.close()])
    expect((await running)['scaled']).toEqual(floats(2)) // a run before the close is waited for
    await expect(session.readState()).rejects.toThrow('A session must be open to be used; this one was closed.')
  })
})

describe('sessions', () => {
  it('side by side keep their own state', async () => {
    const [a, b] = await Promise.all([opened(runningSum(1), { state }), opened(runningSum(1), { state })])
    const feeds = { x: floats(1), scale: scalar(1) }
    await Promise.all([a.writeState({ total: floats(0) }), b.writeState({ total: floats(100) })])
    await Promise.all([a.run(feeds), b.run(feeds), a.run(feeds)])
    expect([await a.readState(), await b.readState()]).toEqual([{ total: floats(2) }, { total: floats(101) }])
    await a.close()
    expect((await b.run(feeds))['scaled']).toEqual(floats(102))
  })
})

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { findOnnxRuntime } from './onnxruntime'
import { openSession } from './session'
import { holdSharedWorker } from './shared-worker'
import { runningSum } from './tiny-model.fixture'
import { openWorkerChannel } from './worker-channel'

const script = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads'\n${code}`)}`)

it('what is pending when the worker dies is rejected with what it died of, and so is what is asked later', async () => {
  const channel = openWorkerChannel(() => script('parentPort.on(\'message\', () => { throw new Error(\'out of luck\') })'))
  const asked = [channel.request({ kind: 'version' }), channel.request({ kind: 'close', session: 0 })]
  for (const outcome of await Promise.allSettled(asked)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'OnnxWorkerError', cause: { message: 'out of luck' } } })
  }
  expect(channel.alive).toBe(false)
  await expect(channel.request({ kind: 'version' })).rejects.toThrow('it ended with: out of luck.')
})

it('a worker that leaves without an error is reported with its exit code', async () => {
  const channel = openWorkerChannel(() => script('parentPort.on(\'message\', () => process.exit(3))'))
  await expect(channel.request({ kind: 'version' })).rejects.toThrow('it ended with exit code 3. Its sessions and their state are lost')
})

it('where onnxruntime-node cannot be found the error says how to install it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'no-onnxruntime-')) // no node_modules above it
  try {
    copyFileSync(new URL('./session-worker.mjs', import.meta.url), join(folder, 'session-worker.mjs'))
    const channel = openWorkerChannel(() => pathToFileURL(join(folder, 'session-worker.mjs')))
    await expect(channel.request({ kind: 'version' })).rejects.toMatchObject({
      name: 'OnnxRuntimeMissingError',
      message: expect.stringMatching(/needs the package onnxruntime-node.*Install onnxruntime-node@1\.30\.0.*Cannot find package 'onnxruntime-node'/) as string,
    })
    await channel.end()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('all holds share one worker, which is gone after the last release; the next hold starts another', async () => {
  const [a, b] = [holdSharedWorker(), holdSharedWorker()]
  expect(a.channel).toBe(b.channel)
  await a.release()
  await a.release() // counts once
  expect(a.channel.alive).toBe(true)
  await b.release()
  expect(a.channel.alive).toBe(false)
  const c = holdSharedWorker()
  expect(c.channel).not.toBe(a.channel)
  await c.release()
})

it('a session\'s close and a refused model leave no worker behind', async () => {
  const probe = () => {
    const hold = holdSharedWorker()
    return { channel: hold.channel, release: hold.release }
  }
  const { channel, release } = probe()
  const session = await openSession(runningSum(), { threads: 1 })
  await expect(openSession(Uint8Array.of(1))).rejects.toThrow('protobuf')
  await release()
  expect(channel.alive).toBe(true)
  await session.close()
  expect(channel.alive).toBe(false)
})

it('onnxruntime is found with its version, and the devices that it has an engine for, the processor first', async () => {
  const found = await findOnnxRuntime()
  expect(found).toEqual({ version: expect.stringMatching(/^1\.\d+\.\d+$/) as string, devices: expect.arrayContaining(['cpu']) as string[] })
  if (process.platform === 'linux' && process.arch === 'x64') expect(found).toMatchObject({ devices: ['cpu', 'webgpu'] })
})

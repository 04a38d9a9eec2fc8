import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DatasetUnavailableError } from './dataset-unavailable-error'
import type { DownloadProgress } from './download'
import { loadDataset, type LoadDatasetOptions } from './load-dataset'
import { smallSets } from './small-sets'

vi.mock('../published-datasets', async () => ({ publishedDatasets: (await import('./small-sets')).smallSets }))

const { mnist, 'fashion-mnist': fashion } = smallSets
const names = Object.keys(mnist.packedFiles)
const total = Object.values(mnist.packedFiles).reduce((sum, { length }) => sum + length, 0)
const bytesOf = ({ url = '' }: IncomingMessage): Buffer => mnist.packedFiles[basename(url)]

type Answer = (request: IncomingMessage, response: ServerResponse, attempt: number) => void
const whole: Answer = (request, response) => { response.end(bytesOf(request)) }
const status = (code: number): Answer => (_, response) => { response.writeHead(code).end('no') }

/** Half of the file, then the connection breaks. */
const broken: Answer = (request, response) => {
  const bytes = bytesOf(request)
  response.writeHead(200, { 'content-length': bytes.length })
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy())
}

/** Half of the file, as if that were all. */
const halved: Answer = (request, response) => { response.end(bytesOf(request).subarray(0, bytesOf(request).length / 2)) }

/** Half of the file, and silence. */
const stalled: Answer = (request, response) => { response.write(bytesOf(request).subarray(0, bytesOf(request).length / 2)) }

let cacheDir: string
const servers: Server[] = []
beforeEach(async () => { cacheDir = await mkdtemp(join(tmpdir(), 'sbgm-datasets-')) })
afterEach(async () => {
  servers.splice(0).forEach((server) => { server.closeAllConnections(); server.close() })
  await rm(cacheDir, { recursive: true })
})

/** A mirror on this machine, and the names of the files that it was asked for. */
async function mirror(answer: Answer): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const name = basename(request.url ?? '')
    asked.push(name)
    answer(request, response, asked.filter((other) => other === name).length)
  })
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/`, asked }
}

/** A mirror that nobody answers at any more. */
async function closedMirror(): Promise<string> {
  const { url } = await mirror(whole)
  await new Promise((closed) => servers.pop()?.close(closed))
  return url
}

const load = (mirrors: readonly string[], options: Partial<LoadDatasetOptions> = {}) =>
  loadDataset({ name: 'mnist', cacheDir, mirrors, retryDelay: 1, ...options })
const cached = async (): Promise<readonly string[]> => (await readdir(join(cacheDir, 'mnist')).catch((): string[] => [])).sort()
const refusal = (loading: Promise<unknown>): Promise<DatasetUnavailableError> => loading.then(
  () => { throw new Error('nothing was refused') },
  (error: unknown) => { if (DatasetUnavailableError.isInstance(error)) return error; throw error },
)

describe('a download', () => {
  it('gives the set and keeps the four files as they came, so that the next one asks nobody', async () => {
    const { url, asked } = await mirror(whole)
    const set = await load([url])
    expect(Buffer.from(set.train.images).equals(mnist.contents.trainImages.subarray(16))).toBe(true)
    expect(asked).toEqual(names)
    expect(await cached()).toEqual([...names].sort())
    for (const name of names) expect((await readFile(join(cacheDir, 'mnist', name))).equals(mnist.packedFiles[name])).toBe(true)
    expect((await load([])).checksum).toBe(set.checksum)
    expect(asked).toHaveLength(4)
  })

  it.each([
    ['answers 503', status(503)],
    ['answers 429', status(429)],
    ['breaks the connection in the middle', broken],
    ['ends the file in the middle', halved],
  ])('tries a mirror again that %s', async (_, first) => {
    const { url, asked } = await mirror((request, response, attempt) => (attempt === 1 ? first : whole)(request, response, attempt))
    expect((await load([url])).train.count).toBe(300)
    expect(asked).toHaveLength(8)
  })

  it('tries a mirror again that falls silent', async () => {
    const { url, asked } = await mirror((request, response, attempt) => (attempt === 1 ? stalled : whole)(request, response, attempt))
    expect((await load([url], { stallTimeout: 100 })).train.count).toBe(300)
    expect(asked).toHaveLength(8)
  })

  it.each([
    ['lacks the file (404): asked once', status(404), 1],
    ['gives other bytes of the same length: asked once', (request, response) => response.end(Buffer.alloc(bytesOf(request).length)), 1],
    ['gives the file of another set: asked once', ({ url = '' }, response) => response.end(fashion.packedFiles[basename(url)]), 1],
    ['gives more than the file: asked once', (request, response) => response.end(Buffer.concat([bytesOf(request), Buffer.alloc(10)])), 1],
    ['stays broken: asked three times', broken, 3],
  ] satisfies [string, Answer, number][])('goes on to the next mirror after one that %s', async (_, answer, attempts) => {
    const [bad, good] = [await mirror(answer), await mirror(whole)]
    expect((await load([bad.url, good.url])).train.count).toBe(300)
    expect(bad.asked).toHaveLength(4 * attempts)
    expect(good.asked).toEqual(names)
  })

  it('reports progress that only rises, through broken attempts and mirrors, up to the sum of all files', async () => {
    const [bad, good] = [await mirror(broken), await mirror(whole)]
    const seen: DownloadProgress[] = []
    await load([bad.url, good.url.slice(0, -1)], { onProgress: (progress) => seen.push(progress) })
    const received = seen.map(({ receivedBytes }) => receivedBytes)
    expect(received.every((bytes, at) => at === 0 || bytes > received[at - 1])).toBe(true)
    expect(received.at(-1)).toBe(total)
    expect(seen.at(-1)).toMatchObject({ dataset: 'mnist', file: names[3], mirror: good.url.slice(0, -1), totalBytes: total })
    expect([...new Set(seen.map(({ file }) => file))]).toEqual(names)
  })

  it('asks only for what the cache lacks, and replaces what is damaged there', async () => {
    const { url, asked } = await mirror(whole)
    await load([url])
    await writeFile(join(cacheDir, 'mnist', names[2]), mnist.packedFiles[names[2]].subarray(0, 50))
    await rm(join(cacheDir, 'mnist', names[1]))
    const seen: DownloadProgress[] = []
    await load([url], { onProgress: (progress) => seen.push(progress) })
    expect(asked.slice(4)).toEqual([names[1], names[2]])
    expect(seen.at(-1)?.receivedBytes).toBe(mnist.packedFiles[names[1]].length + mnist.packedFiles[names[2]].length)
    expect((await readFile(join(cacheDir, 'mnist', names[2]))).equals(mnist.packedFiles[names[2]])).toBe(true)
  })

  it('removes from the cache what a process left there that was killed while it wrote, even where nothing has to be downloaded', async () => {
    const { url } = await mirror(whole)
    await load([url])
    const left = join(cacheDir, 'mnist', `${names[0]}.0f8fad5b-d9cb-469f-a165-70867728950e.part`)
    await writeFile(left, 'x')
    await utimes(left, new Date(0), new Date(0))
    await load([])
    expect(await cached()).toEqual([...names].sort())
  })

  it('whose progress is watched by a function that throws ends with that error, and the mirror is not blamed', async () => {
    const { url, asked } = await mirror(whole)
    const mistake = new TypeError('watch is not defined')
    await expect(load([url, url], { onProgress: () => { throw mistake } })).rejects.toBe(mistake)
    expect(asked).toEqual([names[0]])
  })
})

describe('a download that fails', () => {
  it('says what each mirror did, which files are needed and where to put them, and caches nothing', async () => {
    const [gone, wrong, silent] = [await mirror(status(404)), await mirror((request, response) => response.end(Buffer.alloc(bytesOf(request).length))), await mirror(stalled)]
    const closed = await closedMirror()
    const error = await refusal(load([gone.url, wrong.url, silent.url, closed], { retries: 0, stallTimeout: 50 }))
    expect(error).toMatchObject({ dataset: 'mnist', reason: 'download-failed' })
    expect(error.message).toContain(`mnist could not be downloaded: ${gone.url}${names[0]} answered 404 Not Found; ${wrong.url}${names[0]} gave a file that is `)
    expect(error.message).toContain(`${silent.url}${names[0]} no byte for 0.05 s; ${closed}${names[0]} fetch failed (ECONNREFUSED). `)
    expect(error.message).toMatch(/Put the four files of mnist \(train-images-idx3-ubyte\.gz, .*--data-dir or SBGM_DATA_DIR/)
    expect(await cached()).toEqual([])
  })

  it('without a network says the same, with any fetch', async () => {
    const offline = () => Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }) }))
    const error = await refusal(load(['https://mirror.example/'], { fetch: offline }))
    expect(error.message).toContain(`https://mirror.example/${names[0]} fetch failed (ENOTFOUND). Put the four files`)
  })

  it('for want of mirrors says so', async () => {
    expect((await refusal(load([]))).message).toContain('mnist could not be downloaded: no mirrors are given. Put the four files')
  })

  it('keeps the files that were whole, and no part of another', async () => {
    const { url } = await mirror((request, response, attempt) => (basename(request.url ?? '') === names[2] ? broken : whole)(request, response, attempt))
    await refusal(load([url]))
    expect(await cached()).toEqual([names[0], names[1]].sort())
  })

  it('to be written says where and why', async () => {
    await writeFile(join(cacheDir, 'file'), '')
    const { url } = await mirror(whole)
    const error = await refusal(load([url], { cacheDir: join(cacheDir, 'file') }))
    expect(error.reason).toBe('cache-not-writable')
    expect(error.message).toMatch(/file.mnist.train-images-idx3-ubyte\.gz of the cache could not be written \(E.*name another folder as cacheDir/)
  })

  it('for a cache that cannot be read says where and why', async () => {
    await mkdir(join(cacheDir, 'mnist', names[0]), { recursive: true })
    const error = await refusal(load([]))
    expect(error.reason).toBe('cache-not-readable')
    expect(error.message).toMatch(/mnist.train-images-idx3-ubyte\.gz of the cache cannot be read \(EISDIR.*Remove it, or name another folder as cacheDir/)
  })

  it.each([
    [{ retries: -1 }, 'retries must be an integer of at least 0; got -1.'],
    [{ retries: 0.5 }, 'retries must be an integer of at least 0; got 0.5.'],
    [{ retryDelay: -5 }, 'retryDelay must be a number of milliseconds from 0 to 2147483647; got -5.'],
    [{ stallTimeout: Infinity }, 'stallTimeout must be a number of milliseconds from 1 to 2147483647; got Infinity.'],
    [{ mirrors: ['mirror.example'] }, "mirrors[0] must be the URL of a folder, such as 'https://host/folder/'; got 'mirror.example'."],
  ])('for settings that break their rule asks nobody: %o', async (options, message) => {
    const error: unknown = await load([], { ...options, fetch: () => { throw new Error('asked') } }).catch((reason: unknown) => reason)
    expect(InvalidArgumentError.isInstance(error)).toBe(true)
    expect(String(error)).toContain(message)
  })
})

describe('an abort', () => {
  it('in the middle of a file ends the download with its reason and leaves no trace', async () => {
    const [reason, controller] = [new Error('enough'), new AbortController()]
    const { url, asked } = await mirror(stalled)
    await expect(load([url, url], { signal: controller.signal, onProgress: () => controller.abort(reason) })).rejects.toBe(reason)
    expect(asked).toEqual([names[0]])
    expect(await cached()).toEqual([])
  })

  it('between two attempts ends the wait at once', async () => {
    const [reason, controller] = [new Error('enough'), new AbortController()]
    const { url } = await mirror((_, response) => { response.writeHead(503).end(); setTimeout(() => controller.abort(reason), 50) })
    const start = performance.now()
    await expect(load([url], { signal: controller.signal, retryDelay: 60_000 })).rejects.toBe(reason)
    expect(performance.now() - start).toBeLessThan(10_000)
  })
})

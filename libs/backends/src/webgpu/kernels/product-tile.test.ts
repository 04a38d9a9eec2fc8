import { describe, expect, it } from 'vitest'
import { chooseTile, columnsOf, depth, productTiles, rowsOf } from './product-tile'

describe('tiles of products', () => {
  it.each(productTiles.map((tile) => [rowsOf(tile), columnsOf(tile), tile] as const))('of %i × %i fit into every WebGPU device: 256 invocations, 16 KiB of workgroup memory; and their loads come out even', (rows, columns, { threadsM, threadsN }) => {
    const threads = threadsM * threadsN
    expect(threads).toBeLessThanOrEqual(256)
    expect(depth * (rows + columns) * 4).toBeLessThanOrEqual(16_384)
    for (const quads of [rows / 4, columns / 4]) expect(Number.isInteger(threads / quads) || threads < quads).toBe(true)
    for (const quads of [rows / 4, columns / 4]) expect(depth % Math.min(depth, threads / quads)).toBe(0)
  })

  it('fit the product: one column gets no tile of 64, 9 rows none of 128, and few results small tiles where workgroups are scarce', () => {
    expect(columnsOf(chooseTile({ rows: 288, columns: 1 }))).toBe(4)
    expect(rowsOf(chooseTile({ rows: 9, columns: 32 }))).toBe(16)
    expect([rowsOf, columnsOf].map((of) => of(chooseTile({ rows: 1152, columns: 128 })))).toEqual([64, 64])
    expect([rowsOf, columnsOf].map((of) => of(chooseTile({ rows: 1152, columns: 128, wantedInvocations: 65_536 })))).toEqual([32, 32])
  })
})

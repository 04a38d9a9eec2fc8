import { expect, it } from 'vitest'
import { joinedRows, rowBlocks } from './row-blocks'

const arrays = (count: number) => ({
  x: { data: Float32Array.from({ length: 2 * count }, (_, i) => i + 1), shape: [count, 2] },
  label: { data: Int32Array.from({ length: count }, (_, i) => -i), shape: [count] },
})

it.each([[1, 4], [4, 4], [5, 4], [8, 4], [9, 4], [3, 1]])('%d rows in blocks of %d are all there, every block is full, and joined they are as before', (count, rows) => {
  const { count: counted, blocks } = rowBlocks(arrays(count), rows)
  expect([counted, blocks.length]).toEqual([count, Math.ceil(count / rows)])
  for (const { x, label } of blocks) expect([x.shape, x.data.length, label.shape, label.data.length]).toEqual([[rows, 2], 2 * rows, [rows], rows])
  expect(joinedRows(blocks, count)).toEqual(arrays(count))
})

it('the last block is filled up with zeros', () => {
  const { blocks } = rowBlocks(arrays(5), 4)
  expect(Array.from(blocks[1].x.data)).toEqual([9, 10, 0, 0, 0, 0, 0, 0])
})

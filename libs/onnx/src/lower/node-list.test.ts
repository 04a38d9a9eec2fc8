import { expect, it } from 'vitest'
import { nodeList } from './node-list'

it('equal constants are one, but 0 and −0 are two', () => {
  const list = nodeList()
  const [zero, again, negative, notNumber] = [0, 0, -0, NaN].map((number) => list.scalar(number, 'float32').name)
  expect(again).toBe(zero)
  expect(new Set([zero, negative, notNumber]).size).toBe(3)
  expect(list.scalar(NaN, 'float32').name).toBe(notNumber)
})

it('a reshape to a shape with a 0 says that it means one', () => {
  const list = nodeList()
  list.reshape({ name: 'x', shape: [0, 3], type: 'float32' }, [3, 0])
  list.reshape({ name: 'y', shape: [2, 3], type: 'float32' }, [6])
  expect(list.nodes.map(({ attributes }) => attributes)).toEqual([{ allowzero: { int: 1 } }, {}])
})

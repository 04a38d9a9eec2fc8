import { expect, it } from 'vitest'
import { restoreUtil } from './restore-util'

it('puts back what Node 23 took away and tfjs-node calls, and takes it away again', () => {
  const util: { isArray?: (value: unknown) => boolean; isNullOrUndefined?: (value: unknown) => boolean } = {}
  const takeBack = restoreUtil(util)
  expect([util.isArray?.([]), util.isArray?.({}), [null, undefined, 0].map((value) => util.isNullOrUndefined?.(value))]).toEqual([true, false, [true, true, false]])
  takeBack()
  expect(Reflect.ownKeys(util)).toEqual([])
})

it('leaves alone what is there', () => {
  const own = () => true
  const util = { isArray: own }
  const takeBack = restoreUtil(util)
  expect(util.isArray).toBe(own)
  takeBack()
  expect(Reflect.ownKeys(util)).toEqual(['isArray'])
})

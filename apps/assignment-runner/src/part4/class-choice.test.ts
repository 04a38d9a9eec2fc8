import { digits, type Dataset } from '@sbgm/datasets'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../errors'
import { classChoice } from './class-choice'

const numbered = digits({ seed: 1, trainCount: 20, testCount: 10 })
const classNames = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot']
const named: Dataset = { ...numbered, name: 'fashion-mnist', train: { ...numbered.train, classNames } }

const refusal = (given: string, data: Dataset): string => {
  try {
    classChoice({ class: given }, 'quick', data)
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  throw new Error(`${given} was taken`)
}

describe('the class that guidance asks for', () => {
  it('is 5 where none is named, and full makes the grid of all classes, too', () => {
    for (const profile of ['smoke', 'quick'] as const) expect(classChoice({ class: undefined }, profile, numbered)).toEqual({ index: 5, title: 'class 5', all: false })
    expect(classChoice({ class: undefined }, 'full', named)).toEqual({ index: 5, title: 'class 5 (Sandal)', all: true })
  })

  it('is named by number or by name, in any case; all is 5 with the grid', () => {
    for (const given of ['8', 'Bag', 'bag']) expect(classChoice({ class: given }, 'full', named)).toEqual({ index: 8, title: 'class 8 (Bag)', all: false })
    expect(classChoice({ class: 'all' }, 'quick', named)).toEqual({ index: 5, title: 'class 5 (Sandal)', all: true })
  })

  it.each([
    ['10', numbered, "--class must be a class of drawn digits: 0 to 9, or all; got '10'."],
    ['five', numbered, "--class must be a class of drawn digits: 0 to 9, or all; got 'five'."],
    ['05', numbered, "--class must be a class of drawn digits: 0 to 9, or all; got '05'."],
    ['sandles', named, `--class must be a class of Fashion-MNIST: 0 to 9, or one of ${classNames.join(', ')}, or all; got 'sandles'. Nearest: Sandal.`],
  ])('is refused where the set does not have it, with the names that it has (%s)', (given, data, message) => {
    expect(refusal(given, data)).toBe(message)
  })
})

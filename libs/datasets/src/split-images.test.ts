import { InvalidArgumentError } from '@sbgm/sde-core'
import { expect, it } from 'vitest'
import { labelledImages } from './labelled-images'
import { splitImages } from './split-images'

/** Images of one pixel that tells which image it is. */
const set = labelledImages({
  name: 'numbered', images: Uint8Array.from({ length: 200 }, (_, i) => i), labels: Uint8Array.from({ length: 200 }, (_, i) => i % 7),
  height: 1, width: 1, classNames: [...'0123456'],
})

it('makes two parts that share no image, hold all, and keep order and labels', () => {
  const { train, validation } = splitImages(set, { validation: 30, seed: 1 })
  expect([train.count, validation.count]).toEqual([170, 30])
  for (const part of [train, validation]) {
    expect([...part.images]).toEqual([...part.images].sort((a, b) => a - b))
    part.images.forEach((index, at) => expect(part.labels[at]).toBe(index % 7))
  }
  expect([...train.images, ...validation.images].sort((a, b) => a - b)).toEqual([...Array(200).keys()])
})

it('is a function of the seed', () => {
  const held = (seed: number): string => String(splitImages(set, { validation: 30, seed }).validation.images)
  expect(held(1)).toBe(held(1))
  expect(held(2)).not.toBe(held(1))
})

it('holds nothing out where nothing is asked for', () => {
  const { train, validation } = splitImages(set, { validation: 0, seed: 1 })
  expect([train.count, validation.count, validation.images.length]).toEqual([200, 0, 0])
})

it.each([200, -1, 0.1, NaN])('refuses to hold out %s of 200 images', (validation) => {
  expect(() => splitImages(set, { validation, seed: 1 })).toThrow(InvalidArgumentError)
  expect(() => splitImages(set, { validation, seed: 1 })).toThrow('validation must be a number of images from 0 to 199')
})

it('refuses a seed that is no integer from 0 on', () => {
  expect(() => splitImages(set, { validation: 1, seed: -3 })).toThrow('seed must be an integer of at least 0; got -3.')
})

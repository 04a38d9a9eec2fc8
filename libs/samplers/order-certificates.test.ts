import { existsSync } from 'node:fs'
import * as library from '@sbgm/samplers'
import { expect, it } from 'vitest'
import { deterministicSamplers, stochasticSamplers, uncertifiedSamplers } from './certified-samplers'
import { orderCertificates } from './order-certificates'

const calls = [...deterministicSamplers, ...stochasticSamplers, ...uncertifiedSamplers].map(({ call }) => call)

it('the page of order certificates is what is measured (--update writes it anew)', async () => {
  await expect(await orderCertificates()).toMatchFileSnapshot('../../docs/order-certificates.md')
})

it('every sampler that the library exports is on it, with its order or with what is shown instead', () => {
  const isSampler = (value: unknown) => typeof value === 'object' && value !== null && 'step' in value && 'evaluationsPerStep' in value
  const made = Object.entries(library).filter(([, make]) => {
    try {
      const value = (make as (argument: unknown) => unknown)(library.euler()) // a predictor, for those that take one; options for the others
      if (value instanceof Promise) value.catch(() => {}) // a function that wants a run
      return isSampler(value)
    } catch {
      return false
    }
  })
  expect(made.length).toBeGreaterThan(15)
  expect(made.map(([name]) => name).filter((name) => !calls.some((call) => call.startsWith(`${name}(`)))).toEqual([])
})

it('claims an order for those that declare one, and for no other', () => {
  for (const { sampler } of [...deterministicSamplers, ...stochasticSamplers]) expect(sampler.order).toBeGreaterThanOrEqual(1)
  for (const { test } of uncertifiedSamplers) expect(existsSync(new URL(`src/${test}`, import.meta.url))).toBe(true)
  expect(library.predictorCorrector(library.euler()).order).toBeUndefined()
  expect([library.dormandPrince(), library.annealedLangevin(), library.edmHeun({ churn: 1 })].map(({ order }) => order)).toEqual([undefined, undefined, undefined])
})

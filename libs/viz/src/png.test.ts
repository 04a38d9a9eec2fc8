import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { figure, line, panel } from './index'
import { renderPng } from './png'

const svg = (title: string): string => figure({ title, width: 320, rows: [{ height: 60, cells: [panel({ layers: [line({ x: [0, 1], y: [0, 1] })] })] }] })
const heightOf = (text: string): number => Number(/height="(\d+)"/.exec(text)![1])

describe('renderPng', () => {
  it('has the size of the SVG times the scale', async () => {
    for (const scale of [1, 2, 2.5]) {
      const { width, height } = decode(await renderPng(svg('size'), { scale }))
      expect([width, height]).toEqual([320 * scale, Math.ceil(heightOf(svg('size')) * scale)])
    }
  })

  it('gives the same bytes for the same input', async () => {
    expect(await renderPng(svg('same'))).toEqual(await renderPng(svg('same')))
  })

  it('draws every sign that figures use with ink of its own, from the packaged fonts alone', async () => {
    const ink = async (sign: string): Promise<string> => {
      const text = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" font-family="Inter"><text x="8" y="28" font-size="20">${sign}</text></svg>`
      return Buffer.from(decode(await renderPng(text, { scale: 1 })).data).toString('base64')
    }
    const missing = await ink('\u{10ffff}')
    const blank = await ink('')
    const pictures = await Promise.all([...'αβσθλμ₀ₜ√∇½←→−×±·′∼ℝ≤'].map(ink))
    expect(pictures.filter((picture) => picture === missing || picture === blank)).toEqual([])
    expect(new Set(pictures).size).toBe(pictures.length)
  })

  it('refuses a scale of zero and text that is no SVG', async () => {
    await expect(renderPng(svg('a'), { scale: 0 })).rejects.toThrow(/scale must be a positive finite number; got 0/)
    await expect(renderPng('hello')).rejects.toThrow(/svg must be an SVG document as text; got hello/)
  })
})

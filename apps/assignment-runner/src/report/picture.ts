import fs from 'node:fs'
import { join } from 'node:path'

/**
 * A picture of a folder as a data URI. Of a figure it is the PNG, whose letters are set in the fonts that it was laid out for, where a
 * browser that lacks them would set those of the SVG in wider ones.
 *
 * @returns `undefined` where there is no such picture, or its name leads elsewhere.
 */
export function pictureUri(folder: string, name: string): string | undefined {
  const [, type] = /^[\w.-]+\.(png|gif)$/.exec(name) ?? []
  const file = join(folder, name)
  if (type === undefined || !fs.existsSync(file)) return undefined
  return `data:image/${type};base64,${fs.readFileSync(file).toString('base64')}`
}

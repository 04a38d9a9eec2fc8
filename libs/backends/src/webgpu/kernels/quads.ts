/*
 * WGSL of quads: four numbers beside each other in a row of a matrix, at once where rows are a multiple of four long, else one by one.
 */

const four = [0, 1, 2, 3] as const

/** A matrix whose quads a shader reads. */
export interface QuadReader {
  /** Name of the function that is written. */
  readonly name: string
  /** The array that holds the matrix, row by row; of vec4<f32> where `vec4` says so. */
  readonly array: string
  /** WGSL of how many rows and columns there are. */
  readonly rows: string
  readonly columns: string
  readonly vec4: boolean
}

/** WGSL at module scope: `NAME(row, column)`, the quad from there, zero past the matrix. Reads have no branches, so that they can be under way together. */
export function quadReader({ name, array, rows, columns, vec4 }: QuadReader): string {
  const entry = (e: number) => (e === 0 ? `select(0.0, ${array}[index], inside)` : `select(0.0, ${array}[index + max(0, min(${e}, last))], last >= ${e})`)
  return `
fn ${name}(row: i32, column: i32) -> vec4<f32> {
  let inside = row < ${rows} && column < ${columns};
  let index = select(0, row * ${columns} + column, inside);
  ${vec4 ? `return select(vec4<f32>(0.0), ${array}[index / 4], inside);` : `let last = select(-1, ${columns} - 1 - column, inside); // of the quad's columns there are
  return vec4<f32>(${four.map(entry).join(', ')});`}
}`
}

/** A row of a matrix into which a shader stores a quad. */
export interface QuadStore {
  /** WGSL of the quad's first column, and of how many columns there are. */
  readonly column: string
  readonly columns: string
  readonly vec4: boolean
  /** Whether the array `bias`, a number for each column, is added. */
  readonly withBias?: boolean
}

/** WGSL: stores the quad `numbers` at `index` of the array `result`, as far as there are columns. */
export function storeQuad({ column, columns, vec4, withBias = false }: QuadStore): string {
  const bias = (place: string) => (withBias ? ` + bias[${place}]` : '')
  if (vec4) return `result[index / 4] = numbers${bias(`${column} / 4`)};`
  return four.map((e) => `if (${column} + ${e} < ${columns}) { result[index + ${e}] = numbers[${e}]${bias(`${column} + ${e}`)}; }`).join('\n  ')
}

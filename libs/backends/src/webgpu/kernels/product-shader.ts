import { depth, threadsOf, type ProductTile } from './product-tile'

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

/** A name of the text that {@link declareTiles} and its companions write for a tile, for the names of programs. */
export const tileName = ({ threadsM, threadsN, quadsM, quadsN }: ProductTile): string => `${threadsM}x${threadsN}x${quadsM}x${quadsN}`

/** Quads (four numbers beside each other) of a step's row of the left and of the right operand. */
export const quadsOf = ({ threadsM, threadsN, quadsM, quadsN }: ProductTile): { readonly left: number; readonly right: number } =>
  ({ left: threadsM * quadsM, right: threadsN * quadsN })

/** Rows of a step's operands that all invocations load at once, where each loads a quad of a row as it lies. */
export function rowsPerLoad(tile: ProductTile): { readonly left: number; readonly right: number } {
  const { left, right } = quadsOf(tile)
  return { left: Math.min(depth, threadsOf(tile) / left), right: Math.min(depth, threadsOf(tile) / right) }
}

/** WGSL at module scope: what a step needs of both operands, row by row, `left[k * quads + quad]`. */
export function declareTiles(tile: ProductTile): string {
  const { left, right } = quadsOf(tile)
  return `var<workgroup> left: array<vec4<f32>, ${depth * left}>;\nvar<workgroup> right: array<vec4<f32>, ${depth * right}>;`
}

/** WGSL: an invocation's place in the tile and its results, zero. Quads of a row lie apart by the number of threads, so that neighbours read neighbours. */
export function declareResults({ threadsN, quadsM, quadsN }: ProductTile): string {
  return [
    `let tileRow = i32(localIndex) / ${threadsN};`,
    `let tileColumn = i32(localIndex) % ${threadsN};`,
    ...range(4 * quadsM).flatMap((row) => range(quadsN).map((column) => `var sum${row}_${column} = vec4<f32>(0.0);`)),
  ].join('\n')
}

/** WGSL: adds the products of a step to the results. All of it is written out, so that results stay in registers. */
export function multiplyTiles(tile: ProductTile): string {
  const { threadsM, threadsN, quadsM, quadsN } = tile
  const { left, right } = quadsOf(tile)
  return [
    `for (var k = 0; k < ${depth}; k++) {`,
    ...range(quadsM).map((quad) => `let a${quad} = left[k * ${left} + ${quad * threadsM} + tileRow];`),
    ...range(quadsN).map((quad) => `let b${quad} = right[k * ${right} + ${quad * threadsN} + tileColumn];`),
    ...range(4 * quadsM).flatMap((row) =>
      range(quadsN).map((column) => `sum${row}_${column} += a${row >> 2}.${'xyzw'[row & 3]} * b${column};`)),
    '}',
  ].join('\n')
}

/** WGSL: calls `store(row, quad, numbers)` for each row and quad of columns that the invocation has of the tile, both counted within the tile. */
export function storeResults({ threadsM, threadsN, quadsM, quadsN }: ProductTile): string {
  return range(4 * quadsM).flatMap((row) => range(quadsN).map((column) =>
    `store((${(row >> 2) * threadsM} + tileRow) * 4 + ${row & 3}, ${column * threadsN} + tileColumn, sum${row}_${column});`)).join('\n')
}

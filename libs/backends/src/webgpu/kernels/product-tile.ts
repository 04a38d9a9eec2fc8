/**
 * How a workgroup works on its tile of a product of matrices: `threadsM` × `threadsN` invocations, each with `quadsM` × `quadsN` blocks
 * of 4 × 4 results in registers. Per step, `depth` rows of both operands lie in workgroup memory, as vec4<f32>.
 */
export interface ProductTile {
  readonly threadsM: number
  readonly threadsN: number
  readonly quadsM: number
  readonly quadsN: number
}

/** Products that a result gains per step of a tile. */
export const depth = 16

/** Rows and columns of the results of a tile. */
export const rowsOf = ({ threadsM, quadsM }: ProductTile): number => 4 * threadsM * quadsM
/** See {@link rowsOf}. */
export const columnsOf = ({ threadsN, quadsN }: ProductTile): number => 4 * threadsN * quadsN

/** Invocations of a tile's workgroup. */
export const threadsOf = ({ threadsM, threadsN }: ProductTile): number => threadsM * threadsN

/** What a large card runs at a time, with as many registers as a tile takes. */
export const fillingInvocations = 2 ** 16

/** The tiles there are. Each fits into what every WebGPU device offers: 256 invocations and 16 KiB of workgroup memory. */
export const productTiles: readonly ProductTile[] = [
  { threadsM: 8, threadsN: 8, quadsM: 2, quadsN: 2 }, // 64 × 64
  { threadsM: 16, threadsN: 4, quadsM: 2, quadsN: 2 }, // 128 × 32
  { threadsM: 8, threadsN: 8, quadsM: 2, quadsN: 1 }, // 64 × 32
  { threadsM: 8, threadsN: 8, quadsM: 1, quadsN: 1 }, // 32 × 32
  { threadsM: 4, threadsN: 16, quadsM: 1, quadsN: 1 }, // 16 × 64
  { threadsM: 4, threadsN: 8, quadsM: 1, quadsN: 1 }, // 16 × 32
  { threadsM: 32, threadsN: 1, quadsM: 1, quadsN: 1 }, // 128 × 4
]

/** Those of 32 columns or more. Where a narrow tile's operand is turned over in registers, each invocation would load four blocks, and SwiftShader's compiler does not come to an end. */
export const wideTiles: readonly ProductTile[] = productTiles.filter((tile) => columnsOf(tile) >= 32)

/** What decides between tiles. */
export interface ProductSize {
  readonly rows: number
  readonly columns: number
  /** How many products of this size run in one dispatch. Default 1. */
  readonly products?: number
  /** Invocations that fill a large card; with fewer a tile counts as so much slower. Default 0: the work is split further anyway. */
  readonly wantedInvocations?: number
}

/**
 * The tile that needs the least time, as work it does in vain counts, and as a multiplication and addition costs one unit, a number read
 * from workgroup memory two: per product a block of m × n results reads m + n numbers for m·n multiplications.
 */
export function chooseTile(size: ProductSize, tiles = productTiles): ProductTile {
  return tiles.reduce((best, tile) => (cost(tile, size) < cost(best, size) ? tile : best))
}

function cost(tile: ProductTile, { rows, columns, products = 1, wantedInvocations = 0 }: ProductSize): number {
  const tiles = products * Math.ceil(rows / rowsOf(tile)) * Math.ceil(columns / columnsOf(tile))
  const work = tiles * rowsOf(tile) * columnsOf(tile)
  const perProduct = 1 + 2 / (4 * tile.quadsM) + 2 / (4 * tile.quadsN)
  return work * perProduct * Math.max(1, wantedInvocations / (tiles * tile.threadsM * tile.threadsN))
}

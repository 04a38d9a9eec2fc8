import { depth, type ProductTile } from './product-tile'

const quad = [0, 1, 2, 3] as const

/** Quads of a step along the sum: so many neighbours load one row or column each. */
export const quadsOfStep = depth / 4

/** Invocations beside each other along the results, where each loads blocks of four results by four terms of the sum. */
export const unitsOf = ({ threadsM, threadsN }: ProductTile): number => (threadsM * threadsN) / quadsOfStep

/** The blocks that an invocation loads of so many quads of results: where each starts, and whether all invocations have one. */
export const blocksOf = (quads: number, units: number): readonly { readonly block: number; readonly first: number; readonly all: boolean }[] =>
  Array.from({ length: Math.ceil(quads / units) }, (_, block) => ({ block, first: block * units, all: quads >= units }))

/**
 * WGSL at module scope: a term of a convolution's sum, and the walk from one to another by additions with carry, without divisions. What is
 * added must itself be a term.
 */
export const terms = `
struct Term { tapRow: i32, tapColumn: i32, channel: i32 }

fn termAt(index: i32, channels: i32, tapColumns: i32) -> Term {
  return Term(index / channels / tapColumns, index / channels % tapColumns, index % channels);
}

fn termAfter(term: Term, by: Term, channels: i32, tapColumns: i32) -> Term {
  var next = Term(term.tapRow + by.tapRow, term.tapColumn + by.tapColumn, term.channel + by.channel);
  if (next.channel >= channels) { next.channel -= channels; next.tapColumn += 1; }
  if (next.tapColumn >= tapColumns) { next.tapColumn -= tapColumns; next.tapRow += 1; }
  return next;
}`

/** How a block of four results by four terms is loaded. */
export interface BlockLoad {
  /** Whether `read` gives four terms beside each other, as vec4<f32>; else one. */
  readonly vec4: boolean
  /** WGSL of what is read for result 0 to 3 at a term. */
  readonly read: (result: number, term: string) => string
  /** WGSL of the term behind a term. */
  readonly next: (term: string) => string
  /** WGSL of where the four results' share of term 0 to 3 is stored. */
  readonly place: (term: string) => string
  /** WGSL of when there is such a block; undefined: always. */
  readonly condition?: string
}

/** WGSL: loads a block at `term`, turns it over, and stores it term by term. Reads have no branches, so that they can be under way together. */
export function loadBlock({ vec4, read, next, place, condition }: BlockLoad): string {
  const text = vec4
    ? [
        ...quad.map((e) => `let v${e} = ${read(e, 'term')};`),
        ...quad.map((k) => `${place(`${k}`)} = vec4<f32>(${quad.map((e) => `v${e}.${'xyzw'.charAt(k)}`).join(', ')});`),
      ].join('\n      ')
    : `var each = term;
      for (var k = 0; k < 4; k++) {
        ${place('k')} = vec4<f32>(${quad.map((e) => read(e, 'each')).join(', ')});
        each = ${next('each')};
      }`
  return `${condition === undefined ? '' : `if (${condition}) `}{
      ${text}
    }`
}

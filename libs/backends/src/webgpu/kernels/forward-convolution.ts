import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core'
import { blocksOf, loadBlock, quadsOfStep, terms, unitsOf } from './block-loads'
import type { ConvolutionRun } from './convolution-run'
import { declareResults, declareTiles, multiplyTiles, quadsOf, rowsPerLoad, storeResults, tileName } from './product-shader'
import { chooseTile, columnsOf, depth, fillingInvocations, rowsOf, wideTiles, type ProductTile } from './product-tile'
import { quadReader, storeQuad } from './quads'
import { runProgram, type Dispatch } from './run-program'

/** How a convolution is divided among workgroups. */
export interface ForwardPlan {
  readonly tile: ProductTile
  /** Tiles over channels out; tiles over pixels, along y and z. */
  readonly dispatch: Dispatch
}

/** For a device that takes `most` workgroups along one dimension, with a tile that was `chosen` in the place of the one that should be fastest. */
export function planForward({ batchSize, outHeight, outWidth, outChannels }: backend_util.Conv2DInfo, most: number, chosen?: ProductTile): ForwardPlan {
  const rows = batchSize * outHeight * outWidth
  const tile = chosen ?? chooseTile({ rows, columns: outChannels, wantedInvocations: fillingInvocations }, wideTiles)
  const down = Math.ceil(rows / rowsOf(tile))
  const z = Math.ceil(down / most)
  return { tile, dispatch: [Math.ceil(outChannels / columnsOf(tile)), Math.ceil(down / z), z] }
}

/**
 * A convolution of NHWC images, with a bias or none: the product [pixels, taps · channels in] · [taps · channels in, channels out], whose left
 * operand is gathered from the images tile by tile.
 *
 * @param x - the images, float32
 * @param filter - float32
 * @param bias - float32, one number for each channel out
 */
export function convolveForward(
  x: TensorInfo,
  filter: TensorInfo,
  bias: TensorInfo | undefined,
  { shape, backend, tile: chosen }: ConvolutionRun,
): TensorInfo {
  const { tile, dispatch } = planForward(shape, backend.device.limits.maxComputeWorkgroupsPerDimension, chosen)
  const [vec4In, vec4Out] = [shape.inChannels % 4 === 0, shape.outChannels % 4 === 0]
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, strideHeight, strideWidth } = shape
  return runProgram(backend, {
    name: 'Convolution',
    key: `${tileName(tile)} ${vec4In} ${vec4Out} ${bias !== undefined}`,
    inputs: { x, weights: filter, ...(bias === undefined ? {} : { bias }) },
    shape: shape.outShape,
    vec4: [...(vec4In ? ['x'] : []), ...(vec4Out ? ['weights', 'bias', 'result'] : [])],
    workgroupSize: tile.threadsM * tile.threadsN,
    dispatch,
    integers: {
      pixels: shape.batchSize * outHeight * outWidth, terms: filterHeight * filterWidth * inChannels,
      inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, top: shape.padInfo.top, left: shape.padInfo.left, strideHeight, strideWidth,
    },
    source: () => sourceOf(tile, { vec4In, vec4Out, withBias: bias !== undefined }),
  })
}

interface Variant {
  readonly vec4In: boolean
  readonly vec4Out: boolean
  readonly withBias: boolean
}

/** Images are loaded as blocks of four pixels by four channels in, which are turned over in registers; the filter lies as the product reads it. */
function sourceOf(tile: ProductTile, { vec4In, vec4Out, withBias }: Variant): string {
  const { left, right } = quadsOf(tile)
  const { right: rightStep } = rowsPerLoad(tile)
  const units = unitsOf(tile)
  const after = (term: string, by: string) => `termAfter(${term}, ${by}, uniforms.inChannels, uniforms.filterWidth)`
  const [number, perQuad] = vec4In ? ['vec4<f32>', ' / 4'] : ['f32', '']
  return `
${declareTiles(tile)}
${terms}
struct Pixel { row: i32, column: i32, image: i32 }

fn rowTile() -> i32 { return (i32(workgroupId.z) * uniforms.groupsY + i32(workgroupId.y)) * ${rowsOf(tile)}; }

fn pixelOf(index: i32) -> Pixel { // where its first tap lies in the images
  let outside = select(0, 0x20000000, index >= uniforms.pixels); // a row that no image has
  return Pixel(
    index / uniforms.outWidth % uniforms.outHeight * uniforms.strideHeight - uniforms.top + outside,
    index % uniforms.outWidth * uniforms.strideWidth - uniforms.left,
    index / (uniforms.outWidth * uniforms.outHeight));
}

fn input(pixel: Pixel, term: Term) -> ${number} {
  let row = pixel.row + term.tapRow;
  let column = pixel.column + term.tapColumn;
  let inside = term.tapRow < uniforms.filterHeight && row >= 0 && row < uniforms.inHeight && column >= 0 && column < uniforms.inWidth;
  let index = ((pixel.image * uniforms.inHeight + row) * uniforms.inWidth + column) * uniforms.inChannels + term.channel;
  return select(${number}(0.0), x[select(0, index, inside)${perQuad}], inside);
}

${quadReader({ name: 'filterRow', array: 'weights', rows: 'uniforms.terms', columns: 'uniforms.outChannels', vec4: vec4Out })}

fn store(tileRow: i32, quad: i32, numbers: vec4<f32>) {
  let pixel = rowTile() + tileRow;
  let channel = i32(workgroupId.x) * ${columnsOf(tile)} + 4 * quad;
  if (pixel >= uniforms.pixels || channel >= uniforms.outChannels) { return; }
  let index = pixel * uniforms.outChannels + channel;
  ${storeQuad({ column: 'channel', columns: 'uniforms.outChannels', vec4: vec4Out, withBias })}
}

fn work() {
  ${declareResults(tile)}
  let sumQuad = i32(localIndex) % ${quadsOfStep};
  let unit = i32(localIndex) / ${quadsOfStep};
  ${blocksOf(left, units).flatMap(({ block, first }) => [0, 1, 2, 3].map((e) => `let pixel${block}_${e} = pixelOf(rowTile() + 4 * (${first} + unit) + ${e});`)).join('\n  ')}
  let rightQuad = i32(localIndex) % ${right};
  let rightRow = i32(localIndex) / ${right};
  let firstChannel = i32(workgroupId.x) * ${columnsOf(tile)} + 4 * rightQuad;
  var term = termAt(4 * sumQuad, uniforms.inChannels, uniforms.filterWidth);
  let stride = termAt(${depth}, uniforms.inChannels, uniforms.filterWidth);

  for (var step = 0; step < uniforms.terms; step += ${depth}) {
    ${blocksOf(left, units).map(({ block, first, all }) => loadBlock({
    vec4: vec4In, next: (term) => after(term, 'Term(0, 0, 1)'),
    read: (e, term) => `input(pixel${block}_${e}, ${term})`,
    place: (k) => `left[(4 * sumQuad + ${k}) * ${left} + ${first} + unit]`,
    ...(all ? {} : { condition: `${first} + unit < ${left}` }),
  })).join('\n    ')}
    for (var k = rightRow; k < ${depth}; k += ${rightStep}) { right[k * ${right} + rightQuad] = filterRow(step + k, firstChannel); }
    term = ${after('term', 'stride')};
    workgroupBarrier();
    ${multiplyTiles(tile)}
    workgroupBarrier();
  }
  ${storeResults(tile)}
}`
}

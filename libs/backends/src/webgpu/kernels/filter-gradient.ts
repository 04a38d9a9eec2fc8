import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core'
import { addPartials } from './add-partials'
import type { ConvolutionRun } from './convolution-run'
import { declareResults, declareTiles, multiplyTiles, quadsOf, rowsPerLoad, storeResults, tileName } from './product-shader'
import { chooseTile, columnsOf, depth, rowsOf, threadsOf, type ProductTile } from './product-tile'
import { quadReader, storeQuad } from './quads'
import { runProgram, type Dispatch } from './run-program'

const fewestRows = 64 // of a split: fewer, and writing its partial sums would cost as much as computing them
const mostPartials = 2 ** 22 // numbers: 16 MiB, in which 1024 workgroups of 64 × 64 results fit, or 8192 of 16 × 32

/** How a filter's gradient is divided among workgroups. */
export interface FilterGradientPlan {
  readonly tile: ProductTile
  /** Tiles over columns (channels out) and rows (taps · channels in), and splits of the sum over images and pixels. */
  readonly dispatch: Dispatch
  /** Pixels of a split. */
  readonly rowsPerSplit: number
}

/**
 * The filter's gradient is the product [taps · channels in, K] · [K, channels out], K = batch · height · width of the outputs: small results of long sums.
 * So the sum is split, and each split's results go to a buffer of partial sums. That never holds more than 2²² numbers (16 MiB), nor
 * more than K / 64 times the filter; a filter with more numbers than 2²² is not split.
 *
 * @param chosen - a tile in the place of the one that should be fastest
 */
export function planFilterGradient(shape: backend_util.Conv2DInfo, chosen?: ProductTile): FilterGradientPlan {
  const { rows, columns, pixels } = sizesOf(shape)
  const tile = chosen ?? chooseTile({ rows, columns })
  const [across, down] = [Math.ceil(columns / columnsOf(tile)), Math.ceil(rows / rowsOf(tile))]
  const room = Math.floor(mostPartials / (across * columnsOf(tile) * down * rowsOf(tile)))
  const wanted = Math.max(1, Math.min(room, Math.floor(pixels / fewestRows)))
  const rowsPerSplit = depth * Math.ceil(pixels / wanted / depth)
  return { tile, dispatch: [across, down, Math.ceil(pixels / rowsPerSplit)], rowsPerSplit }
}

/**
 * ∂/∂filter of a convolution of NHWC images: dW[i, j, c, o] = Σ x[b, s·y + i − top, s·x + j − left, c] · dy[b, y, x, o]. The rows of the left
 * operand are gathered from the images tile by tile and never stored. The same numbers give the same gradient to the bit.
 *
 * @param x - the images, float32
 * @param dy - the gradient of the outputs, float32
 */
export function filterGradient(x: TensorInfo, dy: TensorInfo, { shape, backend, tile }: ConvolutionRun): TensorInfo {
  const { rows, columns, pixels } = sizesOf(shape)
  const plan = planFilterGradient(shape, tile)
  const splits = plan.dispatch[2]
  const [vec4X, vec4Dy] = [shape.inChannels % 4 === 0, shape.outChannels % 4 === 0]
  const { outHeight, outWidth } = shape
  const step = rowsPerLoad(plan.tile).left
  const partials = runProgram(backend, {
    name: 'FilterGradient',
    key: `${tileName(plan.tile)} ${vec4X} ${vec4Dy}`,
    inputs: { x, dy },
    shape: splits === 1 ? shape.filterShape : [splits, rows, columns],
    vec4: [...(vec4X ? ['x'] : []), ...(vec4Dy ? ['dy', 'result'] : [])],
    workgroupSize: threadsOf(plan.tile),
    dispatch: plan.dispatch,
    integers: {
      rows, columns, pixels, rowsPerSplit: plan.rowsPerSplit,
      images: shape.batchSize, inHeight: shape.inHeight, inWidth: shape.inWidth, inChannels: shape.inChannels, outHeight, outWidth,
      filterWidth: shape.filterWidth, top: shape.padInfo.top, left: shape.padInfo.left, strideHeight: shape.strideHeight, strideWidth: shape.strideWidth,
      stepImages: Math.floor(step / (outHeight * outWidth)), stepRows: Math.floor(step / outWidth) % outHeight, stepColumns: step % outWidth,
    },
    source: () => sourceOf(plan.tile, vec4X, vec4Dy),
  })
  if (splits === 1) return partials
  const gradient = addPartials(backend, { partials, groups: 1, splits, size: rows * columns, shape: shape.filterShape })
  backend.disposeData(partials.dataId)
  return gradient
}

const sizesOf = ({ filterHeight, filterWidth, inChannels, outChannels, batchSize, outHeight, outWidth }: backend_util.Conv2DInfo) =>
  ({ rows: filterHeight * filterWidth * inChannels, columns: outChannels, pixels: batchSize * outHeight * outWidth })

/** Each invocation loads the same quad of rows in every step, so it finds its taps once; it walks the pixels by additions with carry, without divisions. */
function sourceOf(tile: ProductTile, vec4X: boolean, vec4Dy: boolean): string {
  const { left, right } = quadsOf(tile)
  const { left: leftStep, right: rightStep } = rowsPerLoad(tile)
  const [numbers, perQuad] = vec4X ? ['vec4<f32>', ' / 4'] : ['f32', '']
  const entries = vec4X ? [''] : ['0', '1', '2', '3']
  const each = (text: (entry: string) => string) => entries.map(text).join('\n')
  return `
${declareTiles(tile)}

struct Tap { row: i32, column: i32, channel: i32 }

fn tapOf(row: i32) -> Tap {
  let tap = row / uniforms.inChannels;
  let outside = select(0, 0x20000000, row >= uniforms.rows); // a row that no image has
  return Tap(tap / uniforms.filterWidth - uniforms.top + outside, tap % uniforms.filterWidth - uniforms.left, row % uniforms.inChannels);
}

fn input(image: i32, row: i32, column: i32, tap: Tap) -> ${numbers} {
  let y = row * uniforms.strideHeight + tap.row;
  let x_ = column * uniforms.strideWidth + tap.column;
  let inside = image < uniforms.images && y >= 0 && y < uniforms.inHeight && x_ >= 0 && x_ < uniforms.inWidth;
  let index = ((image * uniforms.inHeight + y) * uniforms.inWidth + x_) * uniforms.inChannels + tap.channel;
  return select(${numbers}(0.0), x[select(0, index, inside)${perQuad}], inside);
}

${quadReader({ name: 'outputGradient', array: 'dy', rows: 'uniforms.pixels', columns: 'uniforms.columns', vec4: vec4Dy })}

fn store(tileRow: i32, quad: i32, numbers: vec4<f32>) {
  let row = i32(workgroupId.y) * ${rowsOf(tile)} + tileRow;
  let column = i32(workgroupId.x) * ${columnsOf(tile)} + 4 * quad;
  if (row >= uniforms.rows || column >= uniforms.columns) { return; }
  let index = (i32(workgroupId.z) * uniforms.rows + row) * uniforms.columns + column;
  ${storeQuad({ column: 'column', columns: 'uniforms.columns', vec4: vec4Dy })}
}

fn work() {
  ${declareResults(tile)}
  let thread = i32(localIndex);
  let leftQuad = thread % ${left};
  let leftRow = thread / ${left};
  let rightQuad = thread % ${right};
  let rightRow = thread / ${right};
  let firstRow = i32(workgroupId.y) * ${rowsOf(tile)} + 4 * leftQuad;
  ${each((entry) => `let tap${entry} = tapOf(firstRow + ${entry || '0'});`)}
  let firstColumn = i32(workgroupId.x) * ${columnsOf(tile)} + 4 * rightQuad;
  let firstPixel = i32(workgroupId.z) * uniforms.rowsPerSplit;

  var pixel = firstPixel + rightRow;
  let walked = firstPixel + leftRow;
  var column = walked % uniforms.outWidth;
  var row = walked / uniforms.outWidth % uniforms.outHeight;
  var image = walked / (uniforms.outWidth * uniforms.outHeight);

  for (var step = 0; step < uniforms.rowsPerSplit; step += ${depth}) {
    for (var k = leftRow; k < ${depth}; k += ${leftStep}) {
      ${vec4X
    ? `left[k * ${left} + leftQuad] = input(image, row, column, tap);`
    : `left[k * ${left} + leftQuad] = vec4<f32>(${entries.map((entry) => `input(image, row, column, tap${entry})`).join(', ')});`}
      column += uniforms.stepColumns;
      row += uniforms.stepRows;
      image += uniforms.stepImages;
      if (column >= uniforms.outWidth) { column -= uniforms.outWidth; row += 1; }
      if (row >= uniforms.outHeight) { row -= uniforms.outHeight; image += 1; }
    }
    for (var k = rightRow; k < ${depth}; k += ${rightStep}) {
      right[k * ${right} + rightQuad] = outputGradient(pixel, firstColumn);
      pixel += ${rightStep};
    }
    workgroupBarrier();
    ${multiplyTiles(tile)}
    workgroupBarrier();
  }
  ${storeResults(tile)}
}`
}

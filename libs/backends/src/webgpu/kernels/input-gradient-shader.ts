import { blocksOf, loadBlock, quadsOfStep, terms, unitsOf } from './block-loads'
import { declareResults, declareTiles, multiplyTiles, quadsOf, storeResults } from './product-shader'
import { columnsOf, depth, rowsOf, type ProductTile } from './product-tile'
import { storeQuad } from './quads'

/**
 * WGSL of the gradient of a convolution's input. Both operands lie in memory along the sum (channels out), while the tiles are read along
 * the results; so an invocation loads blocks of four pixels (or channels in) by four channels out and turns them over in registers. It
 * loads the same pixels in every step, whose places it finds once, and walks taps and channels by additions with carry.
 *
 * @param vec4In - whether the channels in are a multiple of 4
 * @param vec4Out - whether the channels out are a multiple of 4
 */
export function inputGradientSource(tile: ProductTile, vec4In: boolean, vec4Out: boolean): string {
  const { left, right } = quadsOf(tile)
  const units = unitsOf(tile)
  const after = (term: string, by: string) => `termAfter(${term}, ${by}, uniforms.outChannels, phase.taps.y)`
  const next = (term: string) => after(term, 'Term(0, 0, 1)')
  const number = vec4Out ? 'vec4<f32>' : 'f32'
  const perQuad = vec4Out ? ' / 4' : ''
  return `
${declareTiles(tile)}
var<workgroup> steps: i32;
${terms}

struct Phase { row: i32, column: i32, height: i32, width: i32, pixels: i32, firstTap: vec2<i32>, taps: vec2<i32> }
struct Pixel { row: i32, column: i32, image: i32 }

var<private> phase: Phase;

fn phaseOf(index: i32) -> Phase {
  let row = index / uniforms.strideWidth;
  let column = index % uniforms.strideWidth;
  let height = (uniforms.inHeight - row + uniforms.strideHeight - 1) / uniforms.strideHeight;
  let width = (uniforms.inWidth - column + uniforms.strideWidth - 1) / uniforms.strideWidth;
  let strides = vec2<i32>(uniforms.strideHeight, uniforms.strideWidth);
  let firstTap = (vec2<i32>(row, column) + vec2<i32>(uniforms.top, uniforms.left)) % strides;
  let taps = (vec2<i32>(uniforms.filterHeight, uniforms.filterWidth) - firstTap + strides - 1) / strides;
  return Phase(row, column, height, width, uniforms.images * height * width, firstTap, taps);
}

fn pixelOf(index: i32) -> Pixel { // where its first tap lies in the outputs
  let outside = select(0, 0x20000000, index >= phase.pixels); // a row that no output has
  return Pixel(
    index / phase.width % phase.height + (phase.row + uniforms.top) / uniforms.strideHeight + outside,
    index % phase.width + (phase.column + uniforms.left) / uniforms.strideWidth,
    index / (phase.width * phase.height));
}

fn outputGradient(pixel: Pixel, term: Term) -> ${number} {
  let y = pixel.row - term.tapRow;
  let x = pixel.column - term.tapColumn;
  let inside = term.tapRow < phase.taps.x && y >= 0 && y < uniforms.outHeight && x >= 0 && x < uniforms.outWidth;
  let index = ((pixel.image * uniforms.outHeight + y) * uniforms.outWidth + x) * uniforms.outChannels + term.channel;
  return select(${number}(0.0), dy[select(0, index, inside)${perQuad}], inside);
}

fn weight(channel: i32, term: Term) -> ${number} {
  let inside = term.tapRow < phase.taps.x && channel < uniforms.inChannels;
  let i = phase.firstTap.x + term.tapRow * uniforms.strideHeight;
  let j = phase.firstTap.y + term.tapColumn * uniforms.strideWidth;
  let index = ((i * uniforms.filterWidth + j) * uniforms.inChannels + channel) * uniforms.outChannels + term.channel;
  return select(${number}(0.0), weights[select(0, index, inside)${perQuad}], inside);
}

fn rowTile() -> i32 { return (i32(workgroupId.z) * uniforms.groupsY + i32(workgroupId.y)) * ${rowsOf(tile)}; }
fn columnTile() -> i32 { return i32(workgroupId.x) / (uniforms.strideHeight * uniforms.strideWidth) * ${columnsOf(tile)}; }

fn store(tileRow: i32, quad: i32, numbers: vec4<f32>) {
  let pixel = rowTile() + tileRow;
  let channel = columnTile() + 4 * quad;
  if (pixel >= phase.pixels || channel >= uniforms.inChannels) { return; }
  let y = pixel / phase.width % phase.height * uniforms.strideHeight + phase.row;
  let x = pixel % phase.width * uniforms.strideWidth + phase.column;
  let index = ((pixel / (phase.width * phase.height) * uniforms.inHeight + y) * uniforms.inWidth + x) * uniforms.inChannels + channel;
  ${storeQuad({ column: 'channel', columns: 'uniforms.inChannels', vec4: vec4In })}
}

fn work() {
  ${declareResults(tile)}
  phase = phaseOf(i32(workgroupId.x) % (uniforms.strideHeight * uniforms.strideWidth));
  let terms = phase.taps.x * phase.taps.y * uniforms.outChannels;
  if (localIndex == 0) { steps = select((terms + ${depth - 1}) / ${depth}, 0, rowTile() >= phase.pixels); }
  let stepCount = workgroupUniformLoad(&steps);

  let sumQuad = i32(localIndex) % ${quadsOfStep};
  let unit = i32(localIndex) / ${quadsOfStep};
  let rightUnit = ${units - 1} - unit; // from the other end, so that those who have no pixels to load have channels
  ${blocksOf(left, units).flatMap(({ block, first }) => [0, 1, 2, 3].map((e) => `let pixel${block}_${e} = pixelOf(rowTile() + 4 * (${first} + unit) + ${e});`)).join('\n  ')}

  let tapColumns = max(1, phase.taps.y); // none: no steps
  var term = termAt(4 * sumQuad, uniforms.outChannels, tapColumns);
  let stride = termAt(${depth}, uniforms.outChannels, tapColumns);

  for (var step = 0; step < stepCount; step++) {
    ${blocksOf(left, units).map(({ block, first, all }) => loadBlock({
    vec4: vec4Out, next,
    read: (e, term) => `outputGradient(pixel${block}_${e}, ${term})`,
    place: (k) => `left[(4 * sumQuad + ${k}) * ${left} + ${first} + unit]`,
    ...(all ? {} : { condition: `${first} + unit < ${left}` }),
  })).join('\n    ')}
    ${blocksOf(right, units).map(({ first, all }) => loadBlock({
    vec4: vec4Out, next,
    read: (e, term) => `weight(columnTile() + 4 * (${first} + rightUnit) + ${e}, ${term})`,
    place: (k) => `right[(4 * sumQuad + ${k}) * ${right} + ${first} + rightUnit]`,
    ...(all ? {} : { condition: `${first} + rightUnit < ${right}` }),
  })).join('\n    ')}
    term = ${after('term', 'stride')};
    workgroupBarrier();
    ${multiplyTiles(tile)}
    workgroupBarrier();
  }
  ${storeResults(tile)}
}`
}

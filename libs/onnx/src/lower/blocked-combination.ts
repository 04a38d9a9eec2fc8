import type { OnnxNode, OnnxValue } from '../model/onnx-graph'
import { broadcastShape, numberOf, type Operation, type Value } from '../trace/graph'
import { meetingOf } from './blocked-elementwise'
import type { BlockedLayout, PerChannel } from './blocked-layout'
import type { Lowering } from './lowering'

type Sign = 1 | -1

/** Images that are added or taken away, as they are or times a number per channel. */
interface Term {
  readonly images: Value
  readonly sign: Sign
  readonly scale?: PerChannel
}

/** A sum of such terms and of numbers per channel. */
interface Combination {
  readonly terms: readonly Term[]
  readonly shifts: readonly { readonly sign: Sign, readonly shift: PerChannel }[]
}

/**
 * A sum of images, of images times numbers per channel, and of numbers per channel, in blocks, in one pass over the pixels for each
 * of its terms: what is multiplied goes through {@link BlockedLayout.affine}, which takes the numbers and another term along; so
 * does a convolution among the terms.
 *
 * @param operation - an elementwise operation whose operands can all be brought into blocks
 * @returns undefined for any other operation, and where no pass would be saved
 */
export function combinationInBlocks(operation: Operation, lowering: Lowering, blocks: BlockedLayout): OnnxValue | undefined {
  const [output] = operation.outputs
  const combination = output.type === 'float32' ? combinationOf(output, 1, lowering, { isRoot: true }) : undefined
  if (combination === undefined) return undefined
  const { terms } = combination
  const shift = shiftOf(combination, lowering)
  const factors = [shift, ...terms.map(({ scale }) => scale)].filter((each) => each !== undefined)
  if (terms.length === 1 && factors.length === 1 && typeof factors[0] === 'number') return undefined // is one pass anyway

  const held = (term: Term) => lowering.inBlocks(term.images, blocks)
  const convolved = terms.find((term) => term.scale === undefined && term.sign === 1 && convolutionOf(term.images, lowering, blocks))
  const scaled = terms.filter(({ scale }) => scale !== undefined)
  const plain = terms.filter((term) => term.scale === undefined && term !== convolved)
  const intoConvolution = scaled.length === 0 && convolved && (typeof shift === 'number' || shift === undefined || shift.shape[0] === 1)
  if (scaled.length === 0 && shift !== undefined && !intoConvolution) { // one of the terms takes the shift along
    const taker = plain.find(({ sign }) => sign === -1) ?? plain.at(-1)
    if (taker === undefined) return undefined
    plain.splice(plain.indexOf(taker), 1)
    scaled.push({ ...taker, scale: 1 })
  }
  if (scaled.length === 0 && (convolved === undefined || (plain.length === 0 && shift === undefined))) return undefined

  const place = plain.findIndex(({ images, sign }) => sign === 1 && lowering.consumers.endsAt(images, operation))
  let sum = place < 0 ? undefined : held(plain.splice(place, 1)[0]) // is overwritten by the next pass
  for (const [i, term] of scaled.entries()) sum = blocks.affine(lowering, held(term), { scale: signedScale(term, lowering), shift: i === 0 ? shift : undefined, sum })
  if (convolved) sum = convolvedOnto(convolved.images, sum, intoConvolution ? shift : undefined, lowering, blocks)
  for (const term of plain) {
    const { shape } = held(term)
    sum = lowering.node(term.sign === 1 ? 'Add' : 'Sub', [sum, held(term)], { shape, type: 'float32' })
  }
  return sum
}

/** The terms of a value; those of its operands in their place where nothing else needs these. */
function combinationOf(value: Value, sign: Sign, lowering: Lowering, { isRoot }: { isRoot: boolean }): Combination | undefined {
  const { origin, shape } = value
  if (origin.kind !== 'operation' || !(isRoot || (lowering.consumers.count(value) === 1 && lowering.isBlocked(value)))) return undefined
  const { kernel, inputs } = origin.operation
  if (!['Add', 'Sub', 'Multiply'].includes(kernel)) return undefined
  const operands = inputs.map((input) => ({ value: input as Value, images: meetingOf(input as Value, shape) === 'whole', perChannel: perChannel(input as Value, shape, lowering) }))
  if (kernel === 'Multiply') {
    const [images, scale] = operands[0].images ? operands : [...operands].reverse()
    return images.images && scale.perChannel !== undefined ? { terms: [{ images: images.value, sign, scale: scale.perChannel }], shifts: [] } : undefined
  }
  const parts = operands.map(({ value: operand, images, perChannel: shift }, i): Combination | undefined => {
    const own = kernel === 'Sub' && i === 1 ? -sign as Sign : sign
    if (images) return combinationOf(operand, own, lowering, { isRoot: false }) ?? { terms: [{ images: operand, sign: own }], shifts: [] }
    return shift === undefined ? undefined : { terms: [], shifts: [{ sign: own, shift }] }
  }).filter((part) => part !== undefined)
  return parts.length === 2 ? { terms: parts.flatMap(({ terms }) => terms), shifts: parts.flatMap(({ shifts }) => shifts) } : undefined
}

/** An operand that is one number per channel, (batch or 1, channels), or one number. */
function perChannel(operand: Value, images: readonly number[], lowering: Lowering): PerChannel | undefined {
  const meeting = meetingOf(operand, images)
  if (meeting === 'number') return numberOf(operand)
  return meeting === 'per channel' ? lowering.reshape(lowering.natural(operand), [operand.shape.length === 4 ? operand.shape[0] : 1, images[3]]) : undefined
}

/** The sum of all that is added per channel. */
function shiftOf({ shifts }: Combination, lowering: Lowering): PerChannel | undefined {
  const [first, ...others] = [...shifts].sort((a, b) => b.sign - a.sign) // a positive one first: it need not be negated
  if (first === undefined) return undefined
  return others.reduce((sum, { sign, shift }) => {
    if (typeof sum === 'number' && typeof shift === 'number') return sum + sign * shift
    const [a, b] = [sum, shift].map((each) => (typeof each === 'number' ? lowering.scalar(each, 'float32') : each))
    return lowering.node(sign === 1 ? 'Add' : 'Sub', [a, b], { shape: broadcastShape([a.shape, b.shape]), type: 'float32' })
  }, signedScale({ sign: first.sign, scale: first.shift }, lowering))
}

/** A number per channel, negated where its sign is. */
function signedScale({ sign, scale = 1 }: Pick<Term, 'sign' | 'scale'>, lowering: Lowering): PerChannel {
  if (sign === 1) return scale
  return typeof scale === 'number' ? -scale : lowering.node('Neg', [scale], { shape: scale.shape, type: 'float32' })
}

/** The node of a convolution in blocks that nothing but one sum needs, and that adds nothing yet. */
function convolutionOf(images: Value, lowering: Lowering, blocks: BlockedLayout): OnnxNode | undefined {
  if (lowering.consumers.count(images) !== 1 || !lowering.isBlocked(images)) return undefined
  const node = lowering.origin(lowering.inBlocks(images, blocks))
  return node && blocks.isConvolution(node) && node.inputs.length === 2 ? node : undefined
}

/** That convolution once more, adding numbers per channel and images; what it was before nothing needs any more. */
function convolvedOnto(images: Value, sum: OnnxValue | undefined, shift: PerChannel | undefined, lowering: Lowering, blocks: BlockedLayout): OnnxValue {
  const { shape } = lowering.inBlocks(images, blocks)
  const { inputs, attributes } = convolutionOf(images, lowering, blocks) as OnnxNode
  const bias = shift === undefined ? undefined : lowering.reshape(blocks.numbers(lowering, shift, [1, shape[1]]), [shape[1]])
  return blocks.node(lowering, 'Conv', [...inputs.map((name) => ({ name })), bias, sum], shape, attributes)
}

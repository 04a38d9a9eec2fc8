import { describe, expect, it } from 'vitest'
import type { OnnxConstant, OnnxGraph, OnnxNode } from './onnx-graph'
import { openBatch } from './open-batch'

const list = (name: string, ...values: number[]): OnnxConstant => ({ name, type: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) })
const reshape = (shape: string, output = 'y'): OnnxNode => ({ operator: 'Reshape', domain: '', inputs: ['x', shape], outputs: [output], attributes: {} })

/** A graph of one batch size: nodes that reshape or expand x of shape (batch, 6) by lists. */
const graph = (batch: number, constants: readonly OnnxConstant[], nodes: readonly OnnxNode[]) => ({
  batch,
  graph: { inputs: [{ name: 'x', type: 'float32', shape: [batch, 6] }], outputs: [{ name: 'y', type: 'float32', shape: [batch, 6] }], constants, nodes } satisfies OnnxGraph,
})
const opened = (make: (batch: number) => ReturnType<typeof graph>) => openBatch(make(3), make(5), { input: 'x', axis: 0 })
const numbersIn = ({ constants }: OnnxGraph) => Object.fromEntries(constants.map(({ name, data }) => [name, Array.from(data as BigInt64Array, Number)]))

describe('the batch is left open', () => {
  it('in a reshape by one length that follows from the others, whatever multiple of the batch it is', () => {
    const { nodes, constants } = opened((batch) => graph(batch, [list('a', 2, 3 * batch), list('b', 6, batch)], [reshape('a', 'z'), reshape('b')]))
    expect(nodes.map(({ operator }) => operator)).toEqual(['Reshape', 'Reshape'])
    expect(nodes.map(({ inputs: [, name] }) => Array.from(constants.find((each) => each.name === name)?.data as BigInt64Array, Number))).toEqual([[2, -1], [6, -1]])
  })

  it('elsewhere, and where two lengths depend on it, by a list that is computed from the shape of the input, each part once', () => {
    const expand = (shape: string): OnnxNode => ({ operator: 'Expand', domain: '', inputs: ['x', shape], outputs: [`by ${shape}`], attributes: {} })
    const made = opened((batch) => graph(batch, [list('a', batch, 6), list('b', batch, 1, 2 * batch), list('c', batch)], [expand('a'), reshape('b'), expand('a'), expand('c')]))
    expect(made.nodes.map(({ operator }) => operator)).toEqual(['Shape', 'Concat', 'Mul', 'Concat', 'Expand', 'Reshape', 'Expand', 'Expand'])
    const [shape, first] = made.nodes
    expect(shape).toMatchObject({ inputs: ['x'], attributes: { start: { int: 0 }, end: { int: 1 } } })
    expect(made.nodes.slice(4).map(({ inputs }) => inputs[1])).toEqual([first.outputs[0], made.nodes[3].outputs[0], first.outputs[0], shape.outputs[0]])
    expect(Object.values(numbersIn(made))).toEqual([[6], [1], [2]])
  })

  it('in what the values are said to be: where they have its length, and where another one that depends on it', () => {
    const { inputs, outputs } = openBatch(
      { batch: 3, graph: { ...graph(3, [], []).graph, outputs: [{ name: 'y', type: 'float32', shape: [3, 6, 4] }] } },
      { batch: 5, graph: { ...graph(5, [], []).graph, outputs: [{ name: 'y', type: 'float32', shape: [5, 10, 4] }] } },
      { input: 'x', axis: 0 },
    )
    expect([inputs[0].shape, outputs[0].shape]).toEqual([[-1, 6], [-1, -2, 4]])
  })

  it('where one constant of one graph stands for two of the other', () => {
    const { nodes, constants } = openBatch(
      graph(3, [list('both', 3, 6)], [reshape('both', 'z'), reshape('both')]),
      graph(5, [list('fixed', 3, 6), list('moving', 5, 6)], [reshape('fixed', 'z'), reshape('moving')]),
      { input: 'x', axis: 0 },
    )
    expect(nodes.map(({ inputs: [, name] }) => Array.from(constants.find((each) => each.name === name)?.data as BigInt64Array, Number))).toEqual([[3, 6], [-1, 6]])
  })
})

it.each<[string, OnnxConstant, OnnxConstant]>([
  ['that are no multiples of the batch', list('a', 4, 6), list('a', 6, 6)],
  ['that are multiples of it, but not the same', list('a', 3, 6), list('a', 10, 6)],
  ['that are more', list('a', 3, 6), list('a', 5, 6, 1)],
])('lengths %s are refused', (_, small, large) => {
  expect(() => openBatch(graph(3, [small], [reshape('a')]), graph(5, [large], [reshape('a')]), { input: 'x', axis: 0 })).toThrow(/node 1 \(Reshape\) has the constant \[.*\] and \[.*\] at batch 3 and 5/)
})

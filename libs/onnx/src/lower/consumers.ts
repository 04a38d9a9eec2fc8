import { unexpanded, type Graph, type Operation, type Value } from '../trace/graph'

/** Who needs which value of a graph. */
export interface Consumers {
  /** How many operations and outputs of the graph need it; an operation that takes it twice counts twice. */
  count(value: Value): number
  /** Whether nothing behind this operation needs it, going by the order in which operations are lowered. */
  endsAt(value: Value, operation: Operation): boolean
}

/**
 * Counts who needs what.
 *
 * @param operations - all operations of the graph, in the order in which they are lowered
 * @param outputs - the graph's outputs, which are needed to the end
 */
export function consumersOf(operations: readonly Operation[], outputs: Graph['outputs']): Consumers {
  const places = new Map(operations.map((operation, place) => [operation, place]))
  const needs = new Map<Value, { count: number, last: number }>()
  const need = (value: Value, place: number) => {
    const { count, last } = needs.get(value) ?? { count: 0, last: 0 }
    needs.set(value, { count: count + 1, last: Math.max(last, place) })
  }
  for (const value of Object.values(outputs)) need(unexpanded(value), Infinity)
  for (const [place, { inputs }] of operations.entries()) for (const input of inputs) if (input) need(unexpanded(input), place)
  return {
    count: (value) => needs.get(value)?.count ?? 0,
    endsAt: (value, operation) => (needs.get(value)?.last ?? 0) <= (places.get(operation) ?? -1),
  }
}

import type { Operation, Value } from '../trace/graph'

/** All operations that these values depend on, each behind those that it depends on itself. */
export function operationsInOrder(values: readonly Value[]): Operation[] {
  const done = new Set<Operation>()
  const order: Operation[] = []
  const stack: (Value | Operation)[] = [...values].reverse()
  const seen = new Set<Operation>()
  while (stack.length > 0) {
    const next = stack.pop()
    if (next === undefined) break
    if ('kernel' in next) {
      if (done.has(next)) continue
      done.add(next)
      order.push(next)
      continue
    }
    const { origin } = next
    if (origin.kind === 'broadcast') stack.push(origin.of)
    if (origin.kind !== 'operation' || seen.has(origin.operation)) continue
    seen.add(origin.operation)
    stack.push(origin.operation)
    for (const input of [...origin.operation.inputs].reverse()) if (input) stack.push(input)
  }
  return order
}

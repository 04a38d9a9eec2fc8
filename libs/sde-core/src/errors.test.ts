import { describe, expect, it, vi } from 'vitest'
import { InvalidArgumentError, MissingGradientError, NonFiniteError, ShapeError } from './errors'

describe('errors', () => {
  it('say rule and value', () => {
    expect(new InvalidArgumentError('betaMax', 0.05, 'greater than betaMin (0.1)').message).toBe('betaMax must be greater than betaMin (0.1); got 0.05.')
    expect(new InvalidArgumentError('kind', 'x', "'y'").message).toBe("kind must be 'y'; got 'x'.")
    expect(new InvalidArgumentError('times', Float64Array.from({ length: 20 }, (_, i) => i), 'short').message).toBe('times must be short; got [0, 1, 2, 3, 4, 5, 6, 7, … 20 in all].')
    expect(new ShapeError('x', [2, 3], [3]).message).toBe('x must have shape (2, 3); got (3).')
    expect(new NonFiniteError('the state', { step: 3, t: 0.5, lambda: 1.25 }, 'Look there.').message).toBe(
      'the state must stay finite; it became NaN or infinite in step 3, from t = 0.5 (λ = 1.25000). Look there.',
    )
    expect(new MissingGradientError('Sum').message).toContain("Import '@tensorflow/tfjs-layers'")
  })

  it('are recognised across copies of the package, each only as what it is', async () => {
    vi.resetModules()
    const copy = await import('./errors')
    expect(copy.InvalidArgumentError).not.toBe(InvalidArgumentError)
    const made = [new InvalidArgumentError('a', 1, 'b'), new ShapeError('x', [1], [2]), new NonFiniteError('x', { step: 1, t: 1, lambda: 0 }, ''), new MissingGradientError('Sum')]
    const classes = [copy.InvalidArgumentError, copy.ShapeError, copy.NonFiniteError, copy.MissingGradientError]
    made.forEach((error, i) => classes.forEach((errorClass, k) => expect(errorClass.isInstance(error)).toBe(i === k)))
    expect(ShapeError.isInstance(null)).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { inOrder } from './in-order'

/** An action that ends when it is told to, and notes what happens. */
function actions() {
  const notes: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const action = (name: string) => () => {
    notes.push(`${name} begins`)
    return new Promise<string>((resolve, reject) => {
      ends.set(name, (error) => {
        notes.push(`${name} ends`)
        if (error) reject(error)
        else resolve(name)
      })
    })
  }
  return { notes, action, end: (name: string, error?: Error) => ends.get(name)?.(error) }
}

describe('actions in order', () => {
  it('begin before the call returns where none is under way', async () => {
    const { notes, action, end } = actions()
    const inTurn = inOrder()
    for (const name of ['a', 'b']) {
      const outcome = inTurn(action(name))
      expect(notes.at(-1)).toBe(`${name} begins`)
      end(name)
      expect(await outcome).toBe(name)
    }
  })

  it('wait for those before them, one that rejects included, and each gives what came of itself', async () => {
    const { notes, action, end } = actions()
    const inTurn = inOrder()
    const outcomes = ['a', 'b', 'c'].map((name) => inTurn(action(name)))
    const settled = Promise.allSettled(outcomes)
    expect(notes).toEqual(['a begins'])
    const lost = new Error('lost')
    end('a', lost)
    await expect(outcomes[0]).rejects.toBe(lost)
    await Promise.resolve()
    end('b')
    await outcomes[1]
    await Promise.resolve()
    end('c')
    expect(await settled).toMatchObject([{ status: 'rejected' }, { value: 'b' }, { value: 'c' }])
    expect(notes).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })
})

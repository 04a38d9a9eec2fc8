import { describe, expect, it } from 'vitest'
import { openProgress } from './open-progress'
import { textSink } from './stand-in-host'

function display({ isTTY, terminalType }: { readonly isTTY: boolean; readonly terminalType?: string }) {
  const { stream, text } = textSink({ isTTY })
  const clock = { ms: 0 }
  return { progress: openProgress({ stream, terminalType, now: () => clock.ms }), text, clock }
}

describe('without a terminal', () => {
  it('a slow stage says its start, about every tenth with rate and time left, and its end', () => {
    const { progress, text, clock } = display({ isTTY: false })
    const stage = progress.stage('train', 400)
    for (let step = 1; step <= 400; step++) {
      clock.ms += 100
      stage.advance(step, `loss ${step}`)
    }
    stage.end('loss 0.3')
    const lines = text().trimEnd().split('\n')
    expect(lines).toHaveLength(11)
    expect(lines[0]).toBe('  train: started, 400 steps')
    expect(lines[1]).toBe('  train: 10 % (40 of 400), 10/s, about 36 s left, loss 40')
    expect(lines[10]).toBe('  train: done in 40 s, loss 0.3')
  })

  it('what a stage does before its first own step is said at once', () => {
    const { progress, text } = display({ isTTY: false })
    const stage = progress.stage('train', 10)
    stage.skip(4)
    stage.advance(4, 'compiling')
    stage.advance(5, 'loss 1')
    stage.end()
    expect(text()).toBe('  train: started, 10 steps\n  train: compiling\n  train: done in 0.0 s\n')
  })

  it('lines come at most every 2 s, however many steps there are', () => {
    const { progress, text, clock } = display({ isTTY: false })
    const stage = progress.stage('draw', 1000)
    for (let step = 1; step <= 1000; step++) {
      clock.ms += 5
      stage.advance(step)
    }
    stage.end()
    expect(text().trimEnd().split('\n')).toEqual([
      '  draw: started, 1000 steps',
      '  draw: 40 % (400 of 1000), 200/s, about 3.0 s left',
      '  draw: 80 % (800 of 1000), 200/s, about 1.0 s left',
      '  draw: done in 5.0 s',
    ])
  })

  it('a stage that crawls is heard of at least every half minute', () => {
    const { progress, text, clock } = display({ isTTY: false })
    const stage = progress.stage('crawl', 10_000)
    for (let step = 1; step <= 100; step++) {
      clock.ms += 1000
      stage.advance(step)
    }
    expect(text().trimEnd().split('\n')).toHaveLength(4)
  })

  it('writes no control characters, and neither does a dumb terminal', () => {
    for (const options of [{ isTTY: false }, { isTTY: true, terminalType: 'dumb' }]) {
      const { progress, text } = display(options)
      progress.stage('train', 2).advance(1)
      progress.note('a note')
      progress.close()
      expect([...text()].every((character) => character === '\n' || character >= ' ')).toBe(true)
    }
  })

  it('steps that an earlier run had done count for the share and not for the rate', () => {
    for (const isTTY of [false, true]) {
      const { progress, text, clock } = display({ isTTY })
      const stage = progress.stage('train', 100)
      clock.ms += 1000
      stage.skip(50)
      clock.ms += 4000
      stage.advance(60)
      progress.close()
      expect(text()).toMatch(/60 %.* 2\.5\/s, about 16 s left/)
    }
  })

  it('a stage ends once: by itself, or as the next one begins', () => {
    const { progress, text } = display({ isTTY: false })
    progress.stage('first', 1)
    const second = progress.stage('second', 1)
    second.end()
    second.end()
    expect(text().match(/done/g)).toHaveLength(2)
  })
})

describe('on a terminal', () => {
  it('draws a live line with name, percent, rate, time left and detail, and leaves one line with the time', () => {
    const { progress, text, clock } = display({ isTTY: true, terminalType: 'xterm' })
    const stage = progress.stage('train', 400)
    clock.ms += 5000
    stage.advance(100, 'loss 0.4')
    progress.note('a note') // hides the line, writes, draws it again
    stage.end('loss 0.3')
    progress.close()
    expect(text()).toMatch(/train █+░+ 25 % · 20\/s, about 15 s left · loss 0\.4/)
    expect(text()).toContain('a note\n')
    expect(text().endsWith('  train: done in 5.0 s, loss 0.3\n')).toBe(true)
  })

  it('close gives the cursor back in the middle of a stage', () => {
    const { progress, text } = display({ isTTY: true })
    progress.stage('train', 400).advance(10)
    expect(text().lastIndexOf('\u001B[?25l')).toBeGreaterThan(text().lastIndexOf('\u001B[?25h'))
    progress.close()
    expect(text().lastIndexOf('\u001B[?25h')).toBeGreaterThan(text().lastIndexOf('\u001B[?25l'))
  })

  it('leaves no listener for signals behind: the program itself answers them', () => {
    const before = process.listenerCount('SIGINT')
    const { progress } = display({ isTTY: true })
    progress.stage('train', 400)
    expect(process.listenerCount('SIGINT')).toBe(before)
    progress.close()
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const workspace = fileURLToPath(new URL('../..', import.meta.url))
const [, diagram] = /```mermaid\n([\s\S]*?)```/.exec(readFileSync(`${workspace}ARCHITECTURE.md`, 'utf8')) ?? []
const lines = diagram.split('\n').map((line) => line.trim())

/** The groups of the diagram with what stands in them. */
const groups: Record<string, string[]> = {}
let group: string | undefined
for (const line of lines) {
  const begun = /^subgraph (\S+)/.exec(line)
  if (begun) groups[(group = begun[1])] = []
  else if (line === 'end') group = undefined
  else if (group !== undefined && line !== '') groups[group].push(line)
}

/** The arrows; one that leads to a group leads to all in it. */
const drawn = lines.flatMap((line) => {
  const arrow = /^(\S+) --> (\S+)$/.exec(line)
  return arrow === null ? [] : (groups[arrow[2]] ?? [arrow[2]]).map((to) => `${arrow[1]} --> ${to}`)
})

const manifest = (folder: string): { dependencies?: object, peerDependencies?: object } => JSON.parse(readFileSync(`${workspace}${folder}/package.json`, 'utf8'))
const arrowsOf = (name: string, folder: string) => {
  const { dependencies, peerDependencies } = manifest(folder)
  return Object.keys({ ...dependencies, ...peerDependencies }).filter((to) => to.startsWith('@sbgm/')).map((to) => `${name} --> ${to.replace('@sbgm/', '')}`)
}

const libraries = readdirSync(`${workspace}libs`)

describe('the diagram of ARCHITECTURE.md', () => {
  it('shows every library once', () => expect(Object.values(groups).flat().sort()).toEqual(libraries.sort()))

  it('has the arrows that the manifests have, between the libraries all of them', () => {
    const real = libraries.flatMap((name) => arrowsOf(name, `libs/${name}`))
    expect(drawn.filter((arrow) => !arrow.startsWith('runner')).sort()).toEqual(real.sort())
  })

  it('has an arrow from the program to each library that it uses', () => {
    expect(arrowsOf('runner', 'apps/assignment-runner').filter((arrow) => !drawn.includes(arrow))).toEqual([])
  })
})

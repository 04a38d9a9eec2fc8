import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readVersions } from './versions'

const packageOf = (path: string) =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string; dependencies: object }

it('versions are those of the installed packages, all @sbgm and @tensorflow dependencies of the program and onnxruntime-node', () => {
  const { program, node, libraries } = readVersions()
  const own = packageOf('../package.json')
  expect(program).toEqual({ name: '@sbgm/assignment-runner', version: own.version })
  expect(`v${node}`).toBe(process.version)
  expect(Object.keys(libraries)).toEqual(
    Object.keys(own.dependencies)
      .filter((name) => /^@(sbgm|tensorflow)\//.test(name) || name === 'onnxruntime-node')
      .sort(),
  )
  expect(libraries['@tensorflow/tfjs-core']).toBe('4.22.0')
  expect(libraries['@sbgm/backends']).toBe(packageOf('../../../libs/backends/package.json').version)
})

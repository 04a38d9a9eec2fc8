import { expect, inject, it } from 'vitest'

const version = inject('version')

it.each(inject('published'))('$name is published with a changelog of the version', ({ name, changelog }) => {
  expect(inject('releaseLog')).toContain(`${name}@${version}`)
  expect(changelog).toMatch(new RegExp(`^# ${name}\n\n## ${version.replaceAll('.', '\\.')}\n`))
})

import { basename, relative, sep } from 'node:path'

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/
const emptyWords = new Set(['util', 'utils', 'common', 'misc', 'helper', 'helpers', 'types'])

/** A file or folder is named in kebab-case by the idea it holds; a word that could hold anything is no name. */
export const fileName = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      case: 'File and folder names are kebab-case; got "{{name}}".',
      empty: '"{{name}}" says nothing about its contents; name the file or folder by the idea that it holds.',
    },
  },
  create(context) {
    return {
      Program(node) {
        const path = relative(context.cwd, context.filename).split(sep)
        const stem = basename(path.pop() ?? '').split('.')[0] ?? ''
        const afterSource = path.includes('src') ? path.slice(path.indexOf('src') + 1) : []
        for (const name of [...afterSource.filter((folder) => !folder.startsWith('__')), stem]) {
          if (emptyWords.has(name)) context.report({ node, messageId: 'empty', data: { name } })
          else if (!kebabCase.test(name)) context.report({ node, messageId: 'case', data: { name } })
        }
      },
    }
  },
}

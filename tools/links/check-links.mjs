// Holds every link and image of the repository's Markdown files against the files and headings that are there.
//   node tools/links/check-links.mjs [FOLDER]
// Only links inside the repository are looked at; nothing is fetched. Exit code 1 where one leads nowhere.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join, relative, resolve } from 'node:path'
import MarkdownIt from 'markdown-it'

const root = resolve(process.argv[2] ?? '.')
const markdown = new MarkdownIt({ html: true })
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' })

const files = git('ls-files', '--cached', '--others', '--exclude-standard', '-z', '*.md')
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)))
const pages = new Map(files.map((file) => [join(root, file), readPage(join(root, file))]))
const links = [...pages].flatMap(([page, { targets }]) => targets.map((target) => ({ page, target })))
const broken = links.flatMap(({ page, target }) => {
  const complaint = whatIsWrong(page, target)
  return complaint === null ? [] : [`${relative(root, page)}: ${target}: ${complaint}`]
})

for (const line of broken) console.log(line)
console.log(`${pages.size} Markdown files, ${links.length} links inside the repository, ${broken.length} broken`)
if (broken.length > 0) process.exitCode = 1

function readPage(file) {
  const tokens = markdown.parse(readFileSync(file, 'utf8'), {}).flatMap((token) => [token, ...(token.children ?? [])])
  const written = tokens.flatMap((token) => {
    if (token.type === 'link_open') return [token.attrGet('href')]
    if (token.type === 'image') return [token.attrGet('src')]
    return token.type.startsWith('html_') ? attributes(token.content, 'href|src') : []
  })
  const headings = tokens.flatMap((token, i) => (tokens[i - 1]?.type === 'heading_open' ? [headingText(token)] : []))
  const ids = tokens.filter((token) => token.type.startsWith('html_')).flatMap((token) => attributes(token.content, 'id|name'))
  return { targets: written.filter((target) => !/^([a-z][a-z+.-]*:|\/\/)/i.test(target)), anchors: new Set([...slugs(headings), ...ids]) }
}

function attributes(html, names) {
  return [...html.matchAll(new RegExp(`\\s(?:${names})\\s*=\\s*["']([^"']*)["']`, 'gi'))].map(([, value]) => value)
}

function headingText({ children }) {
  return children.filter(({ type }) => type === 'text' || type === 'code_inline').map(({ content }) => content).join('')
}

/** The anchors that GitHub gives to headings: lower case, no punctuation, hyphens for spaces, a number from the second on. */
function slugs(headings) {
  const seen = new Map()
  return headings.map((heading) => {
    const slug = heading.trim().toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '').replaceAll(' ', '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
}

function whatIsWrong(page, target) {
  const [path, anchor] = target.split('#').map(decodeURIComponent)
  const file = path === '' ? page : path.startsWith('/') ? join(root, path) : resolve(dirname(page), path.split('?')[0])
  if (relative(root, file).startsWith('..')) return 'leads out of the repository'
  if (!existsSync(file)) return 'no such file'
  if (spawnSync('git', ['check-ignore', '--quiet', file], { cwd: root }).status === 0) return 'git ignores this file, so a checkout lacks it'
  if (anchor === undefined || statSync(file).isDirectory() || extname(file) !== '.md') return null
  return pages.get(file)?.anchors.has(anchor) ? null : 'no such heading'
}

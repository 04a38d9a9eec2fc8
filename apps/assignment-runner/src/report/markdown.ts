import { figure } from '@mdit/plugin-figure'
import { katex } from '@mdit/plugin-katex'
import MarkdownIt from 'markdown-it'
import { typesetLetters } from './text'

/** How {@link renderMarkdown} renders. */
export interface MarkdownOptions {
  /** The data URI of a picture that the text shows; `undefined` where there is none of that name. */
  readonly pictureOf?: (name: string) => string | undefined
  /** Put before the id of every heading, so that the parts of a page do not meet. */
  readonly idPrefix: string
}

/**
 * Markdown as HTML: formulas between dollars typeset, indices and exponents in the text set as such, a picture alone in its paragraph as a figure with its text as a caption, tables in
 * boxes that scroll by themselves, headings one level lower than written and with ids, HTML in the text shown as text.
 */
export function renderMarkdown(text: string, { pictureOf = () => undefined, idPrefix }: MarkdownOptions): string {
  const markdown = new MarkdownIt({ html: false, typographer: false }).use(katex, { throwOnError: false }).use(figure, { focusable: false })
  const { rules } = markdown.renderer
  rules.table_open = () => '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>\n'
  rules.table_close = () => '</table></div>\n'
  rules.text = (tokens, index) => typesetLetters(markdown.utils.escapeHtml(tokens[index].content))
  rules.image = (tokens, index) => {
    const { content, attrs } = tokens[index]
    const name = attrs?.find(([key]) => key === 'src')?.[1] ?? ''
    const uri = pictureOf(name)
    const { escapeHtml } = markdown.utils
    return uri === undefined ? `<span class="absent">${escapeHtml(name)} is missing</span>` : `<img src="${uri}" alt="${escapeHtml(content)}">`
  }
  const tokens = markdown.parse(text, {})
  tokens.forEach((token, index) => {
    if (token.type !== 'heading_open' && token.type !== 'heading_close') return
    token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + 1)}`
    if (token.type === 'heading_open') token.attrSet('id', `${idPrefix}-${slug(tokens[index + 1].content)}`)
  })
  return markdown.renderer.render(tokens, markdown.options, {})
}

const slug = (heading: string) => heading.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')

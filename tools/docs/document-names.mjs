// A plugin of TypeDoc: guides stand in the order in which docs/README.md links to them and under their headings, at the addresses that their files give them;
// decisions are a group of their own. No page has its title twice.
import { Application, Renderer } from 'typedoc'

const first = 1000 // before TypeDoc itself sorts into groups, and before it builds navigation and search

/** Orders and groups documents when the libraries are merged, and names them when their addresses are settled. */
export function load(app) {
  app.on(Application.EVENT_PROJECT_REVIVE, (project) => {
    const { documents = [], childrenIncludingDocuments = [] } = project
    const contents = documents.find(({ name }) => name === 'README')
    const links = contents === undefined ? [] : contents.content.flatMap((part) => (part.kind === 'relative-link' ? [part.text] : []))
    const place = ({ name }) => (name === 'README' ? -1 : links.indexOf(`${name}.md`))
    for (const list of [documents, childrenIncludingDocuments]) {
      list.sort((a, b) => (a.isDocument() && b.isDocument() ? place(a) - place(b) : 0))
    }
    for (const { name, frontmatter } of documents) frontmatter['group'] ??= name.startsWith('decisions/') ? 'Decisions' : 'Guides'
  }, first)

  app.renderer.on(Renderer.EVENT_BEGIN, ({ project }) => {
    for (const document of project.documents ?? []) {
      const [, heading] = /^# (.+)$/m.exec(document.content.map(({ text }) => text).join('')) ?? []
      if (heading !== undefined) document.name = heading
    }
    for (const { readme } of [project, ...(project.children ?? [])]) if (readme?.[0] !== undefined) readme[0].text = readme[0].text.replace(/^# .+\n+/, '') // a title stands above it
  }, first)
}

// A plugin of TypeDoc: a guide is shown under its heading, at the address that its file gives it, and decisions stand in a group of their own.
import { Application, Renderer } from 'typedoc'

const first = 1000 // before TypeDoc itself sorts into groups, and before it builds navigation and search

/** Groups documents when the libraries are merged, and names them when their addresses are settled. */
export function load(app) {
  app.on(Application.EVENT_PROJECT_REVIVE, ({ documents = [] }) => {
    for (const { name, frontmatter } of documents) frontmatter['group'] ??= name.startsWith('decisions/') ? 'Decisions' : 'Guides'
  }, first)

  app.renderer.on(Renderer.EVENT_BEGIN, ({ project: { documents = [] } }) => {
    for (const document of documents) {
      const [, heading] = /^# (.+)$/m.exec(document.content.map(({ text }) => text).join('')) ?? []
      if (heading !== undefined) document.name = heading
    }
  }, first)
}
